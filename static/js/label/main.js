// The label page: takes keys and clicks to the open item. What is sent and what comes next is flow.js.

import { awake, fresh } from "./awake.js";
import { flow, next, open, outbox, send } from "./flow.js";
import { meaning, sheet, submitsByEnter } from "./keys.js";
import { toast } from "./say.js";
import { handBack } from "./spent.js";
import { forgetOldDrafts } from "./store.js";
import { keepOld, offer, remember, undo } from "./undo.js";
import { gettext, ngettext } from "./words.js";

const TWICE = 800; // ms within which a second Esc leaves the item
const TOO_SOON = 300; // ms in which a grade that would send itself is more likely a second press than an opinion
const REST = 1000; // ms without a key, after which keys are meant for what is on the desk
let lastEscape = -TWICE;

function submit({ stop = false, sure = false } = {}) {
  const item = flow.current;
  if (!item || flow.busy || item.paused) return undefined;
  if (item.onEnter) return item.onEnter();
  const gaps = item.gaps();
  if (gaps.length) {
    const text = gaps[0].text;
    item.say(ngettext("One thing left: {text}. Nothing was sent.", "{n} things left, first: {text}. Nothing was sent.", gaps.length, { text }), true);
    return gaps[0].go();
  }
  // What came complete, a draft or an answer that returned, is not sent by the second press of the one before.
  if (!item.acted && !sure && !awake(item.desk)) return undefined;
  const judging = !item.parts.some((part) => part.replaces?.());
  const asked = sure || (item.asked && awake(item.desk));
  const [unread] = judging && !asked ? item.sight?.unread() ?? [] : [];
  if (unread) {
    if (!item.asked) fresh(item.desk);
    item.asked = true; // once: the next Enter submits
    const show = () => (item.note(""), item.sight.showEnd(unread));
    return item.note(gettext("You have not opened the rest of {answer}.", { answer: unread }), [[gettext("Show"), show], [gettext("Submit anyway"), () => submit({ stop, sure: true }), "⏎"]]);
  }
  item.note("");
  remember(item);
  return send(item, { stop });
}
flow.onSent = offer;
flow.onDecided = (item) => {
  if (item === flow.current && performance.now() - flow.arrived > TOO_SOON) submit();
};

function pause() {
  const item = flow.current;
  if (!item) return;
  item.paused = !item.paused;
  item.desk.classList.toggle("is-paused", item.paused);
  const cover = item.desk.querySelector("[data-pause]");
  cover.hidden = !item.paused;
  item.clock.pause(item.paused);
  (item.paused ? cover.querySelector("button") : item.desk.querySelector("#main")).focus();
}

async function leave() {
  const item = flow.current;
  if (!item || flow.busy) return location.assign(flow.page.work);
  if (item.revises) return keepOld();
  flow.busy = true;
  item.desk.classList.add("is-paused"); // cover first, ask the server after
  item.desk.dispatchEvent(new CustomEvent("leave"));
  const { text, rationale, improved } = item.answer();
  await (text || rationale || improved ? item.leaveWords() : item.forget()); // words stay here, should the item return
  item.done = true;
  item.stop();
  toast(gettext("The item went back. Nothing was sent, and no reason is asked"), { name: "sent" });
  const { active_ms, idle_ms } = item.times();
  await handBack(flow.page.person, item.token, { active_ms, idle_ms });
  return flow.current === item ? next({ not: item.task }) : undefined; // a refused answer may have come back meanwhile
}
document.addEventListener("quit", async () => {
  const item = flow.current;
  flow.busy = true;
  item.done = true; // its beginning may still be under way: what the server says of it then begins nothing else
  item.stop();
  const { active_ms, idle_ms } = item.times();
  await handBack(flow.page.person, item.token, { active_ms, idle_ms });
  location.assign(flow.page.work);
});

function guide() {
  const drawer = flow.current?.desk.querySelector("[data-guide]");
  if (drawer?.open) drawer.close();
  else drawer?.showModal();
}

