// The preferred answer made better: an editor in its own pane, beside the other answer, and under it what changed.
// The text counts while its side is preferred. Otherwise it is kept, said to be kept, and offered again.

import { keyOf } from "./keys.js";
import { beside } from "./kind_pairwise.js";
import { announce, element, toast } from "./say.js";
import { changes, diffNodes, wordDiff } from "./textdiff.js";
import { gettext, ngettext } from "./words.js";

const DIFF_AFTER = 200;

function improve(desk, grade, changed) {
  const button = desk.querySelector("[data-do=improve]");
  if (!button) return null;
  const kept = {}; // texts by side, whether they count or not
  let side = null; // whose editor is open
  let editor = null;
  let timer = null;

  const pane = (label) => desk.querySelector(`[data-answer="${label}"]`);
  const original = (label) => (pane(label).querySelector("template[data-source]")?.content.textContent ?? "").replace(/\r\n?/g, "\n");
  const differs = (label) => Boolean(kept[label]?.trim()) && kept[label] !== original(label);
  const counts = () => side !== null && grade.side() === side && differs(side);

  function draw() {
    const pieces = wordDiff(original(side), editor.text.value);
    const { added, removed } = changes(pieces);
    editor.diff.replaceChildren(...diffNodes(pieces));
    const more = ngettext("{n} word added", "{n} words added", added);
    const less = ngettext("{n} word taken out", "{n} words taken out", removed);
    editor.count.textContent = differs(side) ? `${more}, ${less}` : gettext("Nothing changed yet");
  }
  function make(label) {
    const text = element("textarea", { className: "input improve-text", value: kept[label] ?? original(label), dir: "auto", spellcheck: true });
    text.setAttribute("aria-label", gettext("Answer {answer}, improved", { answer: label }));
    const diff = element("div", { className: "improve-diff diff", dir: "auto", tabIndex: 0 });
    diff.setAttribute("role", "group");
    diff.setAttribute("aria-label", gettext("What changed"));
    const count = element("span", { className: "dim small" });
    const cancel = element("button", { type: "button", className: "btn sm", textContent: gettext("Cancel"), onclick: putAside });
    const head = element("div", { className: "improve-head" }, element("b", { textContent: gettext("Improving {answer}", { answer: label }) }), count, cancel);
    text.addEventListener("input", () => {
      kept[label] = text.value;
      clearTimeout(timer);
      timer = setTimeout(draw, DIFF_AFTER);
      changed();
    });
    return { box: element("div", { className: "improve gutter" }, head, text, diff), text, diff, count };
  }
  function open(label) {
    side = label;
    editor = make(label);
    const prose = pane(label).querySelector("[data-prose]");
    prose.hidden = true;
    prose.after(editor.box);
    pane(label).scrollTop = 0;
    const tab = desk.querySelector(`.pane-tabs [value="${label.toLowerCase()}"]`);
    if (tab && !pane(label).checkVisibility()) tab.click();
    draw();
    marks();
  }
  function shut() {
    if (!side) return;
    clearTimeout(timer);
    editor.box.remove();
    pane(side).querySelector("[data-prose]").hidden = false;
    side = null;
    marks();
  }
  function putAside() {
    const label = side;
    shut();
    if (differs(label)) toast(gettext("Your version of {answer} does not count now. It is kept here until you submit", { answer: label }), { name: "improve", action: gettext("Use it"), key: keyOf("improve"), run: act, seconds: 12 });
    else delete kept[label];
    button.focus();
    changed();
  }
  function marks() {
    const label = grade.side();
    button.setAttribute("aria-pressed", side !== null);
    button.querySelector("[data-improve]").textContent = label && label !== side && differs(label)
      ? gettext("Improve {answer}, text kept", { answer: label })
      : label ? gettext("Improve {answer}", { answer: label }) : gettext("Improve");
  }
  function act() {
    const label = grade.side();
    if (!label) return void toast(gettext("Choose the better answer first, then improve it"), { name: "improve" });
    if (side !== label) {
      shut();
      open(label);
      announce(gettext("Improving {answer}", { answer: label }));
      changed();
    }
    editor.text.focus();
    return undefined;
  }
  desk.addEventListener("graded", () => {
    const label = grade.side();
    if (side && side !== label) {
      const before = side;
      shut();
      if (differs(before)) toast(gettext("Your version of {answer} is kept. It counts again when {answer} is preferred", { answer: before }), { name: "improve", seconds: 12 });
    } else if (!side && label && differs(label)) {
      toast(gettext("Your version of {answer} is still here", { answer: label }), { name: "improve", action: gettext("Use it"), key: keyOf("improve"), run: act, seconds: 12 });
    }
    marks();
  });
  marks();

  return {
    acts: { improve: act },
    answer: () => ({ improved: counts() ? kept[side] : null, kept: { ...kept } }),
    restore(saved) {
      shut();
      const label = grade.side();
      Object.assign(kept, saved.kept);
      if (saved.improved && label) {
        kept[label] = saved.improved;
        open(label);
      }
      marks();
    },
    gaps: () => (side && grade.side() === side && !differs(side) ? [{
      text: gettext("a change to answer {answer}, or cancel the improvement", { answer: side }), field: "improved",
      go: () => editor.text.focus(),
    }] : []),
    show: (field) => field === "improved" && side !== null && (editor.text.focus(), true),
    stop: () => clearTimeout(timer),
  };
}

beside(improve);
