// Two texts compared word by word: wordDiff(a, b) → [{ kind: "same" | "out" | "in", text }]. What is "same" or "out"
// makes up a, what is "same" or "in" makes up b. Myers' algorithm, in time and room bounded by MOST edits;
// texts further apart are shown as one left out and one put in, between their common ends.

import { element } from "./say.js";

const MOST = 2000;
// Writing without spaces between words is compared sign by sign.
const TOKEN = /\s+|[[\p{L}\p{M}\p{N}_]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]]+|./gsv;

export const tokens = (text) => text.match(TOKEN) ?? [];

// Whether the furthest way to diagonal k comes down from k + 1, not across from k - 1. `far` holds the x reached
// on the diagonals -d…d with d - 1 edits.
const down = (far, k, d) => k === -d || (k !== d && far[k - 1 + d] < far[k + 1 + d]);

// The shortest way from a to b as [kind, token] steps, or null if it takes more than `most` edits.
export function shortest(a, b, most = MOST) {
  const trace = [];
  let far = new Int32Array(1);
  for (let d = 0; d <= Math.min(most, a.length + b.length); d++) {
    const next = new Int32Array(2 * d + 3);
    trace.push(far);
    for (let k = -d; k <= d; k += 2) {
      let x = d === 0 ? 0 : down(far, k, d) ? far[k + 1 + d] : far[k - 1 + d] + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      next[k + d + 1] = x;
      if (x >= a.length && x - k >= b.length) return back(a, b, trace);
    }
    far = next;
  }
  return null;
}
function back(a, b, trace) {
  const steps = [];
  let x = a.length;
  let y = b.length;
  for (let d = trace.length - 1; d > 0; d--) {
    const k = x - y;
    const fell = down(trace[d], k, d);
    const begin = fell ? trace[d][k + 1 + d] : trace[d][k - 1 + d] + 1;
    for (; x > begin; y--) steps.push(["same", a[--x]]);
    if (fell) steps.push(["in", b[--y]]);
    else steps.push(["out", a[--x]]);
  }
  while (x > 0) steps.push(["same", a[--x]]);
  return steps.reverse();
}

export function wordDiff(a, b) {
  const [old, now] = [tokens(a), tokens(b)];
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const cutOld = old.slice(head, old.length - tail);
  const cutNow = now.slice(head, now.length - tail);
  const steps = shortest(cutOld, cutNow) ?? [["out", cutOld.join("")], ["in", cutNow.join("")]];
  return merge([["same", old.slice(0, head).join("")], ...steps, ["same", old.slice(old.length - tail).join("")]]);
}
// Runs of one kind become one piece, and a space alone between two changes joins them: nobody reads word by word.
function merge(steps) {
  const pieces = [];
  let [out, put, gap] = ["", "", ""];
  const flush = () => {
    if (out) pieces.push({ kind: "out", text: out });
    if (put) pieces.push({ kind: "in", text: put });
    if (gap) pieces.push({ kind: "same", text: gap });
    [out, put, gap] = ["", "", ""];
  };
  for (const [kind, text] of steps) {
    if (!text) continue;
    const last = pieces.at(-1);
    if (kind === "same" && (out || put) && !gap && /^[^\S\n]+$/.test(text)) gap = text;
    else if (kind === "same" && (out || put)) (gap += text, flush());
    else if (kind === "same" && last?.kind === "same") last.text += text;
    else if (kind === "same") pieces.push({ kind, text });
    else {
      [out, put, gap] = [out + gap, put + gap, ""];
      if (kind === "out") out += text;
      else put += text;
    }
  }
  flush();
  return pieces;
}

const TAGS = { out: "del", in: "ins" };
export const diffNodes = (pieces) => pieces.map(({ kind, text }) => (TAGS[kind] ? element(TAGS[kind], { textContent: text }) : document.createTextNode(text)));

const count = (pieces, kind) => pieces.filter((piece) => piece.kind === kind).flatMap((piece) => piece.text.match(/\S*[\p{L}\p{N}]\S*/gu) ?? []).length;
export const changes = (pieces) => ({ added: count(pieces, "in"), removed: count(pieces, "out") });
