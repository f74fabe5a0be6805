// One item on the desk: its parts, its draft here and on the server, its clock, its lease. Knows nothing of others.

import { draftKey } from "./ahead.js";
import { clock } from "./clock.js";
import { showKeys } from "./keys.js";
import { lease } from "./lease.js";
import { post, SignedOut, Silence } from "./net.js";
import { makeParts } from "./parts.js";
import { element, lookMark, status, toast } from "./say.js";
import { dropDraft, keepDraft, keepDraftNow } from "./store.js";
import { gettext } from "./words.js";

const HERE_AFTER = 150;
const THERE_AFTER = 1500;
const AGAIN_AFTER = 10_000; // where the server did not answer
const VERSION = "label-3";
const ONLY_HERE = ["places", "aside", "unfinished", "kept"]; // of a draft; no fields of an answer

export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

// The active time of the item that this tab was left with: a page loaded anew may be drawn before the server was told.
const LEFT = "assay.active";
function leave(token, ms) {
  try {
    sessionStorage.setItem(LEFT, JSON.stringify([token, ms]));
  } catch {
    // Without storage the page goes on from what the server was told.
  }
}
function leftAt(token) {
  try {
    const [whose, ms] = JSON.parse(sessionStorage.getItem(LEFT));
    return whose === token ? ms : 0;
  } catch {
    return 0;
  }
}

const hour = (at) => new Date(at).toLocaleTimeString(document.documentElement.lang || [], { hour: "2-digit", minute: "2-digit" });

