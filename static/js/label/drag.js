// Dragging an answer by its number to a place in the ranking. One of several ways, and never the only one.
// Pointer events, so that mouse, pen and finger are the same. Escape lets go without a drop.

import { element } from "./say.js";

const FAR = 6;   // px that the pointer moves before it is a drag
const EDGE = 56; // px from the edge of the window at which the page scrolls

// drop(n, row, where): where is "before", "tie" or "after"; only "before" on a free place.
export function drag(desk, drop) {
  let held = null; // { n, x, y, ghost, grip, id }

  function over(event) {
    const row = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-slot]");
    if (!row || !desk.contains(row)) return null;
    if (row.classList.contains("open")) return { row, where: "before" };
    const box = row.getBoundingClientRect();
    const share = (event.clientY - box.top) / box.height;
    const third = row.dataset.untied === undefined ? 0.3 : 0.5;
    return { row, where: share < third ? "before" : share > 1 - third ? "after" : "tie" };
  }
  function show(target) {
    for (const row of desk.querySelectorAll("[data-over]")) delete row.dataset.over;
    if (target) target.row.dataset.over = target.where;
  }
  function end() {
    held?.ghost?.remove();
    held = null;
    show(null);
    document.removeEventListener("keydown", onKey, true);
  }
  function onKey(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    end();
  }
  desk.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip || event.button !== 0 || held) return;
    event.preventDefault();
    held = { n: Number(grip.dataset.grip), x: event.clientX, y: event.clientY, grip, id: event.pointerId };
    grip.setPointerCapture(event.pointerId);
  });
  desk.addEventListener("pointermove", (event) => {
    if (event.pointerId !== held?.id) return;
    if (!held.ghost) {
      if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < FAR) return;
      held.ghost = element("div", { className: "digit ghost", textContent: held.n });
      document.body.append(held.ghost);
      document.addEventListener("keydown", onKey, true);
    }
    held.ghost.style.transform = `translate(${event.clientX + 8}px, ${event.clientY + 8}px)`;
    if (event.clientY < EDGE * 2) scrollBy(0, -12);
    else if (event.clientY > innerHeight - EDGE) scrollBy(0, 12);
    show(over(event));
  });
  desk.addEventListener("pointerup", (event) => {
    if (event.pointerId !== held?.id) return;
    const { n, ghost } = held;
    const target = ghost ? over(event) : null;
    end();
    if (target) drop(n, Number(target.row.dataset.slot), target.where);
  });
  desk.addEventListener("pointercancel", end);
}
