// The item is on loan. Working on it keeps it; two minutes before it goes back the page says so.

import { sinceInput } from "./clock.js";
import { post } from "./net.js";
import { hush, toast } from "./say.js";

const WARN = 120;
const CHECK = 5;

export function lease(desk, token) {
  const full = Number(desk.dataset.leaseFull);
  let until = Date.now() + Number(desk.dataset.lease) * 1000;
  let asked = 0;

  async function keep({ quietly = false } = {}) {
    asked = Date.now();
    try {
      const answer = await post(`/api/v1/assignments/${token}/keep`);
      if (answer.error) return toast(answer.error.message, { name: "lease", seconds: 12 });
      until = Date.now() + full * 1000;
      hush("lease");
      if (!quietly) toast(`Kept for ${Math.round(full / 60)} minutes more`, { name: "lease", seconds: 4 });
    } catch {
      if (!quietly) toast("The server does not answer. Your draft is safe on this device", { name: "lease" });
    }
    return undefined;
  }
  function check() {
    const left = (until - Date.now()) / 1000;
    const working = sinceInput() < 60000 && document.visibilityState === "visible";
    if (working && left < full / 2 && Date.now() - asked > 60000) keep({ quietly: true });
    else if (left > 0 && left < WARN) toast("This item goes back in 2 minutes", { action: "Keep it", key: "K", run: keep, seconds: 0, name: "lease" });
    else if (left <= 0) toast("The time for this item is over. Your answer counts while nobody else has taken it", { seconds: 0, name: "lease" });
  }
  let timer = setInterval(check, CHECK * 1000);
  return {
    keep,
    stop() { clearInterval(timer); hush("lease"); },
    go() { clearInterval(timer); timer = setInterval(check, CHECK * 1000); },
  };
}
