// Active time: the page is in view and there was an input not long ago. Reading makes no events, so "long"
// grows with the words on the screen: 1.5 times their reading time at 200 words a minute, within 1 to 5 minutes.

const EVENTS = ["pointerdown", "pointermove", "wheel", "scroll", "keydown", "touchstart", "selectionchange"];
let lastInput = Date.now();
for (const name of EVENTS) document.addEventListener(name, () => (lastInput = Date.now()), { passive: true, capture: true });

export const sinceInput = () => Date.now() - lastInput;

export function clock(desk) {
  const words = desk.textContent.trim().split(/\s+/).length;
  const idleAfter = Math.min(300, Math.max(60, (words / 200) * 90)) * 1000;
  const before = Number(desk.dataset.active) || 0;
  const face = desk.querySelector("[data-clock]");
  const started = Date.now();
  let active = 0;
  let paused = false;
  let last = started;

  lastInput = started;
  function tick() {
    const now = Date.now();
    const running = !paused && document.visibilityState === "visible" && now - lastInput < idleAfter;
    if (running) active += Math.max(0, Math.min(now - last, 2000));
    last = now;
    const seconds = Math.floor((before + active) / 1000);
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const shown = parts[0] ? parts : parts.slice(1);
    face.textContent = shown.map((part, i) => (i ? String(part).padStart(2, "0") : part)).join(":");
  }
  tick();
  let timer = setInterval(tick, 1000);
  return {
    get active() { tick(); return active; },
    get wall() { return Math.max(0, Date.now() - started); },
    pause(on) { tick(); paused = on; lastInput = Date.now(); },
    stop() { clearInterval(timer); },
    go() { clearInterval(timer); last = lastInput = Date.now(); timer = setInterval(tick, 1000); },
  };
}
