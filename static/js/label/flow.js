// From item to item: the next one is shown while the last answer is still on its way. What the server refuses comes
// back to the desk with everything that was on it.

import { parse, queue } from "./ahead.js";
import { fresh, wake } from "./awake.js";
import { interlude } from "./interlude.js";
import { openItem } from "./item.js";
import { fragment, Refused, SignedOut, Silence } from "./net.js";
import { showReveal } from "./reveal.js";
import { announce, element, hush, status, toast } from "./say.js";
import { keepAnswer, sender } from "./sending.js";
import { signInSheet } from "./signin.js";
import { handedBack } from "./spent.js";
import { draft, dropDraft } from "./store.js";
import { gettext, ngettext } from "./words.js";

const LONGEST = 60;
const CLOSED = new Set(["undo_closed", "batch_not_open", "not_allowed", "not_found"]);
const ANSWERED = new Set(["already_submitted", "submission_reused", "already_revised"]);

const start = document.getElementById("desk");
const page = { ...start?.dataset }; // addresses and the person, the same for every item of the batch
const sent = new Map(); // items whose answer is on its way, by submission
export const onItsWay = (item) => sent.has(item.submission);
export const calledBack = (item) => sent.delete(item.submission);
const progress = { done: 0, total: 0, more: false };

let turn = 0; // whoever waits for an item gives up when something else came to the desk

// busy: nothing can be answered now. arrived: when the item on the desk came. typed: when something was taken
// away while it was worked on; the keys that still come are not meant for what is there now.
export const flow = { current: null, page, busy: false, typed: 0, arrived: 0, stopping: null, then: null, onSent: () => {} };
const careful = Boolean(page.category) || page.mode === "calibration";

export const outbox = sender(page.person, { onSettled: settled, onSignedOut: signIn, onState: line });
export const ahead = queue({
  url: page.next, careful,
  taken: () => [flow.current?.token, ...outbox.tokens(), ...handedBack(page.person), ...[...sent.values()].map((item) => item.token)].filter(Boolean),
});
const hooks = { onLost, onSignedOut: signIn };

export function signIn() {
  const login = page.login ?? "/login/";
  flow.current?.store();
  signInSheet({ login, user: page.user ?? "", again: flow.asked }, async () => {
    await outbox.flush();
    flow.asked = true;
    if (flow.waiting) next();
  });
}

// ---------- what is on the desk ----------

// An item whose answer is on its way takes nothing more; the way out stays open.
function asleep(item, on) {
  for (const part of item.desk.children) if (!part.matches(".top")) part.inert = on;
}
function place(desk) {
  for (const part of desk.children) part.inert = false;
  const old = document.getElementById("desk");
  desk.id = "desk";
  if (old !== desk) old.replaceWith(desk);
}
function paint() {
  const box = flow.current?.desk.querySelector(".progress");
  if (!box) return;
  Object.assign(box.querySelector("progress"), { value: progress.done, max: progress.total });
  box.querySelector(".num").textContent = progress.more
    ? gettext("{done} of at least {total}", progress)
    : gettext("{done} of {total}", progress);
}
function count({ done, total, more }) {
  progress.done = Math.max(progress.done, Number(done) || 0);
  progress.total = Math.max(progress.done, Number(total) || 0);
  progress.more = Boolean(more);
  paint();
}
function settle(item) {
  turn += 1;
  flow.arrived = performance.now();
  item.acted = false;
  fresh(item.desk);
  flow.current = item;
  flow.busy = flow.waiting = false;
  paint();
  item.desk.querySelector("#main").classList.add("arrive");
  if (!item.desk.contains(document.activeElement)) item.desk.querySelector("#main").focus({ preventScroll: true });
  scrollTo(0, 0);
  announce(item.desk.querySelector(".progress .num").textContent);
  item.desk.dispatchEvent(new CustomEvent("begin"));
  after();
}
// What was asked for while nothing could be done.
function after() {
  const { then } = flow;
  flow.then = null;
  if (then) setTimeout(then);
}
export function arrive(desk, saved) {
  place(desk);
  const item = openItem(desk, saved, hooks);
  desk.addEventListener("decided", () => flow.onDecided?.(item));
  count(desk.dataset);
  settle(item);
  return item;
}
export function comeBack(item) {
  place(item.desk);
  item.go();
  settle(item);
}
export function park() {
  const item = flow.current;
  if (!item) return;
  if (!item.done) {
    item.stop({ keep: true });
    ahead.back(item);
  }
  flow.current = null;
}
function show(desk) {
  flow.current = null;
  flow.busy = false;
  place(desk);
  desk.querySelector("main")?.focus();
  announce(desk.querySelector("h1, .nothing p")?.textContent ?? "");
  after();
}
const copyOf = (name) => document.getElementById(name).content.firstElementChild.cloneNode(true);

// ---------- the next item ----------

