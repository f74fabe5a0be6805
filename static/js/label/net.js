// One way to the server. A refusal is an answer; only silence (no network, 5xx) is a failure to try again.

export class Silence extends Error {}
export class SignedOut extends Error {}

const csrf = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

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
  // The CSRF token changes when somebody signs in again elsewhere: the way out is the same as for a lost session.
  if (response.status === 403 && !(response.headers.get("Content-Type") ?? "").includes("json")) throw new SignedOut();
  const data = await response.json().catch(() => ({}));
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
