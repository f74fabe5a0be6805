// The longest common run of two lists of words, by Myers' method, with a bound on the work: two texts that differ in
// more than MOST places have little in common, and the middle of them counts as different.

const MOST = 1200;

// → [inA, inB]: which words of each list have a partner in the other.
export function partners(a, b) {
  const inA = new Uint8Array(a.length);
  const inB = new Uint8Array(b.length);
  let start = 0;
  let endA = a.length;
  let endB = b.length;
  while (start < endA && start < endB && a[start] === b[start]) {
    inA[start] = inB[start] = 1;
    start += 1;
  }
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) inA[--endA] = inB[--endB] = 1;

  const n = endA - start;
  const m = endB - start;
  const rows = []; // rows[d][k + d] = how far down the first list a path with d changes got on diagonal k
  for (let d = 0; n && m && d <= Math.min(n + m, MOST); d += 1) {
    const row = new Int32Array(2 * d + 1);
    rows.push(row);
    for (let k = -d; k <= d; k += 2) {
      let x = before(rows, d, k);
      while (x < n && x - k < m && a[start + x] === b[start + x - k]) x += 1;
      row[k + d] = x;
      if (x < n || x - k < m) continue;
      walkBack(rows, k, (i, j) => (inA[start + i] = inB[start + j] = 1));
      return [inA, inB];
    }
  }
  return [inA, inB];
}

const isDown = (rows, d, k) => k === -d || (k !== d && rows[d - 1][k + d - 2] < rows[d - 1][k + d]);

function before(rows, d, k) {
  if (d === 0) return 0;
  return isDown(rows, d, k) ? rows[d - 1][k + d] : rows[d - 1][k + d - 2] + 1;
}

function walkBack(rows, last, pair) {
  let k = last;
  for (let d = rows.length - 1; d >= 0; d -= 1) {
    for (let i = rows[d][k + d] - 1; i >= before(rows, d, k); i -= 1) pair(i, i - k);
    if (d > 0) k += isDown(rows, d, k) ? 1 : -1;
  }
}
