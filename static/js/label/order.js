// A ranking being built, without the page: places from the best end, places from the worst end, ties.
// Answers are numbers 1…k as shown. The last answer left takes the last place by itself.

export function order(k, saved) {
  let best = saved?.best ?? [];   // groups from the best down; a group is a tie
  let worst = saved?.worst ?? []; // groups from the worst up
  let log = saved?.log ?? [];     // the order of placing, for taking back
  const placed = () => [...best, ...worst].flat();
  const left = () => Array.from({ length: k }, (_, i) => i + 1).filter((n) => !placed().includes(n));
  const without = (groups, n) => groups.map((group) => group.filter((m) => m !== n)).filter((group) => group.length);
  const automatic = () => (left().length === 1 && placed().length ? left()[0] : null);

  function out(n) {
    best = without(best, n);
    worst = without(worst, n);
    log = log.filter((m) => m !== n);
  }
  return {
    get left() { return automatic() === null ? left() : []; },
    get last() { return log.at(-1) ?? null; },
    automatic,
    has: (n) => placed().includes(n),
    place(n, fromWorst) {
      out(n);
      (fromWorst ? worst : best).push([n]);
      log.push(n);
    },
    tie(n) {
      const mate = log.filter((m) => m !== n).at(-1);
      if (mate === undefined) return false;
      out(n);
      [...best, ...worst].find((group) => group.includes(mate)).push(n);
      log.push(n);
      return true;
    },
    out,
    back() {
      const n = log.at(-1);
      if (n !== undefined) out(n);
      return n ?? null;
    },
    // One place up (-1) or down (+1): out of a tie first, then past the neighbour.
    move(n, step) {
      const auto = automatic();
      if (auto !== null) { best = [...best, [auto], ...worst.reverse()]; worst = []; log.push(auto); }
      const groups = best.some((group) => group.includes(n)) ? best : worst;
      const direction = groups === worst ? -step : step;
      const i = groups.findIndex((group) => group.includes(n));
      if (groups[i].length > 1) {
        groups[i] = groups[i].filter((m) => m !== n);
        groups.splice(direction < 0 ? i : i + 1, 0, [n]);
      } else if (groups[i + direction]) {
        [groups[i], groups[i + direction]] = [groups[i + direction], groups[i]];
      }
    },
    // Groups from best to worst with the answer that placed itself; null marks where free places are.
    groups() {
      const auto = automatic();
      const middle = auto !== null ? [[auto]] : left().length ? [null] : [];
      return [...best, ...middle, ...[...worst].reverse()];
    },
    // Rank of answer 1, 2, …: 1 is best, equal is a tie, and a tie of two at 1 is followed by 3.
    ranks() {
      if (!this.complete()) return null;
      const ranks = Array(k);
      let rank = 1;
      for (const group of this.groups()) {
        for (const n of group) ranks[n - 1] = rank;
        rank += group.length;
      }
      return ranks;
    },
    complete: () => left().length === 0 || automatic() !== null,
    save: () => ({ best, worst, log }),
    load(state) { ({ best, worst, log } = structuredClone(state)); },
  };
}
