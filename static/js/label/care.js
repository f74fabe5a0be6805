// Distressing content: a cover until the reader opens it, if they want one, and after two items that were left
// the offer to leave the queue. It asks for no reason and keeps nothing but a number for this tab.

import { line } from "./breaks.js";
import { meaning } from "./keys.js";
import { announce } from "./say.js";
import { gettext } from "./words.js";

const OFTEN = 2;
const FREE = ["Escape", "Tab", "Shift"];
const FREE_ACTS = ["pause", "guide", "sheet", "undo", "keep"];

const place = (batch) => `assay.left.${batch}`;
function left(batch, more = 0) {
  try {
    const n = (Number(sessionStorage.getItem(place(batch))) || 0) + more;
    sessionStorage.setItem(place(batch), n);
    return n;
  } catch {
    return 0;
  }
}

export function care(desk) {
  const { batch, category, kind } = desk.dataset;
  const cover = desk.querySelector("[data-cover]");
  const open = cover?.querySelector("[data-uncover]");
  let covered = false;

  function uncover() {
    covered = false;
    cover.hidden = true;
    desk.classList.remove("is-covered");
    document.removeEventListener("keydown", keys, true);
    desk.querySelector("#main")?.focus({ preventScroll: true });
    announce(gettext("The item is open."));
    if (category && left(batch) >= OFTEN) offer();
  }
  // Nothing is graded unseen: while covered, only Enter (open), Tab and Esc Esc (leave) do anything.
  function keys(event) {
    if (!desk.isConnected || FREE.includes(event.key) || document.querySelector("dialog[open]")) return;
    const act = meaning(event, kind)?.act;
    if (event.key !== "Enter" && (!act || FREE_ACTS.includes(act))) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && event.target.closest("button, a") && event.target !== open) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.key === "Enter" && !event.repeat) uncover();
  }
  function offer() {
    left(batch, -OFTEN);
    const leave = () => desk.dispatchEvent(new CustomEvent("quit", { bubbles: true }));
    const made = line(desk, gettext("You left two items. You can leave this queue for now; other work waits on My work."), [
      { words: gettext("Leave the queue"), run: leave },
      { words: gettext("Stay"), run: () => made.remove() },
    ]);
  }
  if (category) desk.addEventListener("leave", () => left(batch, 1));
  if (cover) {
    covered = true;
    desk.classList.add("is-covered");
    document.addEventListener("keydown", keys, true);
    open.addEventListener("click", uncover);
    desk.addEventListener("begin", () => covered && open.focus({ preventScroll: true }));
  }
  return {
    answer: () => ({}),
    restore() {},
    gaps: () => (covered ? [{ text: gettext("open the item first"), go: () => open.focus() }] : []),
    begin() {
      if (!covered && category && left(batch) >= OFTEN) offer();
    },
    stop: () => document.removeEventListener("keydown", keys, true),
  };
}
