// How the page speaks: toasts for the eye, a polite live region for the ear, one status word in the top bar.

const MOST_TOASTS = 3;

export function announce(text) {
  const place = document.getElementById("say");
  if (place) place.textContent = text;
}

export function toast(text, { action, key, run, seconds = 6, name = "" } = {}) {
  const box = document.getElementById("toasts");
  const before = box.querySelector(`[data-name="${name}"]`);
  if (!seconds && before?.firstChild.data === text) return; // it stays as it is, with the focus that may be in it
  before?.remove();
  const line = document.createElement("div");
  line.className = "toast";
  line.dataset.name = name;
  line.append(text);
  if (action) {
    const button = element("button", { type: "button", className: "btn", textContent: action });
    if (key) button.append(" ", element("kbd", { textContent: key }));
    button.addEventListener("click", () => (line.remove(), run()));
    line.append(button);
  }
  box.append(line);
  while (box.children.length > MOST_TOASTS) box.firstElementChild.remove();
  if (seconds) setTimeout(() => line.remove(), seconds * 1000);
}

export const hush = (name) => document.querySelector(`#toasts [data-name="${name}"]`)?.remove();

export function status(text) {
  const place = document.querySelector("[data-status]");
  if (place && place.textContent !== text) place.textContent = text;
}

// The mark "look at this", from the page's own icons.
export function lookMark(desk) {
  const [icons] = desk.querySelector("use").getAttribute("href").split("#");
  const holder = document.createElement("template");
  holder.innerHTML = `<svg class="glyph warn" aria-hidden="true"><use href="${icons}#state-look"/></svg>`;
  return holder.content.firstChild;
}

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