// `last`: the page held nothing else when the server was asked before.
export async function next({ not = null, wait = 1, last = false } = {}) {
  const mine = ++turn;
  flow.busy = true;
  const entry = ahead.take();
  if (entry?.item) return comeBack(entry.item);
  if (entry) return begun(arrive(entry.desk, entry.saved));
  flow.current = null;
  try {
    await ahead.settled();
    if (mine !== turn) return undefined;
    const late = ahead.take();
    if (late) return late.item ? comeBack(late.item) : begun(arrive(late.desk, late.saved));
    const held = ahead.have();
    const came = await ahead.fetchOne(held);
    if (mine !== turn) return undefined; // its lease is held: it comes when it is asked for again
    if (!came) return nothing(mine, held.length > 0 && !last);
    if (came.interlude) return show(came.interlude), interlude(came.interlude);
    if (not && came.desk.dataset.task === not) return location.assign(page.work);
    ahead.drop(came.token); // the same one may have come both ways
    return begun(arrive(came.desk, came.saved));
  } catch (error) {
    if (mine !== turn) return undefined;
    if (error instanceof SignedOut) return (flow.waiting = true), signIn();
    if (error instanceof Refused) return elsewhere(mine);
    if (!(error instanceof Silence)) throw error;
    if (!document.querySelector("[data-waiting]")) show(copyOf("waiting"));
    flow.busy = true;
    flow.waiting = true;
    clearTimeout(flow.timer);
    flow.timer = setTimeout(() => flow.waiting && next({ not, wait: Math.min(LONGEST, wait * 2) }), wait * 1000);
    return undefined;
  }
}
addEventListener("online", () => flow.waiting && (clearTimeout(flow.timer), next()));

function begun(item) {
  item.lease.begin();
  ahead.more();
}
// The server's own words say why there is nothing; but not before it has the answers that are still here.
async function elsewhere(mine) {
  await drained(mine);
  if (mine === turn) location.reload();
}
// What the rater gave back comes again only to a page that holds nothing else: with answers under way that is early.
async function nothing(mine, early) {
  if (early || outbox.waiting()) {
    await drained(mine);
    return mine === turn ? next({ last: true }) : undefined;
  }
  return page.category ? location.reload() : show(copyOf("nothing"));
}
async function drained(mine) {
  while (mine === turn && outbox.waiting()) {
    if (!document.querySelector("[data-waiting]") && flow.offline) show(copyOf("waiting"));
    await new Promise((done) => { flow.drain = done; setTimeout(done, 1000); });
  }
}

// Somebody else has the item, or it was answered in another tab: who has not begun it goes on; who has, is told.
function onLost(item, error, verb) {
  if (item.revises) return undefined; // asked before it was sent: the answer that is there is the one being changed
  if (item !== flow.current || item.done) return ahead.drop(item.token);
  if (!item.touched && verb !== "keep") {
    item.stop();
    return next();
  }
  if (item.onEnter) return undefined; // it is being asked about something already
  item.lease.stop();
  if (error.code === "already_submitted") return item.note(gettext("You have answered this item in another tab. If you submit here, it changes that answer."));
  if (error.code === "not_found" || error.code === "rubric_changed") return item.note(error.message);
  return item.note(gettext("Somebody else has taken this item. If you submit, your answer is kept as an extra opinion."));
}

// ---------- what became of an answer ----------

export function send(item, { stop = false } = {}) {
  const { token, task, key, revises, desk } = item;
  item.done = true;
  asleep(item, true);
  item.stop({ keep: true });
  item.given = item.answer();
  sent.set(item.submission, item);
  const url = revises ? `/api/v1/judgments/${revises}/revise` : `/api/v1/assignments/${token}/submit`;
  const entry = { url, token, task, key, revises, person: page.person, batch: page.batch, body: item.body(), answer: item.given, at: Date.now() };
  status(gettext("Sending"));
  flow.stopping = stop ? item.submission : null;
  const stays = stop || (page.mode === "calibration" && !revises);
  outbox.add(entry).then((kept) => kept || toast(gettext("This browser keeps nothing. Leave this page open until your answers are sent"), { seconds: 0, name: "unkept" }));
  if (stays) flow.busy = true;
  else next();
  desk.dispatchEvent(new CustomEvent("sent"));
}

async function settled(entry, { data, error }, elsewhereSent) {
  const { submission } = entry.body;
  const item = sent.get(submission);
  sent.delete(submission);
  flow.drain?.();
  if (error) return item || !elsewhereSent ? refused(entry, item, error) : undefined;
  if (item) item.judgment = data.judgment;
  await dropDraft(entry.key);
  if (entry.batch === page.batch && data.progress) count(data.progress);
  if (!item) return sentElsewhere(entry);
  status(gettext("Sent"));
  if (data.surplus) toast(data.message, { name: "surplus", seconds: 12 });
  else if (page.mode !== "calibration") flow.onSent(item);
  if (flow.stopping === submission) return location.assign(page.work);
  // Not waited for: other answers are sent while somebody reads, and while items are fetched.
  if (page.mode === "calibration" && !item.revises) return void onward(data.reveal);
  return void ahead.more();
}
async function onward(url) {
  if (url) await showReveal(url, page.person);
  return next();
}
// Another tab, or an earlier page, has sent the answer to an item that waits or lies here.
function sentElsewhere({ token, revises }) {
  if (revises) return;
  ahead.drop(token);
  const here = flow.current;
  if (here?.token !== token || here.revises || here.done) return;
  if (here.touched) return void here.keep(); // the draft that went with the other answer
  here.stop();
  next();
}

