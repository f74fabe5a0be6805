// What an item is made of, in the order in which its parts are asked for digits and for what is missing.
//
// A part has answer() → fields of the answer, restore(saved), gaps() → [{ text, go }]; and where it makes sense
// digit(n) → true if it took the digit, acts { name: run }, close() → true if something was open,
// replaces() → true if nothing else is needed, show(field) → true if it led to that field, stop().
//
// A page serves one batch: it loads the module of its kind (kind_*.js), which says here what it is made of.

import { aids } from "./aids.js";
import { care } from "./care.js";

const makers = [];

// make(desk, changed) → parts
export const madeOf = (make) => makers.push(make);

export const makeParts = (desk, changed) => [
  care(desk), ...makers.flatMap((make) => make(desk, changed)), ...aids(desk, changed),
].filter(Boolean);
