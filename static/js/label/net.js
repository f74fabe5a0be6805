// One way to the server. A refusal is an answer; only silence (no network, no answer in time, 5xx) is a failure to
// try again. Every request says whose page this is: somebody else may have signed in beside it.

export class Silence extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}
export class SignedOut extends Error {}
export class Refused extends Error {
  constructor(error) {
    super(error.message);
    this.code = error.code;
  }
}

const PATIENCE = 20000;
const KEEPALIVE_LIMIT = 60000; // bytes that a browser sends on after the page is gone

// The cookie is newer than the page when somebody has signed in again in another tab.
const COOKIE = /(?:^|; )(?:__Host-csrf|csrftoken)=([^;]+)/;
const csrf = () => COOKIE.exec(document.cookie)?.[1] ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

let person = document.querySelector("[data-person]")?.dataset.person ?? null;
export const speakFor = (one) => (person = one);

// What was asked before somebody signed in again says nothing about now.
let signIns = 0;
const gone = (asked) => (asked === signIns ? new SignedOut() : new Silence("asked before the sign-in"));

async function request(url, { headers, body = null, method = "POST" }) {
  const init = { method, body, credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(PATIENCE) };
  const more = person ? { "Assay-Person": person } : {};
  const asked = signIns;
  let response;
  try {
    const keepalive = method !== "GET" && String(body).length < KEEPALIVE_LIMIT / 4;
    response = await fetch(url, { ...init, keepalive, headers: { ...headers, ...more, "X-CSRFToken": csrf() } });
  } catch {
    throw new Silence("no answer");
  }
  if (response.type === "opaqueredirect" || response.status === 401) throw gone(asked);
  if (response.status >= 500 || response.status === 429 || response.status === 408) throw new Silence("failed", response.status);
  return Object.assign(response, { asked });
}

// → { status, data, error }: error is the server's { code, message, fields } when it refused.
export async function post(url, body = {}, method = "POST") {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const response = await request(url, { headers, method, body: JSON.stringify(body) });
  const data = await response.json().catch(() => null);
  // A refused CSRF token means that the session has changed: the way out is to sign in again.
  if (response.status === 403 && (!data?.error || data.error.code === "permission_denied")) throw gone(response.asked);
  // A page of somebody in between, or half an answer: nobody has said that anything was taken.
  if (!data && response.status !== 204) throw new Silence("no answer of ours", response.status);
  const error = response.ok ? null : data.error ?? { code: "error", message: data.detail ?? "", fields: null };
  return { status: response.status, data: data ?? {}, error };
}

// → the HTML of a fragment, or null when there is none (204). `fields` may be a list of [name, value].
export async function fragment(url, fields = {}) {
  const response = await request(url, { headers: { Accept: "text/html" }, body: new URLSearchParams(fields) });
  if (response.status === 204) return null;
  if (response.ok) return response.text();
  const { error } = await response.json().catch(() => ({}));
  if (error) throw new Refused(error);
  if (response.status === 403) throw gone(response.asked);
  throw new Silence(String(response.status));
}

// Signing in beside the page: the form's own token first, for the old one went with the session.
export async function signIn(url, username, password) {
  const page = await fetch(url, { credentials: "same-origin", cache: "no-store" }).catch(() => null);
  if (!page?.ok) throw new Silence("no answer");
  const form = new DOMParser().parseFromString(await page.text(), "text/html");
  const csrfmiddlewaretoken = form.querySelector("[name=csrfmiddlewaretoken]")?.value ?? csrf();
  const body = new URLSearchParams({ username, password, csrfmiddlewaretoken });
  const init = { method: "POST", body, credentials: "same-origin", redirect: "manual" };
  const response = await fetch(url, init).catch(() => null);
  if (!response || response.status >= 500) throw new Silence("no answer");
  const done = response.type === "opaqueredirect";
  if (done) signIns += 1;
  return done;
}
