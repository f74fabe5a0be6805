// How the page speaks: toasts for the eye, a polite live region for the ear, one status word in the top bar.

export function announce(text) {
  document.getElementById("say").textContent = text;
}

export function toast(text, { action, key, run, seconds = 6, name = "" } = {}) {
  const box = document.getElementById("toasts");
  if (name) box.querySelector(`[data-name="${name}"]`)?.remove();
  const line = document.createElement("div");
  line.className = "toast";
  line.dataset.name = name;
  line.append(text);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.append(`${action} `, Object.assign(document.createElement("kbd"), { textContent: key }));
    button.addEventListener("click", () => (line.remove(), run()));
    line.append(button);
  }
  box.replaceChildren(line);
  if (seconds) setTimeout(() => line.remove(), seconds * 1000);
}

export const hush = (name) => document.querySelector(`#toasts [data-name="${name}"]`)?.remove();

export function status(text) {
  const place = document.querySelector("[data-status]");
  if (place && place.textContent !== text) place.textContent = text;
}

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export const plural = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
