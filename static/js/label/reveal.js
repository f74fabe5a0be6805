// The panel's answer, in place of the item just answered, until the rater goes on. The time it takes is feedback time.

import { interlude } from "./interlude.js";
import { fragment } from "./net.js";
import { toast } from "./say.js";
import { add } from "./spent.js";
import { gettext } from "./words.js";

const LONGEST = 10 * 60 * 1000;

function put(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const desk = template.content.firstElementChild;
  document.getElementById("desk").replaceWith(desk);
  return desk;
}

// Resolves when the rater goes on; at once, with a word, if the card does not come.
export async function showReveal(url, person) {
  let desk;
  try {
    desk = put(await fragment(url));
  } catch {
    toast(gettext("The panel’s answer did not come. You find it at the end of the round."), { seconds: 12 });
    return;
  }
  const begun = performance.now();
  scrollTo(0, 0);
  await new Promise((resolve) => listen(desk, resolve));
  const ms = Math.round(Math.min(LONGEST, performance.now() - begun));
  const batch = document.getElementById("desk").dataset.batch;
  add(person, { key: `reveal:${url.split("/").at(-1)}`, activity: "feedback", ms, target: `batch:${batch}` });
}

function listen(desk, resolve) {
  const stop = interlude(desk);
  desk.addEventListener("click", (event) => {
    if (!event.target.closest("[data-go]")) return;
    event.preventDefault();
    stop();
    resolve();
  });
  desk.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      listen(put(await fragment(form.action, { note: form.note.value, part: "1" })), resolve);
    } catch {
      button.disabled = false;
      toast(gettext("Your note was not sent. It is still here; try again."), { seconds: 8 });
    }
  });
}
