// The label page of answers to write.

import "../label/kind_demonstration.js";
import "../label/main.js";
