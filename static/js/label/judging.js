// An item that is judged: criteria first, then the verdict where the kind has one, and what stands beside it.

import { criteria } from "./criteria.js";
import { extras } from "./extras.js";
import { zones } from "./zones.js";

// `verdict(desk, zone, changed)` makes the part of the kind; its stop stands behind the criteria.
export function judging(desk, changed, verdict = () => null) {
  const zone = zones(desk);
  const asked = criteria(desk, zone, changed);
  const grade = verdict(desk, zone, changed);
  const beside = extras(desk, zone, grade, changed);
  zone.start();
  return [beside, asked, grade];
}
