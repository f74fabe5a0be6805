// Paid time beside answers: the guide open, a pause, feedback read, an item that was handed back. It is written down
// on this device first and sent when the server answers; under its own key it counts once, however often it is sent.

import { post } from "./net.js";
import { read, write } from "./store.js";

const LEAST = 1000;
const MOST = 200;
const TIME = "/api/v1/time";
let running = null;
let whose = null; // the person for whom the line is watched

const place = (person) => `time.${person}`;
const newKey = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`;

const waiting = (person) => read(place(person), []);

// What is added while something is on its way goes out as well.
async function send(person) {
  for (let [first] = waiting(person); first; [first] = waiting(person)) {
    await post(first.url ?? TIME, first);
    const rest = waiting(person).filter((one) => one.key !== first.key);
    write(place(person), rest.length ? rest : null);
  }
}
export function add(person, entry) {
  write(place(person), [...waiting(person), { key: newKey(), ...entry }].slice(-MOST));
  return sendTime(person);
}

// Send what waits. Silence leaves it for the next time; a refusal is an answer.
export function sendTime(person) {
  whose = person;
  running ??= send(person).catch(() => null).finally(() => (running = null));
  return running;
}

// activity: instructions, break or feedback; target: "batch:7".
export function spend(person, activity, ms, target) {
  if (ms < LEAST) return;
  add(person, { activity, ms: Math.round(ms), target });
}
// An item goes back with what it took; without a line as soon as there is one. → when the server knows, or does not answer
export const handBack = (person, token, times) => add(person, { url: `/api/v1/assignments/${token}/release`, token, ...times });
// Leases that the server believes to be here still.
export const handedBack = (person) => waiting(person).flatMap((one) => one.token ?? []);
addEventListener("online", () => whose && sendTime(whose));
