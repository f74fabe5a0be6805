// What stands beside the verdict, the same for every kind that judges: none acceptable, can't judge, flags, reasons.
// An open panel takes the digits until it is closed.

import { flags as flagsOf } from "./flags.js";
import { announce } from "./say.js";
import { gettext } from "./words.js";

let folded = false; // as the rater last left the dock

export function extras(desk, zone, grade, changed) {
  const all = (selector) => [...desk.querySelectorAll(selector)];
  const dock = desk.querySelector(".dock");
  const bad = desk.querySelector("[name=both_bad]");
  const chips = all("[name=reasons]");
  const words = desk.querySelector("[name=rationale]");
  const box = desk.querySelector("[data-reason]");
  const why = box.querySelector("[data-why]");
  const cant = all("[name=cant_judge]");
  const then = desk.querySelector("[data-then-said]");
  const panels = { cant: desk.querySelector("[data-panel=cant]"), flag: desk.querySelector("[data-panel=flag]") };
  const buttons = { cant: desk.querySelector("[data-do=cant]"), flag: desk.querySelector("[data-do=flag]") };
  const flags = flagsOf(desk, changed);
  const plain = { why: why.textContent, asks: words.placeholder };
  let open = null; // the name of the open panel

  const reasonStop = zone.add({ box, answered: () => true, focus: () => (chips[0] ?? words).focus() });
  const submit = desk.querySelector(".dock-row .submit");
  zone.add({ box: submit, answered: () => true, shown: () => submit.checkVisibility(), focus: () => submit.focus() });

  const judged = () => !cantReason();
  const cantReason = () => cant.find((radio) => radio.checked && radio.value)?.value ?? null;
  const chosen = () => chips.filter((chip) => chip.checked).map((chip) => chip.value);

  // Why a reason cannot be left out, in words for the dock; null where it can.
  function needed() {
    if (!judged()) return null;
    if (box.dataset.reason === "words") return gettext("Reason in words, needed here");
    if (bad?.checked) return desk.dataset.kind === "pairwise" ? gettext("Reason, needed when both are bad") : gettext("Reason, needed when all are bad");
    if (box.dataset.reason === "wanted") return gettext("Reason, needed here");
    if (box.dataset.reason === "strongest" && grade?.strongest?.()) return gettext("Reason, needed with the strongest grade");
    return null;
  }
  const given = () => Boolean(words.value.trim() || (box.dataset.reason !== "words" && chosen().length));

  function marks() {
    buttons.cant.setAttribute("aria-pressed", !judged());
    const must = needed();
    why.textContent = must ?? gettext("Reason");
    box.classList.toggle("needed", Boolean(must) && !given());
    if (given()) box.classList.remove("missing");
    for (const one of desk.querySelectorAll("[data-criteria]")) one.classList.toggle("off", !judged());
  }
  function said() {
    marks();
    changed();
  }
  function panel(name) {
    open = name;
    for (const [key, node] of Object.entries(panels)) {
      node.hidden = key !== open;
      buttons[key].setAttribute("aria-expanded", key === open);
    }
    zone.cover(Boolean(open));
    if (!open) return;
    unfold();
    const choices = [...panels[open].querySelectorAll("label")].map((one) => one.textContent.replace(/\s+/g, " ").trim());
    announce([panels[open].querySelector("legend").textContent, ...choices].join(". "));
    panels[open].scrollIntoView({ block: innerWidth < 600 ? "center" : "nearest" }); // elsewhere the dock is in view
  }
  const toggle = (name) => {
    const shut = open === name;
    panel(shut ? null : name);
    if (shut) zone.start();
  };
  function fold(on) {
    dock.classList.toggle("folded", on);
    desk.querySelector("[data-do=fold]").setAttribute("aria-expanded", !on);
  }
  const unfold = () => fold(false);

  function pickCant(radio) {
    if (!radio) return;
    radio.checked = true;
    then.textContent = radio.closest("label").dataset.then ?? "";
    if (cantReason()) {
      grade?.clear?.();
      announce(`${gettext("Thanks, skipping honestly is better than guessing. This counts as work.")} ${then.textContent}`);
    } else {
      grade?.back?.();
      panel(null);
      zone.start();
    }
    said();
  }
  function flip(input) {
    if (!input) return;
    input.checked = !input.checked;
    const label = input.closest("label");
    const text = (label.querySelector("span") ?? label).textContent.trim();
    announce(input.checked ? gettext("{what}: chosen", { what: text }) : gettext("{what}: not chosen", { what: text }));
    input.focus({ preventScroll: true });
    if (input.name === "flags") flags.said();
    said();
  }
  desk.addEventListener("change", ({ target }) => {
    if (cant.includes(target)) pickCant(target);
    else if (target === bad || chips.includes(target)) said();
  });
  words.addEventListener("input", said);
  // Grading takes "can't judge" back: an item is either judged or not. So does a score, which would else be lost
  // without a word; the grade that was there before comes back with it.
  function judge() {
    if (!judged()) cant.find((radio) => !radio.value).checked = true;
    if (open) panel(null);
    marks();
  }
  desk.addEventListener("graded", judge);
  desk.addEventListener("scored", () => {
    if (judged()) return;
    judge();
    grade?.back?.();
  });
  if (folded) fold(true);
  marks();

  const toReason = () => {
    panel(null);
    unfold();
    zone.enter(reasonStop);
  };
  const base = {
    cant: () => toggle("cant"), flag: () => toggle("flag"), reason: toReason,
    fold() {
      folded = !dock.classList.contains("folded");
      fold(folded);
    },
    ...(bad && { bad: () => flip(bad) }),
  };
  const along = { up: () => zone.step(-1), down: () => zone.step(1) };

  return {
    // In a ranking ↑ and ↓ are its own, except among criteria.
    get acts() { return desk.dataset.kind !== "ranking" || !zone.stop?.verdict ? { ...base, ...along } : base; },
    // → true when the digit was for an open panel or the reasons
    digit(n) {
      unfold();
      if (open === "cant") pickCant(n === 0 ? cant.at(-1) : cant[n - 1]);
      else if (open === "flag") flip(flags.box(n));
      else if (zone.at(reasonStop)) flip(chips[n - 1]);
      else return false;
      return true;
    },
    // → true when there was something to close
    close() {
      const away = Boolean(open) || zone.at(reasonStop);
      panel(null);
      if (away) zone.start();
      // What had the focus is hidden now: it goes to where digits go.
      if (away && (document.activeElement === document.body || !document.activeElement?.checkVisibility())) zone.enter(zone.stop);
      return away;
    },
    replaces: () => !judged(),
    answer: () => ({
      both_bad: bad?.checked ?? false, cant_judge: cantReason(), reasons: chosen(), rationale: words.value.trim(), flags: flags.answer(),
    }),
    restore(saved) {
      if (bad) bad.checked = Boolean(saved.both_bad);
      for (const chip of chips) chip.checked = saved.reasons?.includes(chip.value) ?? false;
      for (const radio of cant) radio.checked = Boolean(radio.value) && radio.value === saved.cant_judge;
      words.value = saved.rationale ?? "";
      flags.restore(saved.flags);
      if (!judged()) grade?.clear?.();
      marks();
      zone.start();
    },
    last: 1,
    gaps() {
      if (!needed() || given()) return [];
      const text = box.dataset.reason === "words" ? gettext("a reason in words") : bad?.checked ? gettext("a reason, needed when none is acceptable") : gettext("a reason");
      const go = () => {
        toReason();
        if (box.dataset.reason === "words") words.focus();
        box.classList.add("missing");
      };
      return [{ text, go, field: "rationale" }];
    },
    show: (field) => field === "rationale" && (toReason(), true),
  };
}
