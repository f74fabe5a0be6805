// Ranking by picking: a digit, or a button on the card, puts an answer in the next place.

import { announce, element, plural } from "./say.js";
import { order } from "./order.js";

const ENDINGS = { one: "st", two: "nd", few: "rd", other: "th" };
const rules = new Intl.PluralRules("en", { type: "ordinal" });
const nth = (n) => `${n}${ENDINGS[rules.select(n)]}`;

export function ranking(desk, changed) {
  const cards = [...desk.querySelectorAll("[data-answer]")];
  const k = cards.length;
  const places = order(k);
  const slots = desk.querySelector("[data-slots]");
  const icons = desk.querySelector("use").getAttribute("href").split("#")[0];
  let fromWorst = false;
  let tying = false;
  const inReader = k > 5; // a list with one open answer
  let active = inReader ? 0 : -1;

  const start = (n) => cards[n - 1].querySelector(".body").textContent.trim().replace(/\s+/g, " ").slice(0, 160);
  const digitMark = (n) => element("span", { className: "digit", textContent: n });
  function rankOf(n) {
    let rank = 1;
    for (const group of places.groups()) {
      if (group === null) { rank += places.left.length; continue; }
      if (group.includes(n)) return { rank, tied: group.length > 1 };
      rank += group.length;
    }
    return null;
  }

  function moveButton(n, act, icon, words) {
    const button = element("button", { type: "button", className: "btn sq", title: words });
    button.setAttribute("aria-label", `${words}: answer ${n}`);
    button.dataset.move = `${act} ${n}`;
    button.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${icons}#${icon}"/></svg>`;
    return button;
  }
  function slotItem(n) {
    const text = element("p", { textContent: start(n), dir: "auto" });
    if (n === places.automatic()) text.append(element("span", { className: "dim", textContent: " Placed for you, dashed until you submit." }));
    const moves = element("div", { className: "moves" },
      moveButton(n, "up", "up", "Move up"), moveButton(n, "down", "down", "Move down"), moveButton(n, "out", "out", "Take out"));
    return element("div", { className: "slot-item" }, digitMark(n), text, moves);
  }
  function slot(group, rank) {
    const label = element("span", { className: "place", textContent: nth(rank) });
    if (group.length > 1) label.append(element("small", { textContent: "tied" }));
    const auto = group.length === 1 && group[0] === places.automatic();
    return element("li", { className: auto ? "slot auto" : "slot" }, label, element("div", {}, ...group.map(slotItem)));
  }
  function freeSlots(rank) {
    const free = places.left;
    return free.map((_, i) => {
      const next = fromWorst ? i === free.length - 1 : i === 0;
      const itself = !next && i === (fromWorst ? 0 : free.length - 1);
      const well = element("div", { className: "well" });
      if (next && tying) well.append("Press the number to tie with answer ", element("b", { textContent: places.last }));
      else if (next) {
        const wide = element("span", { className: "hide-narrow" }, "Press ", ...free.flatMap((n, j) => [j ? " " : "", element("kbd", { textContent: n })]));
        if (places.last) wide.append(", or ", element("kbd", { textContent: "T" }), " and a number to tie");
        well.append(wide, element("span", { className: "only-narrow" }, "Choose ", element("b", { textContent: "Place next" }), " on an answer"));
      } else well.append(itself ? "Fills itself" : "\u00a0");
      return element("li", { className: `slot open${next ? " next" : ""}` }, element("span", { className: "place", textContent: nth(rank + i) }), well);
    });
  }

  function draw() {
    const rows = [];
    let rank = 1;
    for (const group of places.groups()) {
      rows.push(...(group === null ? freeSlots(rank) : [slot(group, rank)]));
      rank += group === null ? places.left.length : group.length;
    }
    const held = document.activeElement?.dataset?.move;
    slots.replaceChildren(...rows);
    if (held) (slots.querySelector(`[data-move="${held}"]`) ?? desk.querySelector("#your-ranking")).focus({ preventScroll: true });
    cards.forEach((card, i) => {
      const n = i + 1;
      const done = places.has(n);
      const at = done ? rankOf(n) : null;
      card.classList.toggle("placed", done);
      card.classList.toggle("active", i === active);
      const place = card.querySelector("[data-place]");
      place.hidden = !at;
      place.textContent = at ? `${nth(at.rank)}${at.tied ? ", tied" : ""}` : "";
      card.querySelector("[data-do=place]").hidden = done;
      card.querySelector("[data-do=tie]").hidden = done || !places.last;
      card.querySelector("[data-do=out]").hidden = !done;
    });
    desk.querySelector("[data-do=worst]").setAttribute("aria-pressed", fromWorst);
    const left = places.left.length;
    desk.querySelector("[data-left]").textContent = left ? `${left} left to place` : "";
  }

  function told(n) {
    const at = rankOf(n);
    const auto = places.automatic();
    const last = auto === null ? "" : ` Answer ${auto} takes the place that is left.`;
    announce(`Answer ${n}, ${at.tied ? "tied, " : ""}now ${nth(at.rank)} of ${k}.${last}`);
  }
  function place(n, tie) {
    if (n < 1 || n > k) return false;
    if (places.has(n)) {
      announce(`Answer ${n} is placed already. Backspace takes the last one back.`);
      return true;
    }
    if (!(tie && places.tie(n))) places.place(n, fromWorst);
    tying = false;
    const free = places.left;
    if (inReader) active = (free.find((m) => m > n) ?? free[0] ?? n) - 1;
    told(n);
    update();
    return true;
  }
  function update() {
    draw();
    desk.dispatchEvent(new CustomEvent("graded"));
    changed();
  }
  function step(by) {
    active = active < 0 ? 0 : (active + by + k) % k;
    draw();
    cards[active].focus({ preventScroll: true });
    cards[active].scrollIntoView({ block: "nearest" });
    return true;
  }
  function out(n) {
    places.out(n);
    announce(`Answer ${n} taken out.`);
    update();
  }
  desk.addEventListener("click", (event) => {
    const card = event.target.closest("[data-answer]");
    const act = event.target.closest("[data-do]")?.dataset.do;
    const move = event.target.closest("[data-move]")?.dataset.move.split(" ");
    if (move) {
      const n = Number(move[1]);
      if (move[0] === "out") return out(n);
      places.move(n, move[0] === "up" ? -1 : 1);
      told(n);
      return update();
    }
    if (!card) return undefined;
    const n = Number(card.dataset.answer);
    if (act === "place" || act === "tie") place(n, act === "tie");
    else if (act === "out") out(n);
    else if (inReader && active !== n - 1) { active = n - 1; draw(); }
    return undefined;
  });
  draw();

  return {
    digit: (n) => place(n, tying),
    tie() {
      tying = places.last !== null && !tying;
      announce(tying ? `The next number ties with answer ${places.last}.` : places.last ? "No tie." : "Place an answer first.");
      draw();
    },
    worst() {
      fromWorst = !fromWorst;
      announce(fromWorst ? "Now filling from the worst end." : "Now filling from the best end.");
      draw();
    },
    back() {
      const n = places.back();
      announce(n ? `Answer ${n} taken back.` : "Nothing to take back.");
      if (n && inReader) active = n - 1;
      update();
    },
    up: () => step(-1),
    down: () => step(1),
    answer: () => ({ value: null, ranking: places.ranks(), places: places.save() }),
    restore(saved) {
      if (saved.places) places.load(saved.places);
      draw();
    },
    missing: () => (places.complete() ? null : `${plural(places.left.length, "answer")} to place`),
    go() {
      const card = cards[places.left[0] - 1];
      card.scrollIntoView({ block: "nearest" });
      card.querySelector("[data-do=place]").focus();
    },
  };
}
