// The label page of pairs whose preferred answer may be improved.

import "../label/kind_pairwise.js";
import "../label/improve.js";
import "../label/main.js";
