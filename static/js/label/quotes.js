// Evidence: text selected in an answer or in the request becomes a quote beside the reason, "A ¶2", that leads back
// to its place. With a pointer a button appears at the selection.

import { announce, element } from "./say.js";
import { shownText } from "./visible.js";
import { gettext } from "./words.js";

const MOST = 2000;
const MANY = 20;
const FLASH = 1600;

export function quotes(desk, changed) {
  const none = { acts: {}, answer: () => ({}), restore() {}, gaps: () => [], stop() {} };
  const reason = desk.querySelector("[data-reason]");
  if (!reason) return none;
  const panes = [...desk.querySelectorAll("[data-answer]")];
  const talk = desk.querySelector("[data-talk]");
  const box = desk.querySelector("[data-quotes]") ?? reason.appendChild(element("span"));
  const offer = element("button", { type: "button", className: "btn sm quote-offer", textContent: `${gettext("Quote")} `, hidden: true });
  let list = [];

  box.classList.add("quotes");
  offer.dataset.do = "quote";
  offer.append(element("kbd", { textContent: "Q" }));
  desk.append(offer);

  const label = (place) => (place ? panes[place - 1].dataset.answer : gettext("Request"));
  const blocksOf = (place) => [...(place ? panes[place - 1] : talk).querySelectorAll("[data-reads]")].flatMap((text) => {
    const root = shownText(text);
    return root.matches(".source") ? [root] : [...root.children];
  });

  // → { place, block, text } of what is selected, or null when it is nothing that can be quoted.
  function selected() {
    const selection = getSelection();
    const text = selection.toString().trim().replace(/\n{3,}/g, "\n\n").slice(0, MOST).replace(/[\ud800-\udbff]$/, "");
    if (selection.isCollapsed || !text) return null;
    const range = selection.getRangeAt(0);
    const place = panes.findIndex((pane) => pane.contains(range.startContainer)) + 1;
    if (!place && !talk?.contains(range.startContainer)) return null;
    const block = blocksOf(place).findIndex((one) => range.intersectsNode(one));
    return block < 0 ? null : { place, block: block + 1, text };
  }
  function jump({ place, block }) {
    const target = blocksOf(place)[block - 1];
    if (!target) return;
    if (place) desk.dispatchEvent(new CustomEvent("reveal", { detail: panes[place - 1] }));
    target.closest("[hidden], details:not([open])")?.dispatchEvent(new Event("beforematch"));
    target.scrollIntoView({ block: "center" });
    target.classList.add("quoted");
    setTimeout(() => target.classList.remove("quoted"), FLASH);
  }
  function draw() {
    box.replaceChildren(...list.map((quote) => {
      const where = `${label(quote.place)} ¶${quote.block}`;
      const go = element("button", { type: "button", className: "chip", title: quote.text, onclick: () => jump(quote) }, where);
      const out = element("button", { type: "button", className: "chip", textContent: "×", onclick: () => drop(quote) });
      go.setAttribute("aria-label", gettext("Go to the quote {where}: {text}", { where, text: quote.text.slice(0, 120) }));
      out.setAttribute("aria-label", gettext("Remove the quote {where}", { where }));
      return element("span", { className: "quote" }, go, out);
    }));
  }
  function drop(quote) {
    list = list.filter((one) => one !== quote);
    draw();
    changed();
    announce(gettext("Quote removed"));
    (box.querySelector("button") ?? reason.querySelector("textarea")).focus();
  }
  function take() {
    const quote = selected();
    if (!quote) return void announce(gettext("Select text in an answer first, then quote it"));
    if (list.length >= MANY) return void announce(gettext("{n} quotes are the most", { n: MANY }));
    const same = (one) => one.place === quote.place && one.block === quote.block && one.text === quote.text;
    if (!list.some(same)) list.push(quote);
    getSelection().removeAllRanges();
    draw();
    changed();
    announce(gettext("Quoted {where}", { where: `${label(quote.place)} ¶${quote.block}` }));
  }
  function follow() {
    const quote = desk.isConnected && selected();
    offer.hidden = !quote;
    if (!quote) return;
    const at = getSelection().getRangeAt(0).getBoundingClientRect();
    offer.style.insetBlockStart = `${Math.max(56, Math.min(at.bottom + 6, innerHeight - 48))}px`;
    offer.style.left = `${Math.max(8, Math.min(at.left, innerWidth - 120))}px`;
  }
  offer.addEventListener("pointerdown", (event) => event.preventDefault()); // the selection stays
  document.addEventListener("selectionchange", follow);

  return {
    ...none,
    acts: { quote: take },
    answer: () => ({ quotes: list }),
    restore(saved) { list = [...(saved.quotes ?? [])].filter(({ place }) => place <= panes.length); draw(); },
    stop: () => document.removeEventListener("selectionchange", follow),
  };
}
