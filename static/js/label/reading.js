// Reading aids: views of two answers, scrolling together, what was in view, earlier turns, long answers, links.

import { foldLong, unfold } from "./folding.js";
import { announce, toast } from "./say.js";
import { watchSeen } from "./seen.js";
import { read, write } from "./store.js";
import { gettext } from "./words.js";

const VIEWS = ["", "stack", "a", "b"];
const TABS = ["a", "b", "both"];
const ENOUGH = 0.6;
const narrow = matchMedia("(max-width: 899px)");

export function reading(desk) {
  const answers = desk.querySelector("[data-answers]");
  const panes = [...desk.querySelectorAll("[data-answer]")];
  const tabs = [...desk.querySelectorAll("[name=pane]")];
  const talk = desk.querySelector("[data-talk]");
  const earlier = desk.querySelector("#earlier");
  const button = (act) => desk.querySelector(`[data-do=${act}]`);
  const words = { "": gettext("Side by side"), stack: gettext("Stacked"), a: gettext("Only A"), b: gettext("Only B"), both: gettext("A and B") };
  let together = false;

  function setView(view) {
    if (view) answers.dataset.view = view;
    else delete answers.dataset.view;
  }
  if (answers) setView(read("view", ""));
  for (const text of desk.querySelectorAll("[data-answer] [data-reads]")) foldLong(text);

  function reached(pane) {
    const mark = pane.querySelector("[data-seen]");
    if (!mark) return;
    const use = mark.querySelector("use");
    mark.firstChild.textContent = `${gettext("Read to the end")} `;
    use.setAttribute("href", use.getAttribute("href").replace("#down", "#check"));
  }
  const seen = watchSeen(desk, panes, reached);

  for (const pane of panes) {
    pane.addEventListener("scroll", () => {
      if (!together || !pane.matches(":hover, :focus-within")) return;
      const share = pane.scrollTop / Math.max(1, pane.scrollHeight - pane.clientHeight);
      for (const other of panes) if (other !== pane) other.scrollTop = share * (other.scrollHeight - other.clientHeight);
    }, { passive: true });
  }
  // A link in an answer leads out of the work: only with a key held, and after it was said where to.
  desk.addEventListener("click", (event) => {
    const link = event.target.closest(".md a[href], .write-view a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    toast(gettext("Hold Ctrl and click to open {place}", { place: new URL(link.href).hostname || link.href }), { name: "link" });
  });
  function shown(open) {
    if (open) earlier.removeAttribute("hidden");
    else earlier.setAttribute("hidden", "until-found");
    button("turns").setAttribute("aria-expanded", open);
  }
  earlier?.addEventListener("beforematch", () => shown(true));
  const roomy = () => button("tall")?.toggleAttribute("hidden", talk.scrollHeight <= talk.clientHeight + 1 && !talk.classList.contains("tall"));
  const resized = new ResizeObserver(roomy);
  if (button("tall")) resized.observe(talk);

  function bring(pane) {
    const side = pane.dataset.answer.toLowerCase();
    const tab = tabs.find((one) => one.value === side);
    if (tab && !tabs.find((one) => one.value === "both")?.checked) tab.checked = true;
    if (["a", "b"].includes(answers?.dataset.view) && answers.dataset.view !== side) setView("");
    unfold(pane.querySelector("[data-reads]"));
  }
  desk.addEventListener("reveal", (event) => bring(event.detail));
  function nextTab() {
    const next = TABS[(tabs.findIndex((tab) => tab.checked) + 1) % TABS.length];
    for (const tab of tabs) tab.checked = tab.value === next;
    announce(words[next]);
  }
  return {
    acts: {
      view() {
        if (!answers) return;
        if (narrow.matches) return void nextTab();
        const next = VIEWS[(VIEWS.indexOf(answers.dataset.view ?? "") + 1) % VIEWS.length];
        setView(next);
        write("view", next || null);
        toast(words[next], { name: "view", seconds: 2 });
        announce(words[next]);
      },
      together() {
        if (!answers) return;
        together = !together;
        button("together")?.setAttribute("aria-pressed", together);
        const text = together ? gettext("Answers scroll together") : gettext("Answers scroll on their own");
        toast(text, { name: "together", seconds: 2 });
        announce(text);
      },
      turns() {
        if (earlier) shown(earlier.hasAttribute("hidden"));
        roomy();
      },
      tall() {
        button("tall").setAttribute("aria-expanded", talk.classList.toggle("tall"));
        roomy();
      },
    },
    answer: () => (panes.length ? { seen: seen.shares() } : {}),
    restore(saved) { if (saved.seen) seen.load(saved.seen); },
    gaps: () => [],
    unread: () => seen.unread(ENOUGH).map((pane) => pane.dataset.answer),
    showEnd(name) {
      const pane = panes.find((one) => one.dataset.answer === name);
      bring(pane);
      (pane.matches("[tabindex]") ? pane : pane.querySelector("[tabindex]")).focus({ preventScroll: true });
      seen.show(pane);
    },
    stop: () => (seen.stop(), resized.disconnect()),
  };
}
