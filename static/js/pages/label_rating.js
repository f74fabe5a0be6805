// The label page of ratings on criteria alone.

import "../label/kind_rating.js";
import "../label/main.js";
