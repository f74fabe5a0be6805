// Flags: a digit chooses what is wrong; beside each chosen one stand where it is and how severe.

export function flags(desk, changed) {
  const boxes = [...desk.querySelectorAll("[name=flags]")];
  const more = (box, what) => desk.querySelector(`[name="flag-${what}-${box.value}"]`);
  const count = desk.querySelector("[data-do=flag] [data-count]");
  const chosen = () => boxes.filter((box) => box.checked);

  function show() {
    const n = chosen().length;
    count.textContent = n ? ` ${n}` : "";
    desk.querySelector("[data-do=flag]").setAttribute("aria-pressed", n > 0);
  }
  function said() {
    show();
    desk.dispatchEvent(new CustomEvent("flagged"));
    changed();
  }
  desk.addEventListener("change", ({ target }) => {
    if (boxes.includes(target) || target.name?.startsWith("flag-")) said();
  });

  return {
    box: (n) => boxes[n - 1],
    said,
    answer: () => chosen().map((box) => {
      const [target, severity] = [more(box, "target").value, more(box, "severity").value];
      return { kind: box.value, target, severity };
    }),
    restore(saved = []) {
      const given = new Map(saved.map((flag) => (flag.kind ? [flag.kind, flag] : [flag, {}])));
      for (const box of boxes) {
        const flag = given.get(box.value);
        box.checked = Boolean(flag);
        more(box, "target").value = flag?.target ?? "item";
        more(box, "severity").value = flag?.severity ?? "low";
      }
      show();
      desk.dispatchEvent(new CustomEvent("flagged"));
    },
  };
}
