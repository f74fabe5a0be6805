// What helps to read, for every kind of item: parts that do nothing where there is nothing for them.

import { code } from "./code.js";
import { differences } from "./differences.js";
import { quotes } from "./quotes.js";
import { reading } from "./reading.js";
import { source } from "./source.js";

export const aids = (desk, changed) => [code, reading, differences, quotes, source].map((make) => make(desk, changed));
