// A ranking being built, without the page. Rows from best to worst: a group of answers (more than one is a tie),
// or null, a free place for one answer. Answers are numbers 1…k as shown. The last answer left takes the last
// free place by itself. `line` is how many rows stand above the line of what can be sent, or null.

export function order(k, saved) {
  let rows = Array(k).fill(null);
  let log = [];     // the order of placing, for taking back
  let line = null;
  const numbers = Array.from({ length: k }, (_, i) => i + 1);
  const rowOf = (n) => rows.findIndex((row) => row?.includes(n));
  const left = () => numbers.filter((n) => rowOf(n) < 0);
  const automatic = () => (left().length === 1 && rows.some(Boolean) ? left()[0] : null);

  function insert(i, row, above = i < line) {
    rows.splice(i, 0, row);
    if (line !== null && above) line += 1;
  }
  function cut(i) {
    rows.splice(i, 1);
    if (line !== null && i < line) line -= 1;
  }
  // The free place nearest to a row: those below come first, for filling from the best end pushes down.
  function freeNear(i) {
    const below = rows.indexOf(null, i);
    return below >= 0 ? below : rows.lastIndexOf(null, i);
  }
  // Takes n from its row and closes the gap; where it stood, or -1 if it was not placed.
  function lift(n) {
    const i = rowOf(n);
    if (i < 0) return -1;
    if (rows[i].length > 1) rows[i] = rows[i].filter((m) => m !== n);
    else cut(i);
    log = log.filter((m) => m !== n);
    return i;
  }
  // The row that begins at a place, counted from 1; inside a tie the one after it.
  function rowAt(place) {
    let start = 1;
    const i = rows.findIndex((row) => start >= place || ((start += row?.length ?? 1), false));
    return i < 0 ? rows.length : i;
  }
  function fill(i, n) {
    rows[i] = [n];
    log.push(n);
  }

  const self = {
    // The row that the next answer goes to, or -1.
    next: (fromWorst) => (automatic() !== null ? -1 : fromWorst ? rows.lastIndexOf(null) : rows.indexOf(null)),
    get left() { return automatic() === null ? left() : []; },
    get last() { return log.at(-1) ?? null; },
    get line() { return line; },
    automatic,
    has: (n) => rowOf(n) >= 0,
    place(n, fromWorst) {
      self.out(n);
      fill(fromWorst ? rows.lastIndexOf(null) : rows.indexOf(null), n);
    },
    tie(n, mate = log.filter((m) => m !== n).at(-1)) {
      if (mate === undefined || mate === n) return false;
      if (rowOf(mate) < 0) fill(rows.indexOf(null), mate); // the answer that placed itself
      if (lift(n) < 0) cut(freeNear(rowOf(mate)));
      const i = rowOf(mate);
      rows[i] = [...rows[i], n];
      log.push(n);
      return true;
    },
    // To a place counted from 1; what stands there and below moves down by one.
    put(n, place) {
      const target = rowAt(place);
      const above = line !== null && target < line;
      if (lift(n) < 0) {
        if (rows[target] === null) return void fill(target, n);
        cut(freeNear(target));
      }
      insert(rowAt(place), [n], above);
      log.push(n);
    },
    // What stood below closes up; the free place joins the others, or stands at the end.
    out(n) {
      const i = lift(n);
      if (i < 0) return;
      const free = freeNear(i);
      const at = free < 0 ? rows.length : free < i ? free + 1 : free;
      insert(at, null, line !== null && at < line);
    },
    back() {
      const n = log.at(-1) ?? null;
      if (n !== null) self.out(n);
      return n;
    },
    // One row up (-1) or down (+1): out of a tie first, then past the neighbour.
    move(n, step) {
      const placed = rowOf(n);
      const i = placed < 0 ? rows.indexOf(null) : placed;
      if (rows[i]?.length > 1) {
        rows[i] = rows[i].filter((m) => m !== n);
        insert(step < 0 ? i : i + 1, [n], i < line);
      } else if (i + step in rows) {
        [rows[i], rows[i + step]] = [rows[i + step], rows[i]];
      }
    },
    // The line of what can be sent: below the last placed (above it, from the worst end), then the end, then none.
    mark(fromWorst) {
      const at = self.last === null ? (fromWorst ? rows.length : 0) : rowOf(self.last) + (fromWorst ? 0 : 1);
      const end = fromWorst ? 0 : rows.length;
      line = line === at || (line !== null && line === end) ? (line !== end && self.complete() ? end : null) : at;
    },
    shift(step) {
      if (line !== null) line = step === 0 ? null : Math.min(rows.length, Math.max(0, line + step));
    },
    // [{ members, at, auto }] from best to worst: `at` is the place, and a tie of two at 1 is followed by 3.
    rows() {
      const auto = automatic();
      let at = 1;
      return rows.map((row) => {
        const shown = { members: row ?? (auto === null ? [] : [auto]), at, auto: !row && auto !== null };
        at += row?.length ?? 1;
        return shown;
      });
    },
    ranks() {
      if (!self.complete()) return null;
      const ranks = Array(k);
      for (const { members, at } of self.rows()) for (const n of members) ranks[n - 1] = at;
      return ranks;
    },
    acceptable() {
      if (line === null || !self.complete()) return null;
      return numbers.map((n) => self.rows().slice(0, line).some((row) => row.members.includes(n)));
    },
    complete: () => self.left.length === 0,
    save: () => ({ rows, log, line }),
    load(state) { ({ rows, log, line } = structuredClone(state)); },
    // From an answer that was sent: ranks and what could be sent, by displayed place.
    read(ranks, acceptable) {
      const steps = [...new Set(ranks)].sort((a, b) => a - b);
      rows = steps.map((rank) => numbers.filter((n) => ranks[n - 1] === rank));
      log = rows.flat();
      line = acceptable ? rows.filter((row) => acceptable[row[0] - 1]).length : null;
    },
  };
  if (saved) self.load(saved);
  return self;
}
