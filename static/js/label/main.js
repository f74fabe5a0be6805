// The label page: takes keys and clicks to the open item, sends what it gives, brings the next one.

import { newKey, openItem } from "./item.js";
import { meaning, sheet } from "./keys.js";
import { fragment, post, SignedOut, Silence } from "./net.js";
import { announce, element, status, toast } from "./say.js";
import { sender } from "./sending.js";
import { forgetOldDrafts } from "./store.js";

const TWICE = 800; // ms within which a second Esc leaves the item
const MOVE_ON = new Set(["already_submitted", "lease_lost", "not_found"]);
const FIELDS = { value: "grade", ranking: "grade", text: "grade", rationale: "more", reasons: "more" };

let current = openItem(document.getElementById("desk"));
let parked = null; // the item that waits while an earlier one is reopened
let last = null;   // { item, judgment } of the last submission
let busy = false;
let paused = false;
let stopAfter = false;
let lastEscape = -TWICE;

const person = current.desk.dataset.person;
const workPage = current.desk.dataset.work;
const outbox = sender(person, { onSettled: settled, onSignedOut: signIn });

function put(item) {
  document.getElementById("desk").replaceWith(item.desk);
  current = item;
  item.more?.begin();
  busy = paused = false;
}

function arrive(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const desk = template.content.firstElementChild;
  document.getElementById("desk").replaceWith(desk);
  put(openItem(desk));
  desk.querySelector("#main").classList.add("arrive");
  if (current.kind !== "demonstration") desk.querySelector("#main").focus({ preventScroll: true });
  scrollTo(0, 0);
  announce(desk.querySelector(".progress .num").textContent);
}

function nothingLeft() {
  const desk = document.getElementById("nothing").content.firstElementChild.cloneNode(true);
  desk.id = "desk";
  document.getElementById("desk").replaceWith(desk);
  desk.querySelector("main").focus();
  current = null;
  busy = false;
}

async function advance({ not = null, wait = 1 } = {}) {
  const desk = current?.desk ?? last.item.desk;
  try {
    const html = await fragment(desk.dataset.next);
    if (html === null) return nothingLeft();
    arrive(html);
    if (not && current.desk.dataset.task === not) {
      await post(`/api/v1/assignments/${current.token}/release`);
      location.assign(workPage);
    }
  } catch (error) {
    if (error instanceof SignedOut) return signIn();
    if (!(error instanceof Silence)) throw error;
    status("Offline — the next item comes when the server answers");
    setTimeout(() => advance({ not, wait: Math.min(60, wait * 2) }), wait * 1000);
  }
  return undefined;
}

function submit({ stop = false } = {}) {
  if (!current || busy || paused) return;
  if (current.onEnter) return void current.onEnter();
  const gaps = current.gaps();
  if (gaps.length) {
    const left = gaps.length === 1 ? "One thing left" : `${gaps.length} things left, first`;
    current.say(`${left}: ${gaps[0].text}. Nothing was sent.`, true);
    gaps[0].go();
    return;
  }
  const [unread] = current.more?.reason() ? [] : current.reading.unread();
  if (unread && !current.asked) {
    current.asked = true;
    const show = () => (current.note(""), current.reading.showEnd(unread));
    current.note(`You have not reached the end of ${unread}.`, [["Show", show], ["Submit anyway", () => submit({ stop }), "⏎"]]);
    return;
  }
  busy = true;
  stopAfter = stop;
  current.store();
  status("Sending");
  const { token, revises } = current;
  const url = revises ? `/api/v1/judgments/${revises}/revise` : `/api/v1/assignments/${token}/submit`;
  outbox.add({ url, token, body: current.body() });
}

async function settled(entry, { data, error }) {
  if (!current || entry.body.submission !== current.submission) {
    if (error) toast(error.message, { seconds: 12 });
    return undefined;
  }
  if (!error) return sent(data);
  status("Not sent");
  if (MOVE_ON.has(error.code)) {
    const next = () => (current.note(""), advance());
    const copy = ["Copy my text", () => navigator.clipboard?.writeText(entry.body.text)];
    current.note(error.message, [...(entry.body.text ? [copy] : []), ["Next item", next, "⏎"]], next);
    if (error.code === "already_submitted") current.forget();
    busy = false;
    return undefined;
  }
  busy = false;
  if (error.code === "submission_reused") current.submission = newKey();
  const field = Object.keys(error.fields ?? {})[0];
  current.say(error.message, true);
  current[FIELDS[field]]?.go();
  return undefined;
}

function sent(data) {
  current.forget();
  current.stop();
  status("Sent");
  last = { item: current, judgment: data.judgment };
  if (stopAfter) return location.assign(workPage);
  if (current.kind !== "demonstration") toast("Sent", { action: "Undo", key: "U", run: reopen, seconds: 10, name: "sent" });
  else toast("Sent", { name: "sent", seconds: 4 });
  if (!current.revises || !parked) return advance();
  const item = parked;
  parked = null;
  put(item);
  item.clock.go();
  item.lease.go();
  return undefined;
}

