// Reading aids: views of the two answers, scrolling together, what has been read, earlier turns, links.

import { announce, toast } from "./say.js";
import { read, write } from "./store.js";

const VIEWS = ["", "stack", "a", "b"];
const VIEW_WORDS = { "": "Side by side", stack: "Stacked", a: "Only A", b: "Only B" };

export function reading(desk) {
  const answers = desk.querySelector("[data-answers]");
  const panes = answers ? [...answers.querySelectorAll("[data-answer]")] : [];
  const unread = new Set(panes.map((pane) => pane.dataset.answer));
  const tabs = [...desk.querySelectorAll("[name=pane]")];
  let together = false;

  function setView(view) {
    if (view) answers.dataset.view = view;
    else delete answers.dataset.view;
  }
  if (answers) setView(read("view", ""));

  const ends = [...desk.querySelectorAll("[data-end]")];

  function reached(end) {
    const pane = end.closest("[data-answer]");
    if (!unread.delete(pane.dataset.answer)) return;
    const mark = pane.querySelector("[data-seen]");
    const use = mark.querySelector("use");
    mark.firstChild.textContent = "Read to the end ";
    use.setAttribute("href", use.getAttribute("href").replace("#down", "#check"));
    seen.unobserve(end);
  }
  function inView(end) {
    const box = end.getBoundingClientRect();
    const pane = end.closest("[data-answer]").getBoundingClientRect();
    return end.checkVisibility() && box.top < Math.min(pane.bottom, innerHeight) && box.bottom > Math.max(pane.top, 0);
  }
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) reached(entry.target);
  });
  for (const end of ends) seen.observe(end);

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
    toast(`Hold Ctrl and click to open ${new URL(link.href).hostname || link.href}`, { name: "link" });
  });

  return {
    view() {
      const next = VIEWS[(VIEWS.indexOf(answers.dataset.view ?? "") + 1) % VIEWS.length];
      setView(next);
      write("view", next || null);
      const tab = { a: 0, b: 1, stack: 2 }[next] ?? 2;
      if (tabs[tab]) tabs[tab].checked = true;
      announce(VIEW_WORDS[next]);
    },
    together() {
      together = !together;
      toast(together ? "Answers scroll together" : "Answers scroll on their own", { name: "together", seconds: 2 });
    },
    turns() {
      const earlier = desk.querySelector("#earlier");
      if (!earlier) return;
      earlier.hidden = !earlier.hidden;
      desk.querySelector("[data-do=turns]").setAttribute("aria-expanded", !earlier.hidden);
    },
    unread() {
      // The observer speaks a frame later; whoever is quicker than that is not asked for what is in view.
      for (const end of ends) if (inView(end)) reached(end);
      return [...unread];
    },
    showEnd(name) {
      const pane = panes.find((one) => one.dataset.answer === name);
      const tab = tabs.find((one) => one.value === name.toLowerCase());
      if (tab) tab.checked = true;
      if (answers.dataset.view === (name === "A" ? "b" : "a")) setView("");
      pane.focus({ preventScroll: true });
      pane.querySelector("[data-end]").scrollIntoView({ block: "end" });
    },
    stop: () => seen.disconnect(),
  };
}
