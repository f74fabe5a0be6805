// How much of each answer has been in view. An answer is cut into slices; a slice counts as seen after one second
// on the screen. Nobody is held up by it: what is in view right now counts when somebody is quicker than that.

const SLICES = 40;
const EVERY = 250;
const ENOUGH = 1000;
const HEAD = 96; // the sticky heads above a text

const within = (i, view) => view !== null && (i + 0.5) / SLICES >= view[0] && (i + 0.5) / SLICES <= view[1];
const clips = (node) => getComputedStyle(node).overflowY !== "visible";

// → [from, to] as shares of the whole text, or null when nothing of it can be seen.
function inView(body, desk) {
  const box = body.getBoundingClientRect();
  if (!box.height || document.visibilityState !== "visible") return null;
  const dock = desk.querySelector(".dock")?.getBoundingClientRect();
  let top = Math.max(box.top, 0);
  let bottom = Math.min(box.bottom, dock?.height && dock.top > 0 ? dock.top : innerHeight);
  for (let node = body.parentElement; node && node !== desk; node = node.parentElement) {
    if (!clips(node)) continue;
    const around = node.getBoundingClientRect();
    top = Math.max(top, around.top);
    bottom = Math.min(bottom, around.bottom);
  }
  const whole = Math.max(body.scrollHeight, 1);
  return bottom > top ? [(top - box.top) / whole, (bottom - box.top) / whole] : null;
}

export function watchSeen(desk, panes, onEnd) {
  const times = panes.map(() => new Array(SLICES).fill(0));
  const bodies = panes.map((pane) => pane.querySelector("[data-reads]") ?? pane.querySelector(".answer-empty") ?? pane);
  const views = panes.map(() => null);
  const ended = new Set();
  let last = performance.now();

  function tick() {
    const now = performance.now();
    const passed = Math.min(now - last, 2 * EVERY);
    last = now;
    bodies.forEach((body, n) => {
      const view = (views[n] = inView(body, desk));
      if (!view) return;
      for (let i = 0; i < SLICES; i += 1) {
        if (within(i, view)) times[n][i] += passed;
      }
      if (times[n][SLICES - 1] >= ENOUGH && !ended.has(n)) {
        ended.add(n);
        onEnd(panes[n]);
      }
    });
  }
  const share = (n, counts) => times[n].filter(counts).length / SLICES;
  const timer = setInterval(tick, EVERY);
  tick();
  return {
    shares: () => times.map((_, n) => Math.round(share(n, (time) => time >= ENOUGH) * 100) / 100),
    // The panes of which less than `enough` was in view.
    unread(enough) {
      tick();
      return panes.filter((_, n) => share(n, (time, i) => time >= ENOUGH || within(i, views[n])) < enough);
    },
    // Brings the first piece of a pane that was not seen to the top of what scrolls it.
    show(pane) {
      const n = panes.indexOf(pane);
      const first = times[n].findIndex((time, i) => time < ENOUGH && !within(i, views[n]));
      const box = bodies[n].getBoundingClientRect();
      let scroller = bodies[n].parentElement;
      while (scroller && !(clips(scroller) && scroller.scrollHeight > scroller.clientHeight)) scroller = scroller.parentElement;
      scroller ??= document.scrollingElement;
      const top = scroller === document.scrollingElement ? 0 : scroller.getBoundingClientRect().top;
      scroller.scrollBy(0, box.top + (Math.max(first, 0) / SLICES) * bodies[n].scrollHeight - top - HEAD);
    },
    load(shares) {
      shares.forEach((seen, n) => times[n]?.fill(ENOUGH, 0, Math.round(seen * SLICES)));
    },
    stop: () => clearInterval(timer),
  };
}
