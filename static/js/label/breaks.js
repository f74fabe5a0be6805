// After 50 minutes of steady work one quiet line above the dock says that a break is paid. It is dismissed with a
// click or taken with P; it comes back after 50 minutes more. Five minutes away are a break as well.

import { keyOf } from "./keys.js";
import { announce, element } from "./say.js";
import { gettext } from "./words.js";

const STEADY = 50 * 60_000;
const AWAY = 5 * 60_000;
const KEY = "assay.steady";

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? { ms: 0, at: Date.now() };
  } catch {
    return { ms: 0, at: Date.now() };
  }
}
function write(steady) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(steady));
  } catch {
    // Without storage the line counts from when the page was loaded.
  }
}

// One line above the controls: words and buttons, [{ text, act | run }]. → the line, to be removed.
export function line(desk, text, buttons) {
  const made = buttons.map(({ words, act, key, run }) => {
    const button = element("button", { type: "button", className: "btn sm", textContent: words });
    if (act) button.dataset.do = act;
    if (key) button.append(" ", element("kbd", { textContent: key }));
    if (run) button.addEventListener("click", run);
    return button;
  });
  const box = element("div", { className: "dock-line" }, element("p", { textContent: text }), element("span", { className: "acts" }, ...made));
  (desk.querySelector(".dock") ?? desk).prepend(box);
  announce(text);
  return box;
}

let steady = read();

export function breaks(desk) {
  let shown = null;

  function clear() {
    shown?.remove();
    shown = null;
  }
  function rested() {
    clear();
    steady = { ms: 0, at: Date.now() };
    write(steady);
  }
  function due() {
    if (shown || steady.ms < STEADY) return;
    shown = line(desk, gettext("50 minutes of steady work. A 5-minute break is paid."), [
      { words: gettext("Pause"), act: "pause", key: keyOf("pause") },
      { words: gettext("Not now"), run: rested },
    ]);
  }
  return {
    rested,
    worked(ms, now) {
      if (ms) steady = now - steady.at > AWAY ? { ms, at: now } : { ms: steady.ms + ms, at: now };
      if (ms) write(steady);
      due();
    },
  };
}
