// What a group of rows (one criterion of one answer) says, as the server takes it, and back again.

export function scoreOf(group) {
  const [{ criterion, place }] = group;
  const given = group.flatMap((row) => row.inputs.filter((input) => input.checked)).map((input) => input.value);
  const score = { criterion: criterion.slug, place: place || null };
  if (given.includes("na")) return { ...score, not_applicable: true };
  if (criterion.kind === "compare") return { ...score, side: Number(given[0]) };
  if (criterion.kind !== "checklist") return { ...score, point: Number(given[0]) };
  return { ...score, points: given.filter((value) => value.startsWith("met-")).map((value) => Number(value.slice(4))) };
}

// → [[name, value]] of what is to be checked; "done" says that the groups of a checklist without a point met none.
export function marksOf(score) {
  const name = `score-${score.criterion}-${score.place ?? 0}`;
  if (score.not_applicable) return [[name, "na"]];
  if (score.points) return [[name, "done"], ...score.points.map((value) => [name, `met-${value}`])];
  return [[name, String(score.side ?? score.point)]];
}

export function mark(rows, marks) {
  const said = new Set(marks.map(([name, value]) => `${name}=${value}`));
  for (const { inputs } of rows) {
    for (const input of inputs) input.checked = said.has(`${input.name}=${input.value}`);
    const none = inputs.find((input) => input.value.startsWith("none"));
    if (none && said.has(`${none.name}=done`) && !inputs.some((input) => input.checked)) none.checked = true;
  }
}