// Something comes over what is being worked on: the keys that are still pressed were meant for that.
function startle() {
  if (flow.current?.acted || document.activeElement?.matches("textarea")) flow.typed = performance.now();
}

async function refused(entry, item, error) {
  const back = item ?? (await fetched(entry));
  if (!back) {
    if (flow.current?.token !== entry.token) await keepAnswer(entry);
    return toast(gettext("An answer was not taken: {message} What you gave is kept on this device.", { message: error.message }), { seconds: 0, name: "refused" });
  }
  flow.stopping = null;
  if (flow.current !== back) {
    startle();
    park();
    comeBack(back);
  } else {
    asleep(back, false);
    back.go();
  }
  flow.busy = false;
  status(gettext("Not sent"));
  if (ANSWERED.has(error.code)) return instead(back, entry, error);
  if (CLOSED.has(error.code)) return closed(back, entry, error);
  back.keep();
  const [field, texts] = Object.entries(error.fields ?? {})[0] ?? [];
  const why = [texts].flat().find((text) => typeof text === "string");
  back.say(why && !error.message.includes(why) ? `${error.message} ${why}` : error.message, true);
  if (field && !back.parts.some((part) => part.show?.(field))) back.gaps().find((gap) => gap.field === field)?.go();
  return undefined;
}
// The page was loaded anew since: the item comes from the server once more, the answer from the outbox.
async function fetched(entry) {
  if (flow.current?.token === entry.token && !flow.current.revises) {
    if (flow.current.touched) return void flow.current.offer(gettext("An answer that you gave earlier was not taken."), entry.answer);
    flow.current.restore(entry.answer);
    return flow.current;
  }
  if (entry.batch !== page.batch || entry.revises) return null;
  try {
    const came = await ahead.fetchOne(ahead.have().filter(([, token]) => token !== entry.token));
    if (came?.token !== entry.token) return null;
    startle();
    park();
    return arrive(came.desk, { submission: entry.body.submission, token: entry.token, answer: entry.answer, known: null, at: 0 });
  } catch {
    return null;
  }
}

// An answer is there already. Nothing is overwritten unasked: this one can become a correction of it.
function instead(item, entry, error) {
  const onward = () => (item.note(""), item.stop(), dropDraft(item.key), next());
  if (item.again) return correct(item);
  const act = [gettext("Send this as a correction"), () => correct(item)];
  return item.note(error.message, [act, [gettext("Next item"), onward, "⏎"]], onward);
}
async function correct(item) {
  item.note("");
  flow.busy = true;
  try {
    const html = await fragment(page.reopen, [["token", item.token]]);
    const revising = arrive(parse(html), null);
    revising.restore(item.answer());
    item.stop();
    dropDraft(item.key);
    send(revising);
  } catch (error) {
    flow.busy = false;
    if (error instanceof SignedOut) return signIn();
    item.note(error instanceof Refused ? error.message : gettext("The server does not answer. Your answer is safe on this device. Try again."),
      [[gettext("Next item"), () => (item.note(""), next()), "⏎"]], () => (item.note(""), next()));
  }
  return undefined;
}
function closed(item, entry, error) {
  const onward = () => (item.note(""), item.stop(), next());
  const { text, improved, rationale } = entry.answer;
  const words = [text, improved, rationale].filter(Boolean).join("\n\n");
  const copy = [gettext("Copy my text"), () => navigator.clipboard?.writeText(words)];
  item.keep();
  return item.note(error.message, [...(words ? [copy] : []), [gettext("Next item"), onward, "⏎"]], onward);
}

// ---------- the line ----------

function line({ offline, waiting, sent: back }) {
  const strip = document.getElementById("net");
  flow.offline = offline;
  clearTimeout(flow.strip);
  strip.hidden = !offline && !back;
  strip.classList.toggle("back", !offline);
  if (offline) {
    hush("sent");
    strip.textContent = waiting
      ? ngettext("Offline — {n} answer is safe on this device and will be sent later", "Offline — {n} answers are safe on this device and will be sent later", waiting)
      : gettext("Offline — what you do is kept on this device");
  } else if (back) {
    strip.textContent = ngettext("Back online — {n} answer sent", "Back online — {n} answers sent", back);
    flow.strip = setTimeout(() => (strip.hidden = true), 6000);
    ahead.more();
  }
}

// ---------- the beginning ----------

export async function open() {
  const item = start?.dataset.assignment ? arrive(start) : null;
  if (item) wake(start); // it came with the page, after no press
  const [left, saved] = await Promise.all([outbox.load(), item && draft(item.key)]);
  if (item && left.some((entry) => entry.token === item.token && !entry.revises) && !item.touched) {
    item.stop();
    outbox.flush();
    return next();
  }
  item?.adopt(saved);
  if (left.length) outbox.flush();
  // The page that was here before may have sent this very item's answer after the server drew it: beginning tells.
  return item && begun(item);
}
