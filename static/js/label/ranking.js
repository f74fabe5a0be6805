// Ranking by picking: a digit, a button or a menu on the card, or a drag puts an answer in its place.

import { bestWorst } from "./bestworst.js";
import { drag } from "./drag.js";
import { order } from "./order.js";
import { nth, ranked } from "./ranked.js";
import { announce } from "./say.js";
import { gettext, ngettext } from "./words.js";

const READER = 6; // so many answers are a list beside one open answer

export function ranking(desk, changed) {
  const cards = [...desk.querySelectorAll(".cand")];
  const k = cards.length;
  const inReader = k >= READER;
  const draw = ranked(desk, cards);
  const few = desk.querySelector("[data-few]");
  const begin = (way, saved) => (way ? bestWorst(k, saved) : order(k, saved));
  const made = { false: begin(false), true: begin(true) }; // by `few`: what was placed stays when the other is chosen
  const state = { places: made[Boolean(few)], few: Boolean(few), fromWorst: false, tying: false };
  let active = inReader ? 0 : -1;

  const bodyOf = (i) => cards[i].querySelector(".body");
  const rowOf = (n) => state.places.rows().find((row) => row.members.includes(n));
  function refresh() {
    draw(state, active);
    for (const [act, on] of [["worst", state.fromWorst], ["line", state.places.line !== null]]) {
      const button = desk.querySelector(`[data-do=${act}]`);
      button.hidden = state.few;
      button.setAttribute("aria-pressed", on);
    }
    desk.querySelector("[data-move=few]")?.setAttribute("aria-pressed", state.few);
    const count = desk.querySelector("[data-left]");
    if (count) count.textContent = left();
    const open = desk.querySelector("[data-which]");
    if (open) open.textContent = gettext("Answer {n} of {k}", { n: active + 1, k });
  }
  function left() {
    const { left: free, last } = state.places;
    if (!free.length) return "";
    if (state.few) return last === null ? gettext("the best and the worst to choose") : gettext("the best or the worst to choose");
    return ngettext("{n} answer to place", "{n} answers to place", free.length);
  }
  function update() {
    state.tying = false;
    refresh();
    desk.dispatchEvent(new CustomEvent("graded"));
    changed();
  }
  function told(n) {
    const row = rowOf(n);
    if (!row) return announce(gettext("Answer {n} taken out.", { n }));
    const place = nth(row.at, state.few);
    if (state.few) return announce(gettext("Answer {n}: {place}.", { n, place }));
    const said = row.members.length > 1 ? gettext("Answer {n}, tied, now {place} of {k}.", { n, place, k }) : gettext("Answer {n}, now {place} of {k}.", { n, place, k });
    const auto = state.places.automatic();
    const last = auto === null || auto === n ? "" : ` ${gettext("Answer {n} takes the place that is left.", { n: auto })}`;
    return announce(said + last);
  }
  // Does something to the ranking with answer n, says where it is now, and opens the next one to read.
  function change(n, run, read = false) {
    run(state.places);
    const free = state.places.left;
    if (read && inReader) active = (free.find((m) => m > n) ?? free[0] ?? n) - 1;
    told(n);
    update();
    return true;
  }
  function place(n, tie) {
    if (n < 1 || n > k) return false;
    const { places, fromWorst } = state;
    if (tie && places.last !== null && places.last !== n) return change(n, () => places.tie(n), true);
    if (places.has(n) || places.next(fromWorst) < 0) {
      announce(gettext("Answer {n} has its place already. Take it back first.", { n }));
      return true;
    }
    return change(n, () => places.place(n, fromWorst), true);
  }
  function dropped(n, i, where) {
    const { places } = state;
    const row = places.rows()[i];
    const mate = row.members.find((m) => m !== n);
    if (where === "tie") return mate === undefined ? undefined : change(n, () => places.tie(n, mate));
    if (state.few) return change(n, () => places.put(n, row.at));
    const before = row.at + (where === "after" ? row.members.length : 0);
    const own = rowOf(n);
    return change(n, () => places.put(n, own && own.at < before && row.members.length ? before - 1 : before));
  }
  function step(by) {
    active = active < 0 ? 0 : (active + by + k) % k;
    refresh();
    cards[active].querySelector("header").focus({ preventScroll: true });
    cards[active].querySelector("header").scrollIntoView({ block: "nearest" });
    if (inReader) bodyOf(active).scrollTop = 0;
    return true;
  }
  function lined() {
    const { line } = state.places;
    const rows = state.places.rows();
    update();
    if (line === null) return announce(gettext("No line."));
    if (line === 0) return announce(gettext("None is acceptable."));
    return announce(line === rows.length ? gettext("All are acceptable.") : gettext("Acceptable down to {place}.", { place: nth(rows[line - 1].at) }));
  }
  function switchFew() {
    state.few = !state.few;
    state.places = made[state.few];
    announce(state.few ? gettext("Choose the best and the worst only.") : gettext("Rank all answers."));
    update();
  }
  const unlessFew = (run) => () => (state.few ? announce(gettext("Here only the best and the worst are chosen.")) : run());
  const acts = {
    up: () => step(-1),
    down: () => step(1),
    tie: unlessFew(() => {
      const { last } = state.places;
      state.tying = last !== null && !state.tying;
      announce(state.tying ? gettext("The next number ties with answer {n}.", { n: last }) : last ? gettext("No tie.") : gettext("Place an answer first."));
      refresh();
    }),
    worst: unlessFew(() => {
      state.fromWorst = !state.fromWorst;
      announce(state.fromWorst ? gettext("Now filling from the worst end.") : gettext("Now filling from the best end."));
      refresh();
    }),
    line: unlessFew(() => (state.places.mark(state.fromWorst), lined())),
    back() {
      const n = state.places.back();
      if (n && inReader) active = n - 1;
      update();
      announce(n ? gettext("Answer {n} taken back.", { n }) : gettext("Nothing to take back."));
    },
  };
  const MOVES = {
    up: (n) => change(n, (places) => places.move(n, -1)),
    down: (n) => change(n, (places) => places.move(n, 1)),
    out: (n) => change(n, (places) => places.out(n)),
    line: (by) => (state.places.shift(by), lined()),
    few: switchFew,
  };
  desk.addEventListener("click", (event) => {
    const [move, what] = event.target.closest("[data-move]")?.dataset.move.split(" ") ?? [];
    if (move) return void MOVES[move](Number(what));
    const card = event.target.closest(".cand");
    if (!card) return undefined;
    const act = event.target.closest("[data-card]")?.dataset.card;
    if (act) place(cards.indexOf(card) + 1, act === "tie");
    else if (inReader && !event.target.closest("select")) { active = cards.indexOf(card); refresh(); }
    return undefined;
  });
  desk.addEventListener("change", (event) => {
    if (!event.target.matches("[data-rank]")) return;
    const n = cards.indexOf(event.target.closest(".cand")) + 1;
    const [how, at] = event.target.value.split(" ");
    change(n, (places) => (how === "p" ? places.put(n, Number(at)) : how === "t" ? places.tie(n, Number(at)) : places.out(n)));
  });
  // The answer that is read scrolls also while the focus is on the list beside it.
  desk.addEventListener("keydown", (event) => {
    const by = { PageDown: 1, PageUp: -1 }[event.key];
    if (!by || !inReader || event.target.matches("select, textarea") || !event.target.closest("main")) return;
    const body = bodyOf(active);
    if (body.scrollHeight <= body.clientHeight) return;
    event.preventDefault();
    body.scrollBy(0, by * body.clientHeight * 0.9);
  });
  drag(desk, dropped);
  refresh();

  const missing = () => {
    const { left: free } = state.places;
    if (!free.length) return null;
    return state.few ? left() : gettext("{count}: {list}", { count: left(), list: free.join(", ") });
  };
  const go = () => {
    const n = state.places.left[0] ?? 1;
    if (inReader) { active = n - 1; refresh(); }
    cards[n - 1].scrollIntoView({ block: "nearest" });
    cards[n - 1].querySelector("[data-card=place]:not([hidden]), [data-rank]").focus();
  };
  return {
    acts,
    digit: (n) => place(n, state.tying),
    answer: () => ({
      value: null, ranking: state.places.ranks(), acceptable: state.places.acceptable(), best_worst: state.few,
      places: state.places.save(), aside: made[!state.few].save(),
    }),
    restore(saved) {
      state.few = Boolean(saved.best_worst);
      state.places = made[state.few] = begin(state.few, saved.places);
      made[!state.few] = begin(!state.few, saved.aside);
      if (!saved.places && saved.ranking) state.places.read(saved.ranking, saved.acceptable);
      refresh();
    },
    gaps: () => (missing() ? [{ text: missing(), go, field: "ranking" }] : []),
    show: (field) => ["ranking", "acceptable", "best_worst"].includes(field) && (go(), true),
  };
}