const ACTS = { pause, guide, leave, undo, submit: () => submit(), sheet: () => sheet(flow.current?.kind ?? "pairwise"), keep: () => flow.current.revises || flow.current.lease.keep() };
ACTS.digit = (n) => flow.current.digit(n);
ACTS.same = () => flow.current.digit(0) || flow.current.act("same")?.();
const OWN = new Set(["pause", "leave", "undo", "submit", "digit", "same", "keep", "sheet"]);
function run(act, n) {
  const part = OWN.has(act) ? null : flow.current?.act(act);
  return (part ?? ACTS[act])?.(n);
}

const TEXT = "textarea, select, input:not([type=radio], [type=checkbox])";
const SCROLLS = "[tabindex='0'], [type=radio]";

function onEscape(event) {
  const twice = performance.now() - lastEscape < TWICE;
  lastEscape = twice ? -TWICE : performance.now();
  if (!twice) {
    flow.current?.close();
    if (event.target.matches(TEXT)) event.target.blur();
    return;
  }
  event.preventDefault();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  leave();
}
function onEnter(event, typing) {
  const chord = event.ctrlKey || event.metaKey;
  const native = event.target.closest("button, a, summary");
  if (chord && event.target.closest("a[href], #toasts button")) return; // that is how a link in an answer is opened
  const stops = event.shiftKey && native?.form?.id === "judgment" && native.type === "submit"; // as from anywhere else
  if (!chord && (typing || !submitsByEnter() || (native && !stops))) return;
  event.preventDefault();
  if (!event.repeat) submit({ stop: event.shiftKey });
}

// The keys of a text that was taken away in the middle: until there is a moment's rest, or another field.
function typedOn(event) {
  const on = event.timeStamp - flow.typed < REST && !event.target.matches(TEXT);
  flow.typed = on ? event.timeStamp : 0;
  return on;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || document.querySelector(".sign-in")) return;
  if (flow.typed && !["Escape", "Tab"].includes(event.key) && typedOn(event)) return void event.preventDefault();
  if (flow.current) flow.current.inputs.keys += 1;
  const typing = event.target.matches(TEXT);
  const dialog = document.querySelector("dialog[open]");
  if (event.key === "Escape" && !event.repeat) return void onEscape(event);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey || submitsByEnter())) return void (dialog || onEnter(event, typing));
  if (event.key === "Enter" && event.target.matches("#judgment input, [form=judgment]:not(button)")) event.preventDefault(); // another key submits
  if (typing) return;
  const kind = flow.current?.kind ?? "pairwise";
  const meant = meaning(event, kind);
  if (!meant || (event.repeat && !event.key.startsWith("Arrow"))) return;
  if (dialog && !(meant.act === "guide" && dialog.dataset.guide !== undefined)) return;
  if (event.key.startsWith("Arrow") && event.target.matches(SCROLLS)) return;
  if (flow.current?.paused && !["pause", "leave"].includes(meant.act)) return;
  if (!flow.current && !["undo", "sheet"].includes(meant.act)) return;
  if (flow.busy && !["guide", "sheet", "pause", "undo"].includes(meant.act)) return;
  event.preventDefault();
  run(meant.act, meant.digit);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button && flow.current?.desk.contains(button)) run(button.dataset.do);
});
document.addEventListener("submit", (event) => {
  if (event.target.id !== "judgment") return;
  event.preventDefault();
  submit();
});
document.addEventListener("pointerdown", (event) => {
  if (flow.current) flow.current.inputs[event.pointerType === "touch" ? "touch" : "pointer"] += 1;
}, { passive: true });

// The page may be gone in a moment, or come back from the browser's memory with an item that went elsewhere meanwhile.
addEventListener("pagehide", () => flow.current?.away());
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && flow.current?.away());
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  if (!flow.current || flow.current.done) return void location.reload();
  outbox.flush();
  if (!flow.current.revises) flow.current.lease.begin();
});

forgetOldDrafts();
open();
