// The overall grade: a native radio group, nothing chosen until the rater chooses.

import { announce } from "./say.js";
import { gettext } from "./words.js";

export function pairwise(desk, zone, changed) {
  const scale = desk.querySelector("[data-scale]");
  const radios = [...scale.querySelectorAll("input")];
  // Keys stay where they are on the keyboard: 1 is the leftmost point also where the page runs from right to left.
  if (document.documentElement.dir === "rtl") {
    radios.reverse().forEach((radio, i) => (radio.parentElement.querySelector(".n").textContent = i + 1));
  }
  const chosen = () => radios.find((radio) => radio.checked);
  let aside = null; // the grade that "can't judge" put aside
  const stop = zone.add({
    box: scale, verdict: true, hint: desk.querySelector(".overall [data-hint]"), keys: `1–${radios.length}`,
    answered: () => Boolean(chosen()),
    focus: () => (chosen() ?? radios[0]).focus({ preventScroll: true }),
  });

  // A grade that was meant, by digit or by pointer, sends itself where nothing else is asked. Moving along the
  // scale with the arrows does not.
  function picked(meant) {
    aside = null;
    scale.classList.remove("missing", "off");
    desk.dispatchEvent(new CustomEvent("graded"));
    changed();
    if (meant && desk.dataset.fast !== undefined) desk.dispatchEvent(new CustomEvent("decided"));
    else if (meant) zone.next();
  }
  function choose(radio) {
    radio.checked = true;
    radio.focus({ preventScroll: true });
    zone.enter(stop, { focus: false });
    picked(true);
  }
  scale.addEventListener("change", () => picked(zone.byPointer));

  return {
    chosen,
    strongest: () => [radios[0], radios.at(-1)].includes(chosen()),
    side: () => chosen()?.dataset.side ?? "",
    acts: {},
    digit(n) {
      const radio = n === 0 ? radios.find((one) => one.value === desk.dataset.tie) : radios[n - 1];
      if (radio) choose(radio);
      else announce(gettext("There is no {n} here.", { n }));
      return true;
    },
    clear() {
      aside ??= chosen() ?? null;
      for (const radio of radios) radio.checked = false;
      scale.classList.remove("missing");
      scale.classList.add("off");
    },
    back() {
      if (aside) aside.checked = true;
      aside = null;
      scale.classList.remove("off");
    },
    answer: () => ({ value: chosen() ? Number(chosen().value) : null, ranking: null }),
    restore(saved) {
      for (const radio of radios) radio.checked = radio.value === String(saved.value ?? "none");
    },
    gaps: () => (chosen() ? [] : [{
      text: gettext("the overall grade"), field: "value",
      go() {
        zone.enter(stop);
        scale.classList.add("missing");
      },
    }]),
  };
}
