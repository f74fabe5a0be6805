// A screen in place of an item, on a page of its own: a round’s result, a calibration’s answers.

import "../label/interlude.js";
