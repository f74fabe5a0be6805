// The rubric's criteria: native radios and boxes, nothing chosen until the rater chooses. Each row of controls is a
// stop for digits. A criterion with a condition appears below the others when its condition holds.

import { announce } from "./say.js";
import { mark, marksOf, scoreOf } from "./scores.js";
import { gettext } from "./words.js";

const RTL = () => document.documentElement.dir === "rtl";

export function criteria(desk, zone, changed) {
  const box = desk.querySelector("[data-criteria]");
  if (!box) return null;
  const guide = desk.querySelector("[data-guide]");
  const all = [...box.querySelectorAll("[data-criterion]")].map(readCriterion);
  const rows = all.flatMap((criterion) => criterion.rows);
  const rowOf = (node) => rows.find((row) => row.box.contains(node));

  function readCriterion(node) {
    const { criterion: slug, kind, name, question, when } = node.dataset;
    const criterion = { node, slug, kind, name, question, when };
    criterion.rows = [...node.querySelectorAll("[data-row]")].map((field) => readRow(criterion, field));
    return criterion;
  }
  function readRow(criterion, field) {
    const area = field.querySelector("[data-choices]");
    const inputs = [...area.querySelectorAll("input")];
    const labels = inputs.map((input) => input.closest("label"));
    // Sides are mirrored with the page, keys are not: 1 is always the leftmost.
    if (criterion.kind === "compare" && RTL()) {
      const sides = labels.filter((_, i) => inputs[i].value !== "na");
      sides.forEach((label, i) => (label.querySelector(".n").textContent = sides.length - i));
    }
    const row = { criterion, box: area, inputs, place: Number(field.dataset.place), label: field.dataset.label };
    row.key = (input) => Number(input.closest("label").querySelector(".n").textContent);
    row.answered = () => inputs.some((input) => input.checked);
    row.shown = () => !criterion.node.hidden;
    row.focus = () => (inputs.find((input) => input.checked) ?? inputs[0]).focus({ preventScroll: true });
    row.hint = criterion.node.querySelector("[data-hint]");
    const keys = inputs.map(row.key).filter((key) => key > 0 && key < 9);
    row.keys = `${inputs.some((input) => row.key(input) === 0) ? 0 : 1}–${Math.max(...keys)}`;
    zone.add(row);
    return row;
  }
  // One choice of a checklist against the others: none of these, does not apply, or points.
  const isNone = (input) => input.value.startsWith("none");
  function settle(row, input) {
    row.box.classList.remove("missing");
    if (input.type !== "checkbox") return;
    const na = input.value === "na";
    for (const mate of row.criterion.rows.filter((other) => other.place === row.place)) {
      for (const other of mate.inputs) {
        if (other === input) continue;
        if (na) other.checked = other.value === "na" ? input.checked : other.checked && !input.checked;
        else if (input.checked && other.value === "na") other.checked = false;
        else if (input.checked && mate === row && (isNone(input) || isNone(other))) other.checked = false;
      }
    }
  }
  function pick(row, n) {
    const input = row.inputs.find((one) => row.key(one) === n);
    if (!input) return void announce(gettext("There is no {n} here.", { n }));
    input.checked = input.type === "radio" || !input.checked;
    settle(row, input);
    input.focus({ preventScroll: true });
    const single = input.type === "radio" || input.value === "na" || isNone(input);
    said();
    if (single && input.checked) zone.next();
    return undefined;
  }
  function said() {
    desk.dispatchEvent(new CustomEvent("scored"));
    refresh();
    changed();
  }
  box.addEventListener("change", (event) => {
    const row = rowOf(event.target);
    if (!row) return;
    settle(row, event.target);
    said();
    if (zone.byPointer && event.target.type === "radio") zone.next();
  });

  // What is asked: conditions look at the flags and at criteria that are asked themselves.
  function holds(when, values) {
    if (!when) return true;
    if (when.startsWith("flag:")) return Boolean(desk.querySelector(`[name=flags][value="${when.slice(5)}"]:checked`));
    const [slug, wanted] = when.split("=");
    return wanted.split(",").some((value) => values[slug]?.has(value));
  }
  function refresh() {
    const values = {};
    for (const criterion of all) {
      const hidden = !holds(criterion.when, values);
      if (criterion.node.hidden !== hidden) {
        criterion.node.hidden = hidden;
        if (!hidden) announce(gettext("Now also asked: {criterion}", { criterion: criterion.name }));
        else if (zone.stop?.criterion === criterion) zone.start();
      }
      const given = hidden ? [] : criterion.rows.flatMap((row) => row.inputs.filter((input) => input.checked));
      values[criterion.slug] = new Set(given.map((input) => input.value.replace("met-", "")));
    }
  }
  desk.addEventListener("flagged", refresh);

  // One line for the full text of the point in focus or under the pointer.
  const line = { name: box.querySelector("[data-anchor-name]"), text: box.querySelector("[data-anchor]"), link: box.querySelector("[data-worked]") };
  function explain(row, input) {
    const label = input?.closest("label");
    line.name.textContent = label ? `${row.criterion.name}, ${row.key(input)}.` : `${row.criterion.name}.`;
    line.text.textContent = label?.dataset.full || row.criterion.question;
    line.link.hidden = !row.inputs.some((one) => one.closest("label").dataset.example !== undefined);
    line.slug = row.criterion.slug;
  }
  for (const [event, choose] of [["focusin", (node) => node], ["pointerover", (node) => node.closest?.("label")?.querySelector("input")]]) {
    box.addEventListener(event, ({ target }) => {
      const input = choose(target);
      const row = input && rowOf(input);
      if (row) explain(row, input);
    });
  }
  desk.addEventListener("zone", ({ detail: stop }) => {
    if (stop.criterion) explain(stop, stop.inputs.find((input) => input.checked || input === document.activeElement));
    else if (stop.verdict) {
      line.name.textContent = gettext("Overall.");
      line.text.textContent = gettext("All things together, which would you rather send?");
      line.link.hidden = true;
    }
    if (desk.dataset.kind !== "rating") return;
    for (const card of desk.querySelectorAll("[data-answer]")) card.classList.toggle("active", card.dataset.answer === stop.label);
  });
  function openGuide(slug) {
    if (guide.open) return void guide.close();
    guide.showModal();
    const section = slug && guide.querySelector(`[id="guide-${slug}"]`);
    section?.scrollIntoView({ block: "start" });
    section?.focus({ preventScroll: true });
    return undefined;
  }
  line.link.addEventListener("click", () => openGuide(line.slug));

  const named = (row) => (row.label
    ? gettext("{criterion} for answer {answer}", { criterion: row.criterion.name, answer: row.label })
    : row.criterion.name);
  function show(row) {
    zone.enter(row);
    row.box.classList.add("missing");
  }
  const groups = () => all.filter((criterion) => !criterion.node.hidden)
    .flatMap((criterion) => [...new Set(criterion.rows.map((row) => row.place))].map((place) => criterion.rows.filter((row) => row.place === place)));
  refresh();

  return {
    digit(n) {
      const row = rows.find((one) => zone.at(one));
      if (row) pick(row, n);
      return Boolean(row);
    },
    acts: { guide: () => openGuide(zone.stop?.criterion?.slug) },
    answer() {
      const done = groups().filter((group) => group.every((row) => row.answered()));
      const half = groups().filter((group) => !done.includes(group)).flat().flatMap((row) => row.inputs.filter((input) => input.checked));
      return { scores: done.map(scoreOf), unfinished: half.map((input) => [input.name, input.value]) };
    },
    restore(saved) {
      mark(rows, [...(saved.scores ?? []).flatMap(marksOf), ...(saved.unfinished ?? [])]);
      refresh();
      zone.start();
    },
    gaps: () => groups().map((group) => group.find((row) => !row.answered())).filter(Boolean).map((row) => ({
      text: named(row), go: () => show(row), field: `scores.${row.criterion.slug}.${row.place}`,
    })),
    show(field) {
      const row = rows.find((one) => field === `scores.${one.criterion.slug}.${one.place}`);
      if (row) show(row);
      return Boolean(row);
    },
    off: (on) => box.classList.toggle("off", on),
  };
}
