// The overall grade: a native radio group, nothing chosen until the rater chooses.

export function pairwise(desk, changed) {
  const scale = desk.querySelector("[data-scale]");
  const radios = [...scale.querySelectorAll("input")];
  // Keys stay where they are on the keyboard: 1 is the leftmost point also where the page runs from right to left.
  if (getComputedStyle(scale).direction === "rtl") {
    radios.reverse().forEach((radio, i) => (radio.parentElement.querySelector(".n").textContent = i + 1));
  }
  const chosen = () => radios.find((radio) => radio.checked);

  function choose(radio) {
    if (!radio) return false;
    radio.checked = true;
    radio.focus({ preventScroll: true });
    picked();
    return true;
  }
  function picked() {
    scale.classList.remove("missing", "off");
    desk.dispatchEvent(new CustomEvent("graded"));
    changed();
  }
  scale.addEventListener("change", picked);
  scale.classList.add("zone");

  return {
    digit: (n) => choose(radios[n - 1]),
    same: () => choose(radios.find((radio) => radio.value === desk.dataset.tie)),
    zone: (here) => scale.classList.toggle("zone", here),
    clear() {
      for (const radio of radios) radio.checked = false;
      scale.classList.add("off");
    },
    restoreGrade: () => scale.classList.remove("off"),
    answer: () => ({ value: chosen() ? Number(chosen().value) : null, ranking: null }),
    restore(saved) {
      const radio = radios.find((one) => one.value === String(saved.value));
      if (radio) radio.checked = true;
    },
    missing: () => (chosen() ? null : "the overall grade"),
    go() {
      scale.classList.add("missing");
      (chosen() ?? radios[0]).focus();
    },
  };
}
