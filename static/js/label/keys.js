// The one table of shortcuts: what the keyboard does and what the ? sheet says come from here.
// Digits are bound to their place on the keyboard (event.code), letters to what is printed on them.

import { element } from "./say.js";
import { read, write } from "./store.js";

const ALL = "pairwise ranking demonstration";
const JUDGE = "pairwise ranking";
const TABLE = [
  { act: "digit", shown: ["1", "…", "9"], text: "the grade, counted from the left", kinds: "pairwise" },
  { act: "digit", shown: ["1", "…", "9"], text: "place that answer next", kinds: "ranking" },
  { act: "same", shown: ["0"], text: "about the same", kinds: "pairwise" },
  { act: "", shown: ["←", "→"], text: "move within the focused scale", kinds: "pairwise" },
  { act: "up", key: "ArrowUp", shown: ["↑"], text: "previous answer", kinds: "ranking" },
  { act: "down", key: "ArrowDown", shown: ["↓"], text: "next answer", kinds: "ranking" },
  { act: "submit", key: "Enter", shown: ["⏎"], text: "submit and go on", kinds: JUDGE },
  { act: "", shown: ["Ctrl", "⏎"], text: "the same, from inside a text", kinds: ALL },
  { act: "", shown: ["Shift", "⏎"], text: "submit and stop", kinds: ALL },
  { act: "undo", key: "u", shown: ["U"], text: "reopen my last answer", kinds: JUDGE },
  { act: "bad", key: "b", shown: ["B"], text: "none is acceptable to send", kinds: JUDGE },
  { act: "cant", key: "x", shown: ["X"], text: "can’t judge, then a digit", kinds: JUDGE },
  { act: "flag", key: "f", shown: ["F"], text: "flag, then digits", kinds: JUDGE },
  { act: "tie", key: "t", shown: ["T"], text: "tie the next one with the last placed", kinds: "ranking" },
  { act: "worst", key: "w", shown: ["W"], text: "fill from the worst end, and back", kinds: "ranking" },
  { act: "back", key: "Backspace", shown: ["⌫"], text: "take the last one back", kinds: "ranking" },
  { act: "reason", key: "r", shown: ["R"], text: "reason: digits choose, Tab to the words", kinds: JUDGE },
  { act: "keep", key: "k", shown: ["K"], text: "keep the item longer", kinds: ALL },
  { act: "view", key: "v", shown: ["V"], text: "side by side, stacked, A, B", kinds: "pairwise" },
  { act: "together", key: "s", shown: ["S"], text: "scroll together", kinds: "pairwise" },
  { act: "turns", key: "h", shown: ["H"], text: "earlier turns", kinds: ALL },
  { act: "guide", key: "g", shown: ["G"], text: "guide", kinds: ALL },
  { act: "pause", key: "p", shown: ["P"], text: "pause: stops time, covers the item", kinds: ALL },
  { act: "", shown: ["Esc", "Esc"], text: "leave this item, no reason asked", kinds: ALL },
  { act: "sheet", key: "?", shown: ["?"], text: "this sheet", kinds: ALL },
];

const digit = (event) => {
  const place = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  return place && event.key.length === 1 ? Number(place[1]) : null;
};
const letter = (event) => {
  const printed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // A layout without Latin letters has no key that prints them: fall back to the place.
  return /^[^\x00-\x7f]$/.test(printed) && event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : printed;
};

export const singleKeys = () => read("keys", true);

// → { act, digit } for the table's row that this event means in this kind of item, or null.
export function meaning(event, kind) {
  if (event.ctrlKey || event.metaKey || event.altKey || !singleKeys()) return null;
  const here = TABLE.filter((row) => row.act && row.kinds.includes(kind));
  const n = digit(event);
  if (n !== null) return n === 0 ? { act: "same", digit: 0 } : { act: "digit", digit: n };
  if (event.shiftKey && event.key !== "?") return null;
  const key = letter(event);
  const row = here.find((one) => one.key === key);
  return row ? { act: row.act, digit: null } : null;
}

export function sheet(kind) {
  const dialog = element("dialog", { className: "sheet" });
  // A phone's top bar has no room for the guide: there it is reached from this sheet.
  const open = () => (dialog.close(), document.querySelector("[data-do=guide]").click());
  const guide = element("button", { className: "btn sm", type: "button", textContent: "Guide", onclick: open });
  const close = element("button", { className: "btn sm", type: "button", textContent: "Close", onclick: () => dialog.close() });
  const rows = TABLE.filter((row) => row.kinds.includes(kind)).map((row) => {
    const keys = row.shown.map((text) => element("kbd", { textContent: text }));
    return element("div", {}, element("dt", {}, ...keys), element("dd", { textContent: row.text }));
  });
  const on = element("input", { type: "checkbox", checked: singleKeys(), onchange: () => write("keys", on.checked) });
  dialog.setAttribute("aria-labelledby", "keys-title");
  dialog.append(element("div", {},
    element("div", { className: "sheet-head" }, element("h2", { id: "keys-title", textContent: "Keyboard" }), guide, close),
    element("dl", { className: "keylist" }, ...rows),
    element("label", { className: "check" }, on, "Single-key shortcuts on")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
