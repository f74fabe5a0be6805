// The items to come: two are fetched ahead and wait as finished fragments, in time up to five, so that the next one
// is there at once and a journey through a tunnel is no break. Where every item is looked at with care, one.

import { fragment, Silence } from "./net.js";
import { draft } from "./store.js";

const AT_ONCE = 2;
const AT_MOST = 5;
const EVERY = 15000; // ms between two more, while the first ones are there

export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}
export const draftKey = (desk) => `${desk.dataset.person}.${desk.dataset.revises ?? desk.dataset.task}`;

// `taken()` are the leases that the page has otherwise: on the desk, and in the outbox.
export function queue({ url, careful, taken }) {
  const list = [];
  let want = careful ? 1 : AT_ONCE;
  let filling = null;

  const have = () => [...taken(), ...list.map((entry) => entry.token)].map((token) => ["have", token]);

  // → { desk, token, saved } of one more item, { interlude } of what comes before it, or null. Throws what net throws.
  async function fetchOne(beyond = have()) {
    const html = await fragment(url, beyond);
    if (html === null) return null;
    const desk = parse(html);
    if (!desk?.dataset.assignment && !desk?.dataset.interlude) throw new Silence("no item of ours");
    if (desk.dataset.interlude) return { interlude: desk };
    return { desk, token: desk.dataset.assignment, saved: await draft(draftKey(desk)) };
  }
  async function fill() {
    while (list.length < want) {
      const entry = await fetchOne();
      if (!entry?.token || have().some(([, token]) => token === entry.token)) return;
      list.push(entry);
    }
  }
  if (!careful) setInterval(() => (want = Math.min(AT_MOST, want + 1)) && document.visibilityState === "visible" && taken().length && more(), EVERY);
  // A line that broke once may break again.
  addEventListener("online", () => careful || (want = AT_MOST));

  // What comes before an item, and what refuses one, is met when its turn is there: here both only end the filling.
  function more() {
    filling ??= fill().catch(() => null).finally(() => (filling = null));
    return filling;
  }
  return {
    more,
    fetchOne,
    have,
    settled: () => filling,
    take: () => list.shift() ?? null,
    back: (item) => list.unshift({ item, token: item.token }),
    drop(token) {
      const place = list.findIndex((entry) => entry.token === token && !entry.item?.touched);
      if (place >= 0) list.splice(place, 1)[0].item?.stop();
    },
  };
}
