// Answers beside the grade, the same for pairs and rankings: none acceptable, can't judge, flags, reasons.
// Digits go to one zone at a time: the grade, an open panel, or the reason chips.

import { announce } from "./say.js";

export function extras(desk, grade, changed) {
  const all = (selector) => [...desk.querySelectorAll(selector)];
  const bad = desk.querySelector("[name=both_bad]");
  const chips = all("[name=reasons]");
  const words = desk.querySelector("[name=rationale]");
  const flags = all("[name=flags]");
  const cant = all("[name=cant_judge]");
  const panels = { cant: desk.querySelector("[data-panel=cant]"), flag: desk.querySelector("[data-panel=flag]") };
  const buttons = { cant: desk.querySelector("[data-do=cant]"), flag: desk.querySelector("[data-do=flag]") };
  let zone = "grade";

  const reason = () => cant.find((radio) => radio.checked && radio.value)?.value ?? null;
  const chosen = (boxes) => boxes.filter((box) => box.checked).map((box) => box.value);

  function enter(next) {
    zone = next;
    for (const [name, panel] of Object.entries(panels)) {
      panel.hidden = name !== zone;
      buttons[name].setAttribute("aria-expanded", name === zone);
    }
    grade.zone?.(zone === "grade");
    if (panels[zone]) {
      announce(panels[zone].querySelector("legend").textContent);
      panels[zone].scrollIntoView({ block: "center" });
    }
    if (zone === "reason") (chips[0] ?? words).focus();
  }
  const toggle = (name) => enter(zone === name ? "grade" : name);

  function marks() {
    const n = chosen(flags).length;
    buttons.flag.querySelector("[data-count]").textContent = n ? ` ${n}` : "";
    buttons.flag.setAttribute("aria-pressed", n > 0);
    buttons.cant.setAttribute("aria-pressed", reason() !== null);
    words.placeholder = bad.checked ? "Needed when none is acceptable" : words.dataset.asks ??= words.placeholder;
    desk.querySelector("[data-reason]").classList.toggle("needed", bad.checked);
  }
  function pickCant(radio) {
    if (!radio) return false;
    radio.checked = true;
    if (reason()) {
      grade.clear?.();
      announce("Thanks, skipping honestly is better than guessing. This counts as work.");
    } else {
      grade.restoreGrade?.();
      enter("grade");
    }
    marks();
    changed();
    return true;
  }
  function flip(box) {
    if (!box) return false;
    box.checked = !box.checked;
    const label = box.closest("label").querySelector("span")?.textContent ?? box.closest("label").textContent;
    announce(`${label.trim()}: ${box.checked ? "chosen" : "not chosen"}`);
    marks();
    changed();
    return true;
  }
  desk.addEventListener("change", (event) => {
    if (cant.includes(event.target)) pickCant(event.target);
    else if (event.target === bad || flags.includes(event.target) || chips.includes(event.target)) { marks(); changed(); }
  });
  words.addEventListener("input", changed);
  // Grading takes "can't judge" back: an item is either judged or not.
  desk.addEventListener("graded", () => {
    const none = cant.find((radio) => !radio.value);
    if (reason()) { none.checked = true; marks(); }
    if (zone !== "grade") enter("grade");
  });

  return {
    marks,
    reason,
    cant: () => toggle("cant"),
    flag: () => toggle("flag"),
    toReason: () => enter("reason"),
    bad: () => flip(bad),
    // → true when the digit was for this zone
    digit(n) {
      if (zone === "cant") return pickCant(n === 0 ? cant.at(-1) : cant[n - 1]);
      if (zone === "flag") return flip(flags[n - 1]);
      if (zone === "reason") return flip(chips[n - 1]);
      return false;
    },
    // → true when there was something to close
    close() {
      const open = zone !== "grade";
      enter("grade");
      return open;
    },
    answer: () => ({
      both_bad: bad.checked, cant_judge: reason(), reasons: chosen(chips), rationale: words.value.trim(), flags: chosen(flags),
    }),
    restore(saved) {
      bad.checked = Boolean(saved.both_bad);
      for (const box of chips) box.checked = saved.reasons?.includes(box.value) ?? false;
      for (const box of flags) box.checked = saved.flags?.includes(box.value) ?? false;
      for (const radio of cant) radio.checked = Boolean(radio.value) && radio.value === saved.cant_judge;
      words.value = saved.rationale ?? "";
      if (reason()) grade.clear?.();
      marks();
    },
    missing() {
      const given = chosen(chips).length || words.value.trim();
      return bad.checked && !reason() && !given ? "a reason, needed when none is acceptable" : null;
    },
    go: () => enter("reason"),
    begin: () => enter("grade"),
  };
}
