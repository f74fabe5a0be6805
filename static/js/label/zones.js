// Where digits go. Stops stand in the order in which an item asks: its criteria, the verdict, the reason, Submit.
// One stop is outlined; answering it leads to the next that is open. A stop is
// { box, focus(), answered(), shown(), keys, hint }, where keys ("1–5") are said in `hint` for the first items.

import { read, write } from "./store.js";
import { gettext } from "./words.js";

const HINTED = 10;

export function zones(desk) {
  const stops = [];
  const items = read("hints", 0);
  let at = null;
  let covered = false; // a panel takes the digits for now
  let pointer = false; // the last thing touched was no key
  const open = () => stops.filter((stop) => stop.shown?.() ?? true);
  const left = () => open().filter((stop) => !stop.answered());

  function mark() {
    for (const stop of stops) {
      const here = stop === at && !covered;
      stop.box.classList.toggle("zone", here);
      if (stop.hint && !here) stop.hint.textContent = "";
    }
    if (at?.hint && !covered && items < HINTED) at.hint.textContent = gettext("type {keys}", { keys: at.keys });
  }
  function enter(stop, { focus = true } = {}) {
    if (!stop) return;
    at = stop;
    mark();
    if (focus) {
      stop.focus();
      stop.box.scrollIntoView({ block: "nearest" });
    }
    desk.dispatchEvent(new CustomEvent("zone", { detail: stop }));
  }
  const verdict = () => stops.find((stop) => stop.verdict) ?? open()[0];

  desk.addEventListener("begin", () => items < HINTED && write("hints", items + 1), { once: true });
  desk.addEventListener("pointerdown", () => (pointer = true), { capture: true });
  desk.addEventListener("keydown", () => (pointer = false), { capture: true });
  desk.addEventListener("focusin", (event) => {
    const stop = open().find((one) => one.box.contains(event.target));
    if (stop && stop !== at) enter(stop, { focus: false });
  });
  // In a radio group ↑ and ↓ would change the answer; here they lead to the criterion before and after.
  desk.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by || event.ctrlKey || event.altKey || event.metaKey || !event.target.matches("[type=radio]")) return;
    if (!stops.some((stop) => stop.box.contains(event.target))) return;
    event.preventDefault();
    zone.step(by);
  });

  const zone = {
    add: (stop) => (stops.push(stop), stop),
    at: (stop) => at === stop && !covered,
    get stop() { return at; },
    get byPointer() { return pointer; },
    enter,
    // The first that is open, else the verdict. Nothing is focused or scrolled: the item is there to be read first.
    start: () => enter(left()[0] ?? verdict(), { focus: false }),
    // After an answer: the next one that is open, wherever it stands.
    next() {
      const order = open();
      const from = order.indexOf(at);
      const rest = left();
      enter(rest.find((stop) => order.indexOf(stop) > from) ?? rest[0], { focus: !pointer });
    },
    step(by) {
      const order = open();
      const i = Math.min(order.length - 1, Math.max(0, order.indexOf(at) + by));
      pointer = false;
      enter(order[i]);
    },
    cover(on) {
      covered = on;
      mark();
    },
  };
  return zone;
}
