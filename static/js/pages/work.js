// My work: Enter goes on with the work that is waiting; what was answered and not yet sent goes out from here as
// well; and whoever leaves the page open is told of new work and messages, without the page changing under them.

import { sendWaiting } from "../label/sending.js";
import { sendTime } from "../label/spent.js";
import { gettext, ngettext } from "../label/words.js";

const EVERY = 60_000;
const main = document.getElementById("main");
const go = document.querySelector("[data-enter]");
const had = new Set(main.dataset.had.split(" ").filter(Boolean));
const title = document.title;
let told = false;
let messagesSeen = null;

document.addEventListener("keydown", (event) => {
  const idle = event.target === document.body || event.target === main;
  const plain = !event.repeat && !event.shiftKey && !event.ctrlKey && !event.metaKey;
  if (event.key === "Enter" && idle && go && plain) go.click();
});

function tell(words) {
  const line = document.querySelector("[data-new]");
  line.hidden = false;
  line.querySelector("[data-new-words]").textContent = words;
  if (!("notify" in main.dataset) || told) return;
  told = true;
  if (document.visibilityState === "hidden" && globalThis.Notification?.permission === "granted") new Notification(gettext("My work"), { body: words });
}

async function look() {
  let now;
  try {
    const response = await fetch(main.dataset.waiting, { headers: { Accept: "application/json" }, redirect: "manual" });
    if (!response.ok) return;
    now = await response.json();
  } catch {
    return; // no answer now: ask again later
  }
  const fresh = now.batches.filter((pk) => !had.has(String(pk))).length;
  messagesSeen ??= now.messages;
  const letters = Math.max(0, now.messages - messagesSeen);
  if (!fresh && !letters) return;
  const n = fresh + letters;
  if ("notify" in main.dataset) document.title = `(${n}) ${title}`;
  tell(fresh ? ngettext("{n} batch is waiting for you.", "{n} batches are waiting for you.", fresh)
    : ngettext("{n} new message.", "{n} new messages.", letters));
}

// The browser asks its own question once, when the wish is set, never by itself.
document.querySelector("[data-notify-form]")?.addEventListener("submit", async (event) => {
  if (event.target.elements.notify.value !== "1" || globalThis.Notification?.permission !== "default") return;
  event.preventDefault();
  await Promise.race([Notification.requestPermission(), new Promise((done) => setTimeout(done, 10_000))]).catch(() => null);
  event.target.submit();
});

async function sendAnswers() {
  const { sent, refused, left } = await sendWaiting(main.dataset.person);
  const words = [
    sent && ngettext("{n} answer that waited on this device was sent.", "{n} answers that waited on this device were sent.", sent),
    refused.length && ngettext("{n} answer was not taken: {message}", "{n} answers were not taken: {message}", refused.length, { message: refused[0]?.error.message }),
    left && ngettext("{n} answer is safe on this device and will be sent later.", "{n} answers are safe on this device and will be sent later.", left),
  ].filter(Boolean);
  const line = document.querySelector("[data-outbox]");
  line.hidden = words.length === 0;
  line.textContent = words.join(" ");
}

addEventListener("online", () => (sendAnswers(), sendTime(main.dataset.person)));
sendAnswers();
look();
setInterval(look, EVERY);
sendTime(main.dataset.person);