function reopen() {
  if (busy || current?.revises) return;
  if (!last) return void toast("There is nothing to reopen since this page was loaded");
  if (last.item.kind === "demonstration") return void toast("A text that was sent cannot be reopened here. Ask a lead");
  parked = current;
  parked?.stop();
  put(last.item);
  current.revises = last.judgment;
  current.submission = newKey();
  current.clock.go();
  current.note("You are changing your last answer. The new one counts; both are kept.", [["Leave it as it was", keepOld]]);
  announce("Your last answer is open again.");
}

function keepOld() {
  current.stop();
  current.revises = null;
  const item = parked;
  parked = null;
  if (!item) return void advance();
  put(item);
  item.clock.go();
  item.lease.go();
}

function pause() {
  if (!current) return;
  paused = !paused;
  current.desk.classList.toggle("is-paused", paused);
  const cover = current.desk.querySelector("[data-pause]");
  cover.hidden = !paused;
  current.clock.pause(paused);
  (paused ? cover.querySelector("button") : current.desk.querySelector("#main")).focus();
}

async function leave() {
  if (!current) return location.assign(workPage);
  if (current.revises) return keepOld();
  if (busy) return location.assign(workPage);
  busy = true;
  current.desk.classList.add("is-paused"); // cover first, ask the server after
  if (current.kind === "demonstration") current.store(); // written text stays on this device, should the item return
  else current.forget();
  current.stop();
  toast("The item went back. Nothing was sent, and no reason is asked", { name: "sent" });
  await post(`/api/v1/assignments/${current.token}/release`).catch(() => null); // else the lease runs out by itself
  return advance({ not: current.desk.dataset.task });
}

function signIn() {
  const link = element("a", { className: "btn primary", href: current.desk.dataset.login, textContent: "Sign in" });
  const dialog = element("dialog", { className: "sheet narrow" }, element("div", { className: "stack" },
    element("h2", { textContent: "You are signed out" }),
    element("p", { textContent: "Your answer is safe on this device. Sign in, and it is sent from here." }), link));
  current.store();
  document.body.append(dialog);
  dialog.showModal();
}

function guide() {
  const drawer = current?.desk.querySelector("[data-guide]");
  if (drawer?.open) drawer.close();
  else drawer?.showModal();
}

const ACTS = { pause, guide, leave, undo: reopen, sheet: () => sheet(current?.kind ?? "pairwise"), submit, keep: () => current.lease.keep() };
for (const act of ["cant", "flag", "bad"]) ACTS[act] = () => current.more?.[act]();
for (const act of ["view", "together", "turns"]) ACTS[act] = () => current.reading[act]();
for (const act of ["tie", "worst", "back", "up", "down"]) ACTS[act] = () => current.grade[act]?.();
ACTS.reason = () => current.more?.toReason();
ACTS.digit = (n) => current.more?.digit(n) || current.grade.digit?.(n);
ACTS.same = () => current.more?.digit(0) || current.grade.same?.();

const TEXT = "textarea, select, input:not([type=radio], [type=checkbox])";
const SCROLLS = "[tabindex='0'], [type=radio]";

function onEscape(event) {
  const twice = performance.now() - lastEscape < TWICE;
  lastEscape = twice ? -TWICE : performance.now();
  if (!twice) {
    current?.more?.close();
    if (event.target.matches(TEXT)) event.target.blur();
    return;
  }
  event.preventDefault();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  leave();
}

function onEnter(event, typing) {
  const chord = event.ctrlKey || event.metaKey;
  if (!chord && (typing || event.target.closest("button, a, summary"))) return;
  event.preventDefault();
  if (!event.repeat) submit({ stop: event.shiftKey });
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const typing = event.target.matches(TEXT);
  const open = document.querySelector("dialog[open]");
  if (event.key === "Escape" && !event.repeat) return void onEscape(event);
  if (event.key === "Enter") return void (open || onEnter(event, typing));
  if (typing) return;
  const meant = meaning(event, current?.kind ?? "pairwise");
  if (!meant || (event.repeat && !event.key.startsWith("Arrow"))) return;
  if (open && !(meant.act === "guide" && open.dataset.guide !== undefined)) return;
  if (event.key.startsWith("Arrow") && event.target.matches(SCROLLS)) return;
  if (paused && !["pause", "leave"].includes(meant.act)) return;
  if (!current && !["undo", "sheet"].includes(meant.act)) return;
  if (busy && !["guide", "sheet", "pause"].includes(meant.act)) return;
  event.preventDefault();
  ACTS[meant.act](meant.digit);
});
const BUTTONS = new Set(["pause", "guide", "leave", "sheet", "turns", "cant", "flag", "worst", "back"]);
document.addEventListener("click", (event) => {
  const act = event.target.closest("[data-do]")?.dataset.do;
  if (BUTTONS.has(act)) ACTS[act]();
});
document.addEventListener("submit", (event) => {
  if (event.target.id !== "judgment") return;
  event.preventDefault();
  submit();
});
addEventListener("pagehide", () => current?.store());

forgetOldDrafts();
if (outbox.waiting()) {
  busy = true;
  outbox.flush().then(() => { if (!outbox.waiting()) busy = false; });
}
