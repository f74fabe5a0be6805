// Rendered or source: the text as it was written, for the whole item. The source came with the page and is shown as
// text only; characters that hide or reorder are marked there as well.

import { announce, element } from "./say.js";
import { gettext } from "./words.js";

const HIDDEN = /(([\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}\u{e0100}-\u{e01ef}])\2*)/u;

const name = (run, one) => `U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}${run === one ? "" : ` ×${run.length / one.length}`}`;

function written(text) {
  // Splitting gives the text, a run of one hidden character, and that character, over and over.
  const pieces = text.split(HIDDEN).flatMap((piece, i, all) => {
    if (i % 3 === 0) return piece;
    return i % 3 === 1 ? element("span", { className: "ctl", textContent: name(piece, all[i + 1]) }) : [];
  });
  return element("pre", { className: "source", dir: "auto", tabIndex: 0 }, ...pieces);
}

export function source(desk) {
  let on = false;

  function show(next) {
    on = next;
    for (const text of desk.querySelectorAll("[data-reads]")) {
      const raw = text.parentElement.querySelector(":scope > template[data-source]");
      if (!raw) continue;
      text.querySelector(":scope > .source")?.remove();
      text.querySelector(".md").hidden = on;
      if (on) text.append(written(raw.content.textContent));
    }
    desk.querySelector("[data-do=source]")?.setAttribute("aria-pressed", on);
    desk.dispatchEvent(new CustomEvent("reread"));
  }
  return {
    acts: {
      source() {
        show(!on);
        announce(on ? gettext("Source is shown") : gettext("Rendered text is shown"));
      },
    },
    answer: () => ({}), restore() {}, gaps: () => [], stop() {},
  };
}
