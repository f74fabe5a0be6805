// The label page of rankings.

import "../label/kind_ranking.js";
import "../label/main.js";
