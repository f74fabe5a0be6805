// Nothing that was answered is lost: an answer is written to the outbox before it goes out, and leaves it
// only when the server has said something about it. The key of a submission never changes on a retry.

import { post, SignedOut, Silence } from "./net.js";
import { plural, status, toast } from "./say.js";
import { keepOutbox, outbox } from "./store.js";

const LONGEST = 60;

export function sender(person, { onSettled, onSignedOut }) {
  let wait = 1;
  let timer = null;
  let running = null;
  let wasOffline = false;

  const drop = (entry) => keepOutbox(person, outbox(person).filter((one) => one.body.submission !== entry.body.submission));

  function later() {
    wasOffline = true;
    const n = outbox(person).length;
    status(`Offline — ${plural(n, "answer")} ${n === 1 ? "is" : "are"} safe on this device and will be sent later`);
    clearTimeout(timer);
    timer = setTimeout(flush, wait * 1000);
    wait = Math.min(LONGEST, wait * 2);
  }

  async function run() {
    let sent = 0;
    for (const entry of outbox(person)) {
      let answer;
      try {
        answer = await post(entry.url, entry.body);
      } catch (error) {
        if (error instanceof SignedOut) return onSignedOut();
        if (!(error instanceof Silence)) throw error;
        return later();
      }
      wait = 1;
      drop(entry);
      if (!answer.error) sent += 1;
      await onSettled(entry, answer);
    }
    if (wasOffline && sent) toast(`Back online — ${plural(sent, "answer")} sent`);
    wasOffline = false;
    return undefined;
  }
  function flush() {
    clearTimeout(timer);
    running ??= run().finally(() => (running = null));
    return running;
  }

  addEventListener("online", flush);
  addEventListener("beforeunload", (event) => {
    if (outbox(person).length) event.preventDefault();
  });
  return {
    flush,
    waiting: () => outbox(person).length,
    add(entry) {
      const entries = outbox(person).filter((one) => one.body.submission !== entry.body.submission);
      keepOutbox(person, [...entries, entry]);
      return flush();
    },
  };
}
