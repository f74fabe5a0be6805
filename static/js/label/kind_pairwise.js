// Two answers, graded. Improving the preferred one comes in where the batch asks for it (improve.js).

import { judging } from "./judging.js";
import { pairwise } from "./pairwise.js";
import { madeOf } from "./parts.js";

const more = [];

// make(desk, grade, changed) → part
export const beside = (make) => more.push(make);

madeOf((desk, changed) => {
  const parts = judging(desk, changed, pairwise);
  return [...parts, ...more.map((make) => make(desk, parts.at(-1), changed))];
});
