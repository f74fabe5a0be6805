// One way to the server. A refusal is an answer; only silence (no network, 5xx) is a failure to try again.

export class Silence extends Error {}
export class SignedOut extends Error {}

// The cookie is newer than the page when somebody has signed in again in another tab.
const COOKIE = /(?:^|; )(?:__Host-csrf|csrftoken)=([^;]+)/;
const csrf = () => COOKIE.exec(document.cookie)?.[1] ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

async function request(url, init) {
  let response;
  try {
    response = await fetch(url, { method: "POST", credentials: "same-origin", redirect: "manual", ...init });
  } catch {
    throw new Silence("no answer");
  }
  if (response.type === "opaqueredirect" || response.status === 401) throw new SignedOut();
  if (response.status >= 500 || response.status === 429) throw new Silence(String(response.status));
  return response;
}

// → { status, data, error }: error is the server's { code, message, fields } when it refused.
export async function post(url, body = {}) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf() };
  const response = await request(url, { headers, body: JSON.stringify(body) });
  const data = await response.json().catch(() => ({}));
  // A refused CSRF token means that the session has changed: the way out is to sign in again.
  if (response.status === 403 && data.error?.code !== "not_allowed") throw new SignedOut();
  const error = response.ok ? null : data.error ?? { code: "error", message: data.detail ?? "", fields: null };
  return { status: response.status, data, error };
}

// → the HTML of a fragment, or null when there is none (204).
export async function fragment(url, fields = {}) {
  const headers = { Accept: "text/html", "X-CSRFToken": csrf() };
  const response = await request(url, { headers, body: new URLSearchParams(fields) });
  if (response.status === 204) return null;
  if (response.status === 403) throw new SignedOut();
  if (!response.ok) throw new Silence(String(response.status));
  return response.text();
}
