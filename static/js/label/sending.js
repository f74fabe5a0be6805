// Nothing that was answered is lost: an answer is written to the outbox before it goes out, and leaves it
// only when the server has said something about it. The key of a submission never changes on a retry.
//
// An entry: { url, person, token, task, key (of its draft), body, answer (to restore), at, revises }.

import { post, SignedOut, Silence, speakFor } from "./net.js";
import { dropDraft, dropEntry, entriesOf, keepDraft, keepEntry } from "./store.js";

const LONGEST = 60;
const SOON = 1000; // ms that an answer takes to go out when nothing is wrong
const same = (entry) => (other) => other.body.submission === entry.body.submission;
const stamp = ({ body, at }) => `${body.submission} ${at}`; // an edited answer has the key of the first, and a later time

// One tab at a time sends, where the browser can tell; the server takes the same entry twice as once anyway.
const alone = (person, work) => (navigator.locks ? navigator.locks.request(`assay.outbox.${person}`, work) : work());

// Send what waits, oldest first. onAnswer(entry, { data, error }) says what came of each; `about(entry)` is told
// what goes out and says whether it still should. An answer that the server fails on does not hold up the others.
// Throws Silence, SignedOut.
async function deliver(person, beside, onAnswer, about = () => true) {
  const stored = await entriesOf(person);
  const entries = [...stored, ...beside.filter((entry) => !stored.some(same(entry)))].sort((a, b) => a.at - b.at);
  let failed = null;
  for (const entry of entries) {
    if (!about(entry)) continue;
    const waited = Date.now() - entry.at;
    if (entry.tried || waited > SOON) entry.body.offline_ms = Math.min(2 ** 31 - 1, waited);
    if (!entry.tried) await keepEntry({ ...entry, tried: true });
    entry.tried = true;
    let answer;
    try {
      answer = await post(entry.url, entry.body);
    } catch (error) {
      if (error.status !== 500) throw error;
      failed = error;
      continue;
    }
    await dropEntry(entry);
    await onAnswer(entry, answer);
  }
  if (failed) throw failed;
}

// What was refused while its item is not on a page is a draft again, for when the item comes back.
export const keepAnswer = ({ key, token, answer }) => keepDraft(key, { submission: null, token, answer, known: null, dirty: true });

// For other pages: send what this person left here. → { sent, refused, left }
export async function sendWaiting(person) {
  let sent = 0;
  const refused = [];
  speakFor(person);
  const note = async (entry, { error }) => {
    if (error) refused.push({ entry, error });
    else sent += 1;
    await (error ? keepAnswer(entry) : dropDraft(entry.key));
  };
  await alone(person, () => deliver(person, [], note)).catch((error) => {
    if (!(error instanceof Silence || error instanceof SignedOut)) throw error;
  });
  return { sent, refused, left: (await entriesOf(person)).length };
}

export function sender(person, { onSettled, onSignedOut, onState }) {
  const mine = [];
  const pulled = new Set();
  const channel = globalThis.BroadcastChannel ? new BroadcastChannel(`assay.${person}`) : null;
  let wait = 1;
  let timer = null;
  let running = null;
  let offline = false;
  let flying = null; // the key of the answer that is on its way

  const forget = (entry) => mine.splice(0, mine.length, ...mine.filter((one) => !same(entry)(one)));
  const state = (sent = 0) => onState({ offline, waiting: mine.length, sent });
  const about = (entry) => !pulled.has(stamp(entry)) && Boolean((flying = entry.body.submission));

  async function settle(entry, answer, elsewhere) {
    if (mine.some((one) => same(entry)(one) && one.at !== entry.at)) return; // edited since: that one is still to go
    forget(entry);
    await onSettled(entry, answer, elsewhere);
  }
  // → whether to look again for what was added meanwhile
  async function run() {
    let sent = 0;
    try {
      await alone(person, () => deliver(person, mine, async (entry, answer) => {
        wait = 1;
        sent += answer.error ? 0 : 1;
        channel?.postMessage({ entry, answer });
        await settle(entry, answer, false);
      }, about));
    } catch (error) {
      if (error instanceof SignedOut) return onSignedOut();
      if (!(error instanceof Silence)) throw error;
      offline = true;
      for (const entry of mine) entry.tried = true; // all of them wait, also what came while the first one was tried
      clearTimeout(timer);
      timer = setTimeout(flush, wait * 1000);
      wait = Math.min(LONGEST, wait * 2);
      return state();
    }
    const back = offline;
    offline = false;
    state(back ? sent : 0);
    return mine.length > 0;
  }
  function flush() {
    clearTimeout(timer);
    running ??= run().finally(() => (running = flying = null)).then((again) => (again ? flush() : undefined));
    return running;
  }

  channel?.addEventListener("message", ({ data }) => settle(data.entry, data.answer, true));
  addEventListener("online", flush);
  addEventListener("beforeunload", (event) => {
    if (mine.length) event.preventDefault();
  });
  return {
    flush,
    waiting: () => mine.length,
    tokens: () => mine.map((entry) => entry.token),
    // What an earlier page of this person left on this device.
    async load() {
      for (const entry of await entriesOf(person)) if (!mine.some(same(entry))) mine.push(entry);
      return [...mine];
    },
    async add(entry) {
      forget(entry);
      entry.tried = offline;
      mine.push(entry);
      const kept = await keepEntry(entry);
      flush();
      return kept;
    },
    // Take the newest answer back that is not on its way. It may have arrived before: its key stays the same.
    async pull() {
      const entry = mine.findLast((one) => !one.revises && one.body.submission !== flying);
      if (!entry) return null;
      pulled.add(stamp(entry));
      forget(entry);
      await dropEntry(entry);
      state();
      return entry;
    },
  };
}
