// A long answer shows its first three screens and a button for the rest. The text stays in the page: searching in it,
// or moving into it with Tab, opens it.

import { element } from "./say.js";
import { gettext, ngettext } from "./words.js";

const SCREENS = 3;

export const countWords = (text) => text.split(/\s+/).filter(Boolean).length;

export function unfold(text) {
  if (!text?.classList.contains("folded")) return;
  text.classList.remove("folded");
  text.nextElementSibling?.remove();
}

export function foldLong(text) {
  if (text.scrollHeight <= SCREENS * innerHeight) return;
  const n = countWords(text.textContent);
  const words = ngettext("{n} word", "{n} words", n, { n: n.toLocaleString(document.documentElement.lang) });
  const open = element("button", {
    type: "button", className: "btn unfold", textContent: gettext("Show all ({words})", { words }), onclick: () => unfold(text),
  });
  text.classList.add("folded");
  text.after(open);
  // Only a search or the keyboard scrolls a box that has no scroll bar.
  text.addEventListener("scroll", () => unfold(text), { once: true });
}