// `saved`: this device's draft, null if it has none, undefined while that is not known. `hooks`: onLost(item, error, verb), onSignedOut().
export function openItem(desk, saved, hooks) {
  const { kind, task, assignment: token, revises = null } = desk.dataset;
  const message = desk.querySelector("[data-message]");
  const note = desk.querySelector("[data-note]");
  const buttons = [...desk.querySelectorAll("button[type=submit]")];
  const given = JSON.parse(desk.querySelector("[data-given] script")?.textContent || "{}");
  let here = null;
  let there = null;
  let known = given.draft?.saved_at ?? null;
  let storing = 0; // how many writes of the draft are under way on the device
  let kept = true; // whether the device could keep the last draft
  let carried = { active_ms: revises ? 0 : Math.max(Number(desk.dataset.spent) || 0, leftAt(token)), idle_ms: 0 }; // under this lease, before this page

  const item = { desk, kind, task, token, key: draftKey(desk), revises, submission: desk.dataset.submission, touched: false, done: false, asked: false, onEnter: null };
  const typed = [...desk.querySelectorAll("textarea")].filter((field) => field.value !== field.defaultValue);
  item.inputs = { keys: 0, pointer: 0, touch: 0 };
  item.parts = makeParts(desk, () => item.changed());
  item.clock = clock(desk);
  item.lease = lease(desk, token, { times: () => times(), onLost: (error, verb) => hooks.onLost(item, error, verb), onSignedOut: hooks.onSignedOut });
  if (revises) item.lease.stop();

  const answer = () => Object.assign({}, ...item.parts.map((part) => part.answer()));
  const times = () => {
    const { active_ms, idle_ms, wall_ms } = item.clock.times();
    const both = { active_ms: Math.max(0, active_ms + carried.active_ms), idle_ms: Math.max(0, idle_ms + carried.idle_ms) };
    return { active_ms: Math.round(both.active_ms), idle_ms: Math.round(both.idle_ms), wall_ms: Math.round(Math.max(wall_ms, both.active_ms)) };
  };
  item.times = times;
  item.answer = answer;
  // Toasts stand above the dock, however high it is now.
  new ResizeObserver(([{ target }]) => target.isConnected && document.body.style.setProperty("--dock-height", `${target.offsetHeight}px`)).observe(desk.querySelector(".dock"));
  item.act = (name) => item.parts.find((part) => part.acts?.[name])?.acts[name];
  item.digit = (n) => item.parts.some((part) => part.digit?.(n));
  item.close = () => item.parts.filter((part) => part.close?.()).length > 0;
  item.sight = item.parts.find((part) => part.unread);

  const asItIs = (dirty) => ({ submission: item.submission, token, answer: answer(), known, dirty, times: times() });
  async function store({ dirty = true, quiet = false } = {}) {
    clearTimeout(here);
    here = null;
    storing += 1;
    kept = await keepDraft(item.key, asItIs(dirty));
    storing -= 1;
    if (kept && !quiet && !item.done) status(gettext("Saved"));
  }
  async function push() {
    clearTimeout(there);
    there = null;
    if (item.done || item.revises) return;
    const content = answer();
    const { active_ms, idle_ms } = times();
    try {
      const { data, error } = await post(`/api/v1/assignments/${token}/draft`, { submission: item.submission, content, active_ms, idle_ms, known }, "PUT");
      if (item.done) return;
      if (error) return refused(error);
      known = data.saved_at;
      item.lease.renewed(active_ms);
      if (!here && !there) await store({ dirty: false });
      if (data.replaced) offer(gettext("A newer draft from another device, of {time}.", { time: hour(data.replaced.saved_at) }), data.replaced.content);
    } catch (error) {
      if (error instanceof SignedOut) return hooks.onSignedOut();
      if (!(error instanceof Silence)) throw error;
      there ??= setTimeout(push, AGAIN_AFTER);
      status(kept ? gettext("Saved on this device") : gettext("Not saved yet"));
    }
  }
  function refused(error) {
    status(gettext("Saved on this device"));
    if (error.code.startsWith("draft_")) return toast(error.message, { name: "draft", seconds: 12 });
    if (error.code !== "error" && error.code !== "invalid") hooks.onLost(item, error, "draft");
    return undefined;
  }
  function offer(text, content) {
    item.note(text, [[gettext("Use it"), () => (item.restore(content), item.note(""), item.changed())], [gettext("Keep mine"), () => item.note("")]]);
  }
  item.changed = () => {
    if (item.restoring) return;
    item.touched = item.acted = true;
    clearTimeout(here);
    here = setTimeout(store, HERE_AFTER);
    if (!item.revises) {
      clearTimeout(there);
      there = setTimeout(push, THERE_AFTER);
    }
    item.say("");
    item.ready();
  };
  item.offer = offer;
  item.keep = () => store({ quiet: true });
  // What was not stored yet, now: the page may be gone in a moment.
  item.store = () => {
    if (item.done) return;
    if (here || storing) keepDraftNow(item.key, asItIs(true));
    if (here) store();
    if (there) push();
  };
  // The page may be gone in a moment: what was read is paid also if nothing was written.
  item.away = () => {
    const writes = there;
    item.store();
    if (item.done || item.revises) return;
    leave(token, times().active_ms);
    if (!writes) item.lease.tell();
  };
  // The item goes back to the server, its words stay on this device.
  item.leaveWords = () => (clearTimeout(there), (there = null), store({ quiet: true }));
  item.forget = () => (clearTimeout(here), clearTimeout(there), (here = there = null), dropDraft(item.key));
  item.restore = (content) => {
    item.restoring = true;
    for (const part of item.parts) part.restore(content);
    item.restoring = false;
    item.ready();
  };

  // The same item once more, to change the answer that the server has: what was given is still on it.
  item.revise = (judgment) => {
    item.revises = desk.dataset.revises = judgment;
    Object.assign(item, { key: draftKey(desk), submission: newKey(), touched: false, asked: true });
    const spent = times();
    carried = { active_ms: carried.active_ms - spent.active_ms, idle_ms: carried.idle_ms - spent.idle_ms };
  };

  // What is missing, in the order in which to ask for it: [{ text, go, field }]
  item.gaps = () => {
    const alone = item.parts.find((part) => part.replaces?.());
    return alone ? alone.gaps() : item.parts.toSorted((a, b) => (a.last ?? 0) - (b.last ?? 0)).flatMap((part) => part.gaps());
  };
  item.body = () => {
    const body = { inputs: item.inputs, ...answer(), ...times(), client_version: VERSION, submission: item.submission };
    for (const name of ONLY_HERE) delete body[name];
    if (body.cant_judge) Object.assign(body, { value: null, ranking: null, acceptable: null, scores: [], improved: null });
    return body;
  };
  item.ready = () => {
    const wait = item.gaps().length > 0;
    for (const button of buttons) {
      button.classList.toggle("wait", wait);
      button.classList.toggle("primary", !wait);
    }
  };
  item.say = (text, bad = false) => message?.replaceChildren(...(text ? [element("span", { className: bad ? "err" : "", textContent: text })] : []));
  item.note = (text, actions = [], onEnter = null) => {
    item.onEnter = onEnter;
    note.hidden = !text;
    if (!text) return note.replaceChildren();
    const acts = actions.map(([words, run, mark]) => {
      const button = element("button", { type: "button", className: "btn", textContent: words, onclick: run });
      if (mark) button.append(" ", element("kbd", { textContent: mark }));
      return button;
    });
    const line = element("div", { className: "note" }, lookMark(desk), element("p", { textContent: text }), element("span", { className: "acts" }, ...acts));
    return note.replaceChildren(line);
  };
  // Off the desk: for good (sent, left), or until it comes back with everything on it.
  item.stop = ({ keep = false } = {}) => {
    if (keep) item.store();
    clearTimeout(here);
    clearTimeout(there);
    here = there = null;
    item.clock.stop();
    item.lease.stop();
    if (!keep) for (const part of item.parts) part.stop?.();
  };
  item.go = () => {
    item.done = false;
    item.clock.go();
    if (!item.revises) item.lease.go();
  };

  // This device's draft, as soon as it is known, beside what the server gave.
  item.adopt = (saved) => {
    const restored = pick(saved, given, item);
    // Typed before this script was awake; a browser that fills fields again after a reload says what the draft says.
    if (typed.some((field) => field.value !== (restored?.content[field.name] ?? ""))) item.changed();
    if (!restored) return;
    if (item.touched) return void (restored.at && offer(gettext("This device has a draft of {time}.", { time: hour(restored.at) }), restored.content));
    item.submission = restored.submission ?? item.submission;
    for (const [name, ms] of Object.entries(restored.times ?? {})) carried[name] = Math.max(carried[name], ms);
    item.restore(restored.content);
    if (restored.at) toast(gettext("Restored your unfinished answer from {time}.", { time: hour(restored.at) }), { name: "restored" });
    if (restored.other) offer(gettext("This device has an older draft, of {time}.", { time: hour(restored.other.at) }), restored.other.content);
  };
  if (saved !== undefined) item.adopt(saved);
  item.ready();
  showKeys(desk);
  for (const part of item.parts) part.begin?.();
  return item;
}

// Which draft to go on with. The newest wins; what this device alone has is offered beside it. Under a new lease the
// sides may be the other way round: then only words still mean the same. What was spent under the old one is booked.
function pick(saved, { draft, given }, { token, kind, revises }) {
  if (given && !saved) return { content: given };
  const same = saved?.token === token;
  const whole = saved && (same || kind === "demonstration" || revises);
  const local = saved && (whole ? saved.answer : { rationale: saved.answer.rationale ?? "", improved: saved.answer.improved ?? null });
  if (saved && (!draft || (whole && saved.known === draft.saved_at))) {
    const said = Object.values(local).some((value) => (Array.isArray(value) ? value.length : value));
    return said ? { content: local, submission: same ? saved.submission : null, at: saved.at, times: timesOf(same && saved.times) } : null;
  }
  if (!draft) return null;
  const other = saved?.dirty && JSON.stringify(local) !== JSON.stringify(draft.content) ? { content: local, at: saved.at } : null;
  return { content: draft.content, submission: draft.submission, at: draft.saved_at, times: { active_ms: draft.active_ms }, other };
}
const timesOf = (times) => ({ active_ms: times?.active_ms ?? 0, idle_ms: times?.idle_ms ?? 0 });
