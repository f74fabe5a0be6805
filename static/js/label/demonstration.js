// Writing an answer: plain Markdown, a preview made by the same renderer the readers get, and nothing fancy.

import { fragment } from "./net.js";
import { plural } from "./say.js";

export function demonstration(desk, changed) {
  const text = desk.querySelector("[data-text]");
  const view = desk.querySelector("[data-view]");
  const words = desk.querySelector("[data-words]");
  const note = desk.querySelector("[data-draft]");
  const buttons = { write: desk.querySelector("[data-do=write]"), preview: desk.querySelector("[data-do=preview]") };

  function count() {
    const n = text.value.trim() ? text.value.trim().split(/\s+/).length : 0;
    words.textContent = plural(n, "word");
    if (n) note.textContent = "Draft kept on this device";
  }
  function show(which) {
    view.hidden = which === "write";
    text.hidden = which !== "write";
    for (const [name, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", name === which);
  }
  async function preview() {
    show("preview");
    view.textContent = "One moment";
    try {
      view.innerHTML = await fragment(desk.dataset.preview, { text: text.value });
    } catch {
      view.textContent = "The preview needs the server, which does not answer now. Your text is safe on this device.";
    }
  }
  text.addEventListener("input", () => (count(), changed()));
  buttons.preview.addEventListener("click", preview);
  buttons.write.addEventListener("click", () => (show("write"), text.focus()));
  count();

  return {
    answer: () => ({ text: text.value }),
    restore(saved) { text.value = saved.text ?? ""; count(); },
    missing: () => (text.value.trim() ? null : "your answer"),
    go: () => (show("write"), text.focus()),
    begin: () => text.focus({ preventScroll: true }),
  };
}
