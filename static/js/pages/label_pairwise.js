// The label page of pairs.

import "../label/kind_pairwise.js";
import "../label/main.js";
