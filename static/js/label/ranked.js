// How a ranking looks while it is built: the list of places, and on each card where its answer stands.

import { keyOf } from "./keys.js";
import { element } from "./say.js";
import { gettext, ngettext } from "./words.js";

const NTH = ["", gettext("1st"), gettext("2nd"), gettext("3rd"), gettext("4th"), gettext("5th"), gettext("6th"), gettext("7th"), gettext("8th"), gettext("9th")];
const SOME = { 1: gettext("Best"), 2: "", 3: gettext("Worst") };
export const nth = (at, few) => (few ? SOME : NTH)[at];

const key = (text) => element("kbd", { textContent: text });
const digit = (n) => {
  const mark = element("span", { className: "digit", textContent: n });
  mark.dataset.grip = n;
  return mark;
};

// The beginning of an answer on one line: 2n² must not read as 2n2, nor a fraction as a number.
function firstWords(body) {
  const copy = body.cloneNode(true);
  for (const node of copy.querySelectorAll(".words, .lang, .code-acts, .unfold")) node.remove();
  for (const node of copy.querySelectorAll("sub, msub > :nth-child(2), msubsup > :nth-child(2), munderover > :nth-child(2)")) node.prepend("_");
  for (const node of copy.querySelectorAll("sup, msup > :nth-child(2), msubsup > :nth-child(3), munderover > :nth-child(3)")) node.prepend("^");
  for (const node of copy.querySelectorAll("mfrac > :nth-child(2)")) node.prepend("/");
  for (const node of copy.querySelectorAll("p, li, h4, h5, h6, td, th, pre")) node.append(" ");
  return copy.textContent.trim().replace(/\s+/g, " ").slice(0, 240);
}

export function ranked(desk, cards) {
  const slots = desk.querySelector("[data-slots]");
  const icons = desk.querySelector("use").getAttribute("href").split("#")[0];
  const starts = cards.map((card) => firstWords(card.querySelector(".body")));
  const start = (n) => starts[n - 1];

  function button(data, icon, words) {
    const made = element("button", { type: "button", className: "btn sq", title: words });
    made.setAttribute("aria-label", words);
    made.dataset.move = data;
    made.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${icons}#${icon}"/></svg>`;
    return made;
  }
  function item(n, auto) {
    const text = element("p", { textContent: start(n), dir: "auto" });
    const note = auto ? [element("p", { className: "dim", textContent: gettext("Placed for you, dashed until you submit.") })] : [];
    const moves = element("div", { className: "moves" },
      button(`up ${n}`, "up", gettext("Move up: answer {n}", { n })), button(`down ${n}`, "down", gettext("Move down: answer {n}", { n })),
      ...(auto ? [] : [button(`out ${n}`, "out", gettext("Take out: answer {n}", { n }))]));
    return element("div", { className: "slot-item" }, digit(n), element("div", {}, text, ...note), moves);
  }
  function line() {
    const moves = element("span", { className: "moves" }, button("line -1", "up", gettext("Move the line up")),
      button("line 1", "down", gettext("Move the line down")), button("line 0", "out", gettext("Remove the line")));
    return element("li", { className: "accept" }, element("span", { textContent: gettext("Acceptable above this line") }), moves);
  }
  function well({ places, tying, few, at }) {
    const free = places.left;
    if (tying) return [gettext("Press the number to tie with answer {n}", { n: places.last })];
    const keys = free.flatMap((n, i) => [i ? " " : "", key(n)]);
    const wide = element("span", { className: "hide-narrow" }, `${gettext("Press")} `, ...keys);
    if (!few && places.last) wide.append(gettext(", or "), key(keyOf("tie") || "T"), ` ${gettext("and a number to tie")}`);
    const choose = few ? gettext("Choose the answer for this place: {place}", { place: nth(at, few) }) : gettext("Choose “Place next” on an answer");
    return [wide, element("span", { className: "only-narrow", textContent: choose })];
  }
  function slot(row, i, next, alone, state) {
    const place = element("span", { className: "place", textContent: nth(row.at, state.few) });
    if (row.members.length > 1) place.append(element("small", { textContent: gettext("tied") }));
    const made = element("li", { className: "slot" }, place);
    made.dataset.slot = i;
    if (row.between !== undefined) {
      delete made.dataset.slot;
      made.append(element("p", { className: "between dim", textContent: ngettext("{n} answer stands between", "{n} answers tie between", row.between) }));
    } else if (row.members.length) {
      made.classList.toggle("auto", Boolean(row.auto));
      if (state.few) made.dataset.untied = "";
      made.append(element("div", {}, ...row.members.map((n) => item(n, row.auto))));
    } else {
      made.classList.add("open");
      made.classList.toggle("next", i === next);
      const inside = i === next ? well({ ...state, at: row.at }) : [i === alone ? gettext("Fills itself") : "\u00a0"];
      made.append(element("div", { className: "well" }, ...inside));
    }
    return made;
  }

  function list(state) {
    const rows = state.places.rows();
    const next = state.places.next(state.fromWorst);
    const free = rows.flatMap((row, i) => (row.members.length || i === next || row.between !== undefined ? [] : [i]));
    const alone = state.few ? -1 : free.at(state.fromWorst ? 0 : -1);
    const made = rows.map((row, i) => slot(row, i, next, alone, state));
    if (state.places.line !== null) made.splice(state.places.line, 0, line());
    const held = document.activeElement?.dataset?.move;
    slots.replaceChildren(...made);
    if (held) (slots.querySelector(`[data-move="${held}"]`) ?? desk.querySelector("#your-ranking")).focus({ preventScroll: true });
  }
  // The menu on a card: every place there is, and every answer that it could tie with.
  function menu(card, n, { places, few }) {
    const rows = places.rows();
    const here = rows.find((row) => row.members.includes(n));
    const option = (value, text, selected) => element("option", { value, textContent: text, selected });
    const options = [option("", here && !here.auto ? gettext("Take out") : gettext("Place…"), !here)];
    for (const row of rows) {
      if (row.between !== undefined) continue;
      const mate = few ? undefined : row.members.find((m) => m !== n);
      const own = row === here;
      options.push(option(`p ${row.at}`, nth(row.at, few), own && mate === undefined));
      if (mate !== undefined) options.push(option(`t ${mate}`, gettext("{place}, tied", { place: nth(row.at) }), own));
    }
    card.querySelector("[data-rank]").replaceChildren(...options);
  }
  function show(state, active) {
    cards.forEach((card, i) => {
      const n = i + 1;
      const done = state.places.has(n);
      card.classList.toggle("placed", done);
      card.classList.toggle("active", i === active);
      card.querySelector("[data-card=place]").hidden = done || state.places.left.length === 0;
      card.querySelector("[data-card=tie]").hidden = done || state.few || state.places.last === null || state.places.left.length === 0;
      menu(card, n, state);
    });
  }
  return (state, active) => (list(state), show(state, active));
}
