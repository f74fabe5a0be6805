// Back to what was sent: the last five answers, one further with each U. What has not gone out yet is simply taken
// back; what the server has is opened again, and a change of it is a new answer beside the old one.

import { draftKey, parse } from "./ahead.js";
import { arrive, calledBack, comeBack, flow, next, onItsWay, outbox, park, signIn } from "./flow.js";
import { keyOf } from "./keys.js";
import { fragment, Refused, SignedOut } from "./net.js";
import { announce, hush, toast } from "./say.js";
import { draft } from "./store.js";
import { gettext } from "./words.js";

const MOST = 5;
const LONG = 10;
const SHORT = 5; // seconds, where a grade sends itself
const history = []; // items sent from this page, the last one last

export function remember(item) {
  if (!history.includes(item) && !item.revises) history.push(item);
  for (const old of history.splice(0, Math.max(0, history.length - MOST))) for (const part of old.parts) part.stop?.();
}

export function offer(item) {
  if (!history.includes(item)) item.stop(); // a correction of what an earlier page had sent
  toast(gettext("Sent"), { action: gettext("Undo"), key: keyOf("undo"), run: undo, seconds: item.desk.dataset.fast ? SHORT : LONG, name: "sent" });
}

export async function undo() {
  if (flow.page.mode === "calibration") return toast(gettext("In calibration an answer is final once it is sent"), { name: "undo" });
  if (flow.busy && !flow.waiting) return (flow.then = undo);
  const here = flow.current;
  if (here?.revises && here.touched) return toast(gettext("Send this change first, or leave the answer as it was"), { name: "undo" });
  const back = here?.revises ? here.back + 1 : 0;
  if (back >= MOST) return toast(gettext("Only the last five answers can be opened again"), { name: "undo" });
  hush("sent");
  const item = history.filter((one) => one.judgment || onItsWay(one)).at(-1 - back);
  if (item && onItsWay(item)) {
    const unsent = await outbox.pull();
    if (unsent) return takeBack(unsent);
    flow.busy = true;
    await outbox.flush();
    flow.busy = false;
    const late = item.judgment ? null : await outbox.pull(); // the line went while it was on its way
    if (late) return takeBack(late);
  }
  if (item?.judgment) return again(item, back);
  flow.then = null;
  return item ? undefined : reopen(back);
}

function aside() {
  const here = flow.current;
  if (here?.revises) here.stop({ keep: history.includes(here) });
  else park();
}
function shown(item, back) {
  item.back = back;
  item.note(gettext("You are changing an answer that was sent. The new one counts; both are kept."), [[gettext("Leave it as it was"), keepOld]]);
  announce(gettext("Your earlier answer is open again."));
}
function again(item, back) {
  aside();
  item.revise(item.judgment);
  item.restore(item.given);
  comeBack(item);
  shown(item, back);
}
function takeBack(entry) {
  const item = history.find((one) => one.submission === entry.body.submission);
  if (!item) return outbox.add(entry);
  history.splice(history.indexOf(item), 1);
  calledBack(item);
  park();
  comeBack(item);
  item.keep();
  item.again = true; // it may have arrived all the same: then what is sent now corrects it
  item.note(gettext("This answer has not been sent yet. Change it and submit."));
  return announce(gettext("Your last answer is open again."));
}
async function reopen(back) {
  flow.busy = true;
  try {
    const desk = parse(await fragment(flow.page.reopen, { back }));
    const saved = await draft(draftKey(desk));
    aside();
    return shown(arrive(desk, saved), back);
  } catch (error) {
    flow.busy = false;
    if (error instanceof SignedOut) return signIn();
    return toast(error instanceof Refused ? error.message : gettext("The server does not answer, so an answer that was sent cannot be opened now"), { name: "undo" });
  }
}

export function keepOld() {
  const item = flow.current;
  item.forget();
  item.stop({ keep: history.includes(item) });
  return next();
}
