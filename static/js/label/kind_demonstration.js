// An answer, written.

import { demonstration } from "./demonstration.js";
import { madeOf } from "./parts.js";

madeOf((desk, changed) => [demonstration(desk, changed)]);
