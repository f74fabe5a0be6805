// Only the best and the worst of many: the first answer chosen is the best, the second the worst, and the rest tie
// between them. Answers the same questions as order.js, as far as they make sense here.

export function bestWorst(k, saved) {
  let best = null;
  let worst = null;
  const numbers = Array.from({ length: k }, (_, i) => i + 1);
  const complete = () => best !== null && worst !== null;
  const rest = () => numbers.filter((n) => n !== best && n !== worst);
  const one = (n) => (n === null ? [] : [n]);

  const self = {
    get left() { return complete() ? [] : rest(); },
    get last() { return worst ?? best; },
    line: null,
    complete,
    automatic: () => null,
    has: (n) => n === best || n === worst,
    next: () => (best === null ? 0 : worst === null ? 2 : -1),
    place(n) { self.put(n, best === null ? 1 : 3); },
    put(n, place) {
      self.out(n);
      if (place === 1) best = n;
      else worst = n;
    },
    tie: () => false,
    out(n) {
      if (n === best) best = null;
      if (n === worst) worst = null;
    },
    back() {
      const n = self.last;
      self.out(n);
      return n;
    },
    move() { [best, worst] = [worst, best]; },
    rows: () => [
      { members: one(best), at: 1 },
      { members: [], at: 2, between: numbers.length - 2 },
      { members: one(worst), at: 3 },
    ],
    ranks: () => (complete() ? numbers.map((n) => (n === best ? 1 : n === worst ? 3 : 2)) : null),
    acceptable: () => null,
    save: () => ({ best, worst }),
    load(state) { ({ best, worst } = state); },
    read(ranks) {
      best = ranks.indexOf(1) + 1;
      worst = ranks.indexOf(Math.max(...ranks)) + 1;
    },
  };
  if (saved) self.load(saved);
  return self;
}
