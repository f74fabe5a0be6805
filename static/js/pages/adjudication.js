// A disputed item by keyboard: digits answer the first open question, then the outcome; Enter goes on.
// U takes the last ruling back, N skips, O shows names, K makes gold, X cannot answer, Backspace takes back.

const main = document.querySelector("[data-adjudication]");
const form = main.querySelector("[data-form]");
const groups = [...(form?.querySelectorAll("[data-group]") ?? [])];
const outcomes = form?.querySelector("[data-outcomes]");
const ACTS = { n: "next", u: "undo", o: "names", x: "cannot" };
const TEXT = "textarea, select, input:not([type=radio], [type=checkbox])";
let sent = false;

const chosen = (group) => group.querySelector("input:checked");
const open = () => groups.find((group) => !chosen(group));

function outline() {
  const now = open();
  for (const group of groups) group.toggleAttribute("data-zone", group === now);
}

function choose(digit) {
  const group = open() ?? (outcomes ? null : groups.at(-1));
  const from = group ?? outcomes;
  const radio = from?.querySelectorAll("input[type=radio]")[digit - 1];
  if (!radio) return;
  radio.checked = true;
  outline();
  if (from === outcomes) form.querySelector("[data-cause]").focus();
  else (open()?.querySelector("input") ?? radio).focus({ preventScroll: false });
}

function takeBack() {
  const last = [...groups].reverse().find(chosen);
  if (last) chosen(last).checked = false;
  outline();
}

function submit(button) {
  if (sent) return;
  sent = true;
  form.requestSubmit(button);
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey && event.key !== "Enter" || event.metaKey && event.key !== "Enter" || event.altKey) return;
  const { target } = event;
  const typing = target.matches(TEXT);
  if (event.key === "Enter") {
    if (event.repeat || !form || target.closest("a, button, summary") || (typing && !form.contains(target))) return;
    event.preventDefault();
    submit(form.querySelector("[data-act=submit]"));
    return;
  }
  if (event.key === "Escape" && typing) return void target.blur();
  if (typing || event.ctrlKey || event.metaKey || "keysOff" in document.documentElement.dataset) return;
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  const key = event.key.toLowerCase();
  const button = ACTS[key] && main.querySelector(`[data-act=${ACTS[key]}]`);
  if (digit && form) (event.preventDefault(), choose(Number(digit)));
  else if (event.key === "Backspace" && form) (event.preventDefault(), takeBack());
  else if (key === "k" && form?.querySelector("[data-gold]")) form.querySelector("[data-gold]").click();
  else if (button && !event.repeat) (event.preventDefault(), button.click());
});
form?.addEventListener("change", outline);
addEventListener("pageshow", () => (sent = false)); // back from the next item: the form is as it was left
outline();
(main.querySelector("[data-refusal]") ?? main.querySelector("h1")).focus({ preventScroll: true });
