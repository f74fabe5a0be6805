// Two texts word by word: how alike they are, and marks on what differs, drawn over the text without changing it where
// the browser can do that, else with <mark>. Fetched when somebody asks for differences, or when there are few.

import { partners } from "./common.js";
import { shownText, wordsOf } from "./visible.js";

const MOST_WORDS = 20000;
const NAME = "differs";

export function compare(sides) {
  const words = sides.map((side) => wordsOf(shownText(side), MOST_WORDS));
  const [a, b] = words.map((side) => side.map(({ word }) => word));
  const met = partners(a, b);
  return { words, met, share: (2 * met[0].reduce((sum, one) => sum + one, 0)) / (a.length + b.length || 1) };
}

// Neighbours in one text node become one range.
function ranges({ words, met }) {
  const found = [];
  words.forEach((side, n) => side.forEach((word, i) => {
    if (met[n][i]) return;
    const last = found.at(-1);
    if (last?.node === word.node && i > 0 && !met[n][i - 1]) last.to = word.to;
    else found.push({ node: word.node, from: word.from, to: word.to });
  }));
  return found;
}

function range({ node, from, to }) {
  const made = new Range();
  made.setStart(node, from);
  made.setEnd(node, to);
  return made;
}

export function draw(sides) {
  const found = ranges(compare(sides));
  if (globalThis.Highlight && CSS.highlights) return void CSS.highlights.set(NAME, new Highlight(...found.map(range)));
  for (const one of found.toReversed()) {
    const mark = document.createElement("mark");
    mark.className = NAME;
    range(one).surroundContents(mark);
  }
}

export function clear(desk) {
  globalThis.CSS?.highlights?.delete(NAME);
  for (const mark of desk.querySelectorAll(`mark.${NAME}`)) {
    const parent = mark.parentNode;
    mark.replaceWith(...mark.childNodes);
    parent.normalize();
  }
}
