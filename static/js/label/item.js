// One item on the desk: its grade, what stands beside it, its draft, its clock. Knows nothing of other items.

import { clock } from "./clock.js";
import { demonstration } from "./demonstration.js";
import { extras } from "./extras.js";
import { lease } from "./lease.js";
import { pairwise } from "./pairwise.js";
import { ranking } from "./ranking.js";
import { reading } from "./reading.js";
import { element, status, toast } from "./say.js";
import { draft, dropDraft, keepDraft } from "./store.js";

const KINDS = { pairwise, ranking, demonstration };
const DRAFT_AFTER = 150;

export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

export function openItem(desk) {
  const { kind, task, assignment: token } = desk.dataset;
  const message = desk.querySelector("[data-message]");
  const note = desk.querySelector("[data-note]");
  const buttons = [...desk.querySelectorAll("button[type=submit]")];
  let timer = null;

  const item = { desk, kind, token, submission: desk.dataset.submission, revises: null, asked: false, onEnter: null };
  item.grade = KINDS[kind](desk, () => item.changed());
  item.more = kind === "demonstration" ? null : extras(desk, item.grade, () => item.changed());
  item.reading = reading(desk);
  item.clock = clock(desk);
  item.lease = lease(desk, token);

  const given = () => ({ ...item.grade.answer(), ...item.more?.answer() });
  function store() {
    clearTimeout(timer);
    timer = null;
    keepDraft(task, { submission: item.submission, answer: given() });
    status("Saved");
  }
  item.changed = () => {
    clearTimeout(timer);
    timer = setTimeout(store, DRAFT_AFTER);
    item.say("");
    item.ready();
  };
  item.store = () => timer && store();
  item.forget = () => (clearTimeout(timer), (timer = null), dropDraft(task));

  // What is missing, in the order in which to ask for it: [{ text, go }]
  item.gaps = () => {
    const judged = item.more?.reason() ? null : item.grade.missing();
    const gaps = [{ text: judged, go: item.grade.go }, { text: item.more?.missing() ?? null, go: item.more?.go }];
    return gaps.filter((gap) => gap.text);
  };
  item.body = () => {
    const { places, ...answer } = given();
    if (answer.cant_judge) Object.assign(answer, { value: null, ranking: null });
    const times = { active_ms: Math.round(item.clock.active), wall_ms: item.clock.wall };
    return { submission: item.submission, ...answer, ...times };
  };
  item.ready = () => {
    const wait = item.gaps().length > 0;
    for (const button of buttons) {
      button.classList.toggle("wait", wait);
      button.classList.toggle("primary", !wait);
    }
  };
  item.say = (text, bad = false) => message.replaceChildren(...(text ? [element("span", { className: bad ? "err" : "", textContent: text })] : []));
  item.note = (text, actions = [], onEnter = null) => {
    item.onEnter = onEnter;
    note.hidden = !text;
    if (!text) return;
    const acts = actions.map(([words, run, key]) => {
      const button = element("button", { type: "button", className: "btn", textContent: words, onclick: run });
      if (key) button.append(" ", element("kbd", { textContent: key }));
      return button;
    });
    const line = element("div", { className: "note" }, element("span"), element("p", { textContent: text }), element("span", { className: "acts" }, ...acts));
    note.replaceChildren(line);
  };
  item.stop = () => (item.clock.stop(), item.lease.stop());

  const saved = draft(task);
  if (saved) {
    item.submission = saved.submission;
    item.grade.restore(saved.answer);
    item.more?.restore(saved.answer);
    const time = new Date(saved.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    toast(`Restored your unfinished answer from ${time}`);
  }
  item.ready();
  item.grade.begin?.();
  return item;
}
