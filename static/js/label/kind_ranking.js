// Three or more answers, ranked. Placing them is a stop of its own behind the criteria.

import { judging } from "./judging.js";
import { madeOf } from "./parts.js";
import { ranking } from "./ranking.js";

function ranked(desk, zone, changed) {
  const part = ranking(desk, changed);
  const whole = () => part.gaps().length === 0;
  const stop = zone.add({
    box: desk.querySelector(".ranking"), verdict: true, answered: whole,
    focus: () => desk.querySelector("#your-ranking").focus({ preventScroll: true }),
  });
  desk.addEventListener("graded", () => {
    zone.enter(stop, { focus: false });
    if (whole()) zone.next();
  });
  return part;
}

madeOf((desk, changed) => judging(desk, changed, ranked));
