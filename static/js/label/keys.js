// What the keyboard means. The table comes with the page (annotation/shortcuts.py), with the reader's own keys in it.
// Digits are bound to their place on the keyboard (event.code), letters to what is printed on them.

import { post } from "./net.js";
import { openSheet } from "./sheet.js";

const data = document.getElementById("shortcuts");
const { rows, settings, save, ...table } = data ? JSON.parse(data.textContent) : { on: true, rows: [] };
let single = table.on;
const letters = new Set(rows.map((row) => row.key));

const digit = (event) => {
  const place = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  return place && event.key.length === 1 && !letters.has(event.key) ? Number(place[1]) : null;
};

// The name under which a key stands in the table.
export function keyName(event) {
  const printed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // A layout without Latin letters has no key that prints them: fall back to the place.
  const far = /^[^\x00-\x7f]+$/.test(printed) && !letters.has(printed) && event.code.startsWith("Key");
  return far ? event.code.slice(3).toLowerCase() : printed;
}

// → { act, digit } for the row that this event means in this kind of item, or null.
export function meaning(event, kind) {
  const chord = event.ctrlKey || event.metaKey || event.altKey || event.getModifierState("AltGraph");
  if (chord || (!single && event.key.length === 1)) return null;
  const n = digit(event);
  if (n !== null) return n === 0 ? { act: "same", digit: 0 } : { act: "digit", digit: n };
  const key = keyName(event);
  const row = rows.find((one) => one.key && one.key === key && one.kinds.includes(kind));
  // Shift is free for text; only a sign that needs it, such as "?", is a shortcut with it.
  if (!row || (event.shiftKey && /^([a-z]|[A-Z]\w+)$/.test(key))) return null;
  return { act: row.act, digit: null };
}

const rowOf = (act) => rows.find((row) => row.act === act);
export const submitsByEnter = () => (rowOf("submit")?.key ?? "Enter") === "Enter";
// What to print beside a button; nothing where single keys are off.
export const keyOf = (act) => (single ? (rowOf(act)?.shown.join(" ") ?? "") : "");

// Buttons name the reader's own keys: [data-do=act] or [data-key=act] around the one <kbd>.
export function showKeys(root) {
  for (const holder of root.querySelectorAll("[data-do], [data-key]")) {
    const marks = holder.querySelectorAll("kbd");
    const row = rowOf(holder.dataset.key ?? holder.dataset.do);
    if (row?.key && marks.length === 1) marks[0].textContent = row.shown[0];
  }
}

// At once here, and for the person's other pages as soon as the server answers.
function switchKeys(on) {
  single = on;
  document.documentElement.toggleAttribute("data-keys-off", !on);
  return post(save, { single_keys: on });
}

export function sheet(kind) {
  openSheet(rows.filter((row) => row.kinds.includes(kind)), { single, switchKeys, settings });
}
