// What differs between two answers; off until asked for, because it draws the eye to wording. Answers that are nearly
// the same say so.

import { clear, compare, draw } from "./compare.js";
import { keyOf } from "./keys.js";
import { announce } from "./say.js";
import { gettext } from "./words.js";

const ALIKE = 0.85;

const idle = globalThis.requestIdleCallback ?? ((run) => setTimeout(run, 200));

// The most that two texts can share, counted without order: enough to see that most pairs are not alike.
function atMost(sides) {
  const [a, b] = sides.map((side) => side.textContent.split(/\s+/));
  const counts = new Map();
  for (const word of a) counts.set(word, (counts.get(word) ?? 0) + 1);
  const both = b.filter((word) => counts.get(word) > 0 && counts.set(word, counts.get(word) - 1)).length;
  return (2 * both) / (a.length + b.length);
}

export function differences(desk) {
  const none = { acts: {}, answer: () => ({}), restore() {}, gaps: () => [], stop() {} };
  if (desk.dataset.kind !== "pairwise") return none;
  const sides = [...desk.querySelectorAll("[data-answer] [data-reads]")];
  const button = desk.querySelector("[data-do=differences]");
  const hint = desk.querySelector("[data-alike]");
  let on = false;
  let used = false;
  let stopped = false;

  function show() {
    clear(desk);
    if (on && !stopped) draw(sides);
    button?.setAttribute("aria-pressed", on);
  }
  desk.addEventListener("reread", () => on && show());
  idle(() => {
    // Words with marks at their ends count apart here and together there, so that this bound is a little lower.
    if (stopped || sides.length !== 2 || !hint || atMost(sides) <= ALIKE - 0.15) return;
    const { share } = compare(sides);
    if (share <= ALIKE) return;
    const touch = matchMedia("(max-width: 599px)").matches; // no keys are shown there
    const values = { share: Math.floor(share * 100), key: touch ? "" : keyOf("differences") };
    hint.textContent = values.key
      ? gettext("These answers are {share} % alike — {key} shows differences", values)
      : gettext("These answers are {share} % alike", values);
  });

  return {
    ...none,
    acts: {
      differences() {
        if (sides.length !== 2) return void announce(gettext("One of the answers is empty"));
        used = true;
        on = !on;
        announce(on ? gettext("Differences are shown") : gettext("Differences are not shown"));
        show();
      },
    },
    answer: () => ({ diff_used: used }),
    restore(saved) { used = Boolean(saved.diff_used); },
    stop() {
      stopped = true;
      if (on) show();
    },
  };
}
