// The keys of a screen in place of an item: a change of the rubric, the panel's answer, the end of a round.
// Enter goes on, digits choose, C opens the note. They are taken before anybody else on the page hears of them.

import { awake, fresh } from "./awake.js";

const TEXT = "textarea, select, input:not([type=radio], [type=checkbox])";
const NATIVE = "a, button, summary";
let stopLast = null;

export function interlude(desk) {
  stopLast?.();
  const single = () => !("keysOff" in document.documentElement.dataset);
  fresh(desk);
  const note = () => desk.querySelector("[data-challenge]");

  function onEnter(event) {
    const form = event.target.closest("form");
    if (event.target.matches(TEXT)) {
      if (event.ctrlKey || event.metaKey) (event.preventDefault(), form.requestSubmit());
      return;
    }
    if (event.target.closest(NATIVE)) return;
    event.preventDefault();
    if (!event.repeat && awake(desk)) desk.querySelector("[data-go]")?.click();
  }
  function onKey(event) {
    if (!desk.isConnected) return void stopLast?.(); // an item came over it
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    event.stopPropagation();
    const typing = event.target.matches(TEXT);
    if (event.key === "Enter") return void onEnter(event);
    if (event.key === "Escape" && note()?.open) {
      note().open = false;
      note().querySelector("summary").focus();
      return;
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !single()) return;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    const choice = digit && desk.querySelectorAll("input[type=radio]")[digit - 1];
    if (choice) (event.preventDefault(), choice.click());
    if (event.key.toLowerCase() === "c" && note()) {
      event.preventDefault();
      note().open = true;
      note().querySelector("textarea").focus();
    }
  }
  document.addEventListener("keydown", onKey, true);
  (desk.querySelector("h1") ?? desk.querySelector("main"))?.focus({ preventScroll: true });
  stopLast = () => document.removeEventListener("keydown", onKey, true);
  return stopLast;
}

const here = document.querySelector("#desk[data-interlude]");
if (here) interlude(here);
