// The second press of a double one is not meant for what came after the first: for a moment what has just come
// takes no Enter. Then its desk is marked as awake.

const DOUBLE = 400; // ms

export const wake = (desk) => (desk.dataset.awake = "");
export function fresh(desk) {
  delete desk.dataset.awake;
  setTimeout(wake, DOUBLE, desk);
}
export const awake = (desk) => "awake" in desk.dataset;
