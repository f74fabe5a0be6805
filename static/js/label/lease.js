// The item is on loan. Working on it keeps it; two minutes before it goes back the page says so.

import { sinceInput } from "./clock.js";
import { keyOf } from "./keys.js";
import { post, SignedOut } from "./net.js";
import { hush, toast } from "./say.js";
import { gettext, ngettext } from "./words.js";

const WARN = 120;
const CHECK = 5;
const APART = 60; // seconds between two quiet extensions
const UNTOLD = 120000; // ms of work that the server may not know of
const LITTLE = 5000; // ms that are not worth a request when the page is left

export function lease(desk, token, { times, onLost, onSignedOut }) {
  let full = Number(desk.dataset.leaseFull);
  let until = Date.now() + Number(desk.dataset.lease) * 1000;
  let asked = 0;
  let told = 0;
  let timer = null;

  function last(seconds, active) {
    told = Math.max(told, active);
    full = seconds || full;
    until = Date.now() + full * 1000;
    hush("lease");
  }
  // → the server's refusal, if it refused
  async function ask(verb, quietly) {
    asked = Date.now();
    const { active_ms, idle_ms } = times();
    try {
      const { data, error } = await post(`/api/v1/assignments/${token}/${verb}`, { active_ms, idle_ms });
      if (error) return onLost(error, verb);
      last(data.lease_seconds, active_ms);
      const minutes = Math.round(full / 60);
      if (!quietly) toast(ngettext("Kept for {n} minute more", "Kept for {n} minutes more", minutes), { name: "kept", seconds: 4 });
    } catch (error) {
      if (error instanceof SignedOut) return onSignedOut();
      if (!quietly) toast(gettext("The server does not answer. Your draft is safe on this device"), { name: "lease" });
    }
    return undefined;
  }
  const keep = () => ask("keep", false);
  const untold = (ms) => times().active_ms - told > ms;
  const tell = () => untold(LITTLE) && ask("keep", true);
  function check() {
    const left = (until - Date.now()) / 1000;
    const working = sinceInput() < 60000 && document.visibilityState === "visible";
    const due = untold(UNTOLD) || (working && left < full / 2);
    if (due && Date.now() - asked > APART * 1000) ask("keep", true);
    else if (left <= 0) toast(gettext("The time for this item is over. Your answer counts while nobody else has taken it"), { seconds: 0, name: "lease" });
    else if (left < WARN) toast(gettext("This item goes back in 2 minutes"), { action: gettext("Keep it"), key: keyOf("keep"), run: keep, seconds: 0, name: "lease" });
  }
  const stop = () => (clearInterval(timer), hush("lease"));
  const go = () => (clearInterval(timer), (timer = setInterval(check, CHECK * 1000)));
  go();
  return { keep, tell, begin: () => ask("begin", true), renewed: (active) => last(0, active), stop, go };
}
