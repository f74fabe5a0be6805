// Three clocks of an item. Wall runs from when it was shown. Active runs while the page is in view and there was
// an input not long ago; reading makes no events, so "long" grows with the words on the screen: 1.5 times their
// reading time at 200 words a minute, within 1 to 5 minutes. Idle is the rest. A pause is a break, and the time
// with the guide open is time for instructions: both are reported by themselves.

import { breaks } from "./breaks.js";
import { sendTime, spend } from "./spent.js";

const EVENTS = ["pointerdown", "pointermove", "wheel", "scroll", "keydown", "touchstart", "selectionchange"];
const LEAP = 5000; // a longer step between two ticks is a machine that slept, not somebody who read
const MOST = 2 ** 31 - 1; // what the server stores; a tab can stay open for longer than that
const UNSPACED = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]/g; // two letters a word
const BESIDE = "dialog, script, template, [hidden], .top, .pause";

let lastInput = Date.now();
let paidBefore = null; // paid time of today when the page was loaded
let paidHere = 0;
for (const name of EVENTS) document.addEventListener(name, () => (lastInput = Date.now()), { passive: true, capture: true });

export const sinceInput = () => Date.now() - lastInput;

const count = (text) => {
  const letters = text.match(UNSPACED)?.length ?? 0;
  return letters / 2 + (text.replace(UNSPACED, " ").match(/\S+/g)?.length ?? 0);
};
export function wordsOn(desk) {
  const beside = [...desk.querySelectorAll(BESIDE)].filter((one) => !one.parentElement.closest(BESIDE));
  return count(desk.textContent) - beside.reduce((sum, one) => sum + count(one.textContent), 0);
}
export const idleAfter = (words) => Math.min(300, Math.max(60, (words / 200) * 60 * 1.5)) * 1000;

export function clock(desk) {
  const { person, batch } = desk.dataset;
  const target = `batch:${batch}`;
  const patience = idleAfter(wordsOn(desk));
  const face = desk.querySelector("[data-clock]");
  const guide = desk.querySelector("[data-guide]");
  const hint = breaks(desk);
  const sums = { active: 0, idle: 0, wall: 0, instructions: 0, break: 0 };
  let paused = false;
  let visible = document.visibilityState === "visible";
  let last = Date.now();
  let timer = null;

  paidBefore ??= Number(desk.dataset.paid ?? desk.dataset.active) || 0;

  function tick() {
    const now = Date.now();
    const step = Math.max(0, now - last);
    const awake = visible && last - lastInput < patience ? Math.min(step, LEAP) : 0;
    last = now;
    if (!timer) return;
    sums.wall += step;
    if (paused) sums.break += step;
    else {
      sums[guide?.open ? "instructions" : "active"] += awake;
      sums.idle += step - awake;
      paidHere += awake;
      hint.worked(awake, now);
    }
    if (face) face.textContent = shown(paidBefore + paidHere);
  }
  // A stretch that is over is reported once.
  function settle(activity) {
    spend(person, activity, sums[activity], target);
    sums[activity] = 0;
  }
  function seen() {
    tick();
    visible = document.visibilityState === "visible";
    if (visible) lastInput = Date.now();
  }
  function gone() {
    tick();
    settle("instructions");
    settle("break");
  }
  function go() {
    last = lastInput = Date.now();
    clearInterval(timer);
    timer = setInterval(tick, 1000);
  }
  function stop() {
    tick();
    clearInterval(timer);
    timer = null;
    settle("instructions");
    settle("break");
    document.removeEventListener("visibilitychange", seen);
    removeEventListener("pagehide", gone);
  }
  guide?.addEventListener("close", () => (tick(), settle("instructions")));
  document.addEventListener("visibilitychange", seen);
  addEventListener("pagehide", gone);
  go();
  tick();
  sendTime(person);
  return {
    times() {
      tick();
      const [active_ms, idle_ms, wall_ms] = [sums.active, sums.idle, sums.wall].map((ms) => Math.min(MOST, Math.round(ms)));
      return { active_ms, idle_ms, wall_ms };
    },
    pause(on) {
      tick();
      paused = on;
      lastInput = Date.now();
      if (on) hint.rested();
      else settle("break");
    },
    stop,
    go() {
      document.addEventListener("visibilitychange", seen);
      addEventListener("pagehide", gone);
      go();
    },
  };
}

function shown(ms) {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return (parts[0] ? parts : parts.slice(1)).map((part, i) => (i ? String(part).padStart(2, "0") : part)).join(":");
}
