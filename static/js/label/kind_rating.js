// Answers rated on the rubric's criteria alone.

import { judging } from "./judging.js";
import { madeOf } from "./parts.js";

madeOf((desk, changed) => judging(desk, changed));
