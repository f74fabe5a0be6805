// Writing an answer: plain Markdown; beside it a preview by the renderer that readers get, or what was changed in the
// base; and the checks that the writer confirms. A base is something to change: unchanged it is no answer.

import { dress } from "./code.js";
import { fragment } from "./net.js";
import { announce } from "./say.js";
import { changes, diffNodes, wordDiff } from "./textdiff.js";
import { gettext, ngettext } from "./words.js";

const AFTER = 400; // ms without a key before preview and differences follow

export function demonstration(desk, changed) {
  const find = (name) => desk.querySelector(`[data-${name}]`);
  const text = desk.querySelector(".write-text");
  const [view, pastedNote] = [find("view"), find("pasted")];
  const checks = [...desk.querySelectorAll("[name=checks]")];
  const buttons = [...desk.querySelectorAll("button[data-pane]")];
  const base = JSON.parse(desk.querySelector("#base")?.textContent ?? "null");
  const own = new Set(); // what was cut or copied here is not from elsewhere
  let pane = "write";
  let pasted = false;
  let aside = []; // the texts that were put aside when starting again, the newest last
  let timer = null;
  let asked = 0;

  const unchanged = () => base !== null && text.value.trim() === base.trim();
  function count() {
    const n = text.value.match(/\S+/g)?.length ?? 0;
    find("words").textContent = ngettext("{n} word", "{n} words", n);
    if (!n || unchanged()) pasted = false;
    pastedNote.hidden = !pasted;
    const done = checks.filter((check) => check.checked).length;
    if (checks.length) find("checked").textContent = gettext("{done} of {all}", { done, all: checks.length });
    if (base === null) return;
    find("again").disabled = unchanged();
    find("aside").hidden = !aside.length;
  }

  async function preview() {
    const mine = ++asked;
    try {
      const html = await fragment(desk.dataset.preview, { text: text.value });
      if (mine !== asked || pane !== "preview") return;
      view.innerHTML = html;
      dress(view);
    } catch {
      if (mine === asked) view.textContent = gettext("The preview needs the server, which does not answer now. Your text is safe on this device.");
    }
  }
  function differences() {
    const pieces = wordDiff(base, text.value);
    const { added, removed } = changes(pieces);
    const sum = document.createElement("p");
    sum.className = "dim small";
    sum.textContent = unchanged() ? gettext("Nothing is changed yet.")
      : `${ngettext("{n} word added", "{n} words added", added)}, ${ngettext("{n} removed", "{n} removed", removed)}`;
    const body = document.createElement("div");
    body.className = "verbatim";
    body.dir = "auto";
    body.append(...diffNodes(pieces));
    view.replaceChildren(sum, body);
  }
  const draw = () => (pane === "preview" ? preview() : pane === "differences" ? differences() : undefined);
  function show(next, focus = true) {
    pane = next;
    asked += 1;
    desk.querySelector(".write-desk").dataset.pane = pane;
    view.hidden = pane === "write";
    view.setAttribute("aria-label", pane === "differences" ? gettext("Changes to the base") : gettext("Preview"));
    view.textContent = gettext("One moment");
    for (const button of buttons) button.setAttribute("aria-pressed", button.dataset.pane === pane);
    if (pane === "write" && focus) text.focus();
    draw();
  }
  function edited() {
    count();
    clearTimeout(timer);
    timer = setTimeout(draw, AFTER);
    changed();
  }
  function replace(next) {
    text.value = next;
    edited();
    text.focus();
  }

  text.addEventListener("input", edited);
  for (const name of ["cut", "copy"]) text.addEventListener(name, () => own.add(text.value.slice(text.selectionStart, text.selectionEnd)));
  const brought = (data) => {
    const words = data?.getData("text/plain") ?? "";
    if (words.trim() && !own.has(words) && !text.value.includes(words)) pasted = true;
  };
  text.addEventListener("paste", (event) => brought(event.clipboardData));
  text.addEventListener("drop", (event) => brought(event.dataTransfer));
  desk.addEventListener("change", (event) => { if (checks.includes(event.target)) { count(); changed(); } });
  for (const button of buttons) button.addEventListener("click", () => show(button.dataset.pane));
  find("again")?.addEventListener("click", () => {
    if (text.value.trim()) aside.push(text.value);
    replace(base);
    announce(gettext("The base is back. Your text is put aside, and can be brought back."));
  });
  find("aside")?.addEventListener("click", () => {
    const back = aside.pop();
    if (text.value.trim() && !unchanged()) aside.unshift(text.value);
    replace(back);
    announce(gettext("Your text is back."));
  });
  count();

  const toText = () => {
    if (getComputedStyle(text).display === "none") show("write", false);
    text.focus();
  };
  function gaps() {
    const found = [];
    if (!text.value.trim()) found.push({ text: gettext("your answer"), go: toText, field: "text" });
    else if (unchanged()) found.push({ text: gettext("your change, for the text is unchanged"), go: toText, field: "text" });
    const left = checks.filter((check) => !check.checked);
    if (left.length) {
      const first = left[0].closest("label").textContent.trim();
      const words = ngettext("the check “{first}”", "{n} checks, first “{first}”", left.length, { first });
      found.push({ text: words, go: () => left[0].focus(), field: "checks" });
    }
    return found;
  }
  return {
    acts: base === null ? {} : { differences: () => show(pane === "differences" ? "write" : "differences") },
    answer: () => ({ text: text.value, pasted, checks: checks.filter((check) => check.checked).map((check) => check.value), aside }),
    restore(saved) {
      text.value = saved.text ?? "";
      aside = [saved.aside ?? []].flat();
      for (const check of checks) check.checked = saved.checks?.includes(check.value) ?? false;
      pasted = Boolean(saved.pasted);
      count();
      draw();
    },
    gaps,
    show: (field) => { const gap = gaps().find((one) => one.field === field); gap?.go(); return Boolean(gap); },
    begin: () => text.focus({ preventScroll: true }),
    stop: () => clearTimeout(timer),
  };
}
