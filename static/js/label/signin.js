// Signed out in the middle: a sheet over the page, with the form in it. The page below keeps everything.

import { signIn } from "./net.js";
import { element } from "./say.js";
import { gettext } from "./words.js";

let open = null;

// onDone() when somebody has signed in; who that is, the next request tells.
export function signInSheet({ login, user, again }, onDone) {
  if (open) return;
  const name = element("input", { className: "input", name: "username", autocomplete: "username", value: user, required: true });
  name.autocapitalize = "none";
  const word = element("input", { className: "input", type: "password", name: "password", autocomplete: "current-password", required: true });
  const error = element("p", { className: "err", id: "sheet-error" });
  error.setAttribute("role", "alert");
  const go = element("button", { className: "btn primary", type: "submit", textContent: gettext("Sign in") });
  const retry = element("button", { className: "btn quiet", type: "button", textContent: gettext("I have signed in in another tab"), onclick: () => done() });
  const link = element("a", { className: "btn quiet", href: login, textContent: gettext("Sign in on its own page") });
  const field = (text, input) => element("label", { className: "field" }, element("span", { textContent: text }), input);
  const form = element("form", { className: "stack", noValidate: true, onsubmit: send },
    element("h2", { id: "sheet-title", textContent: gettext("You are signed out") }),
    element("p", { textContent: again
      ? gettext("Somebody else is signed in here now. The answers on this page are {name}’s: sign in as {name} to send them.", { name: user })
      : gettext("Your answer is safe on this device. Sign in, and it is sent from here.") }),
    field(gettext("User name"), name), field(gettext("Password"), word), error,
    element("div", { className: "acts-row" }, go, retry, link));
  const dialog = element("dialog", { className: "sheet narrow sign-in" }, form);
  dialog.setAttribute("aria-labelledby", "sheet-title");
  dialog.addEventListener("close", () => (dialog.remove(), (open = null)));
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(dialog);
  open = dialog;
  dialog.showModal();
  (user ? word : name).focus();

  function done() {
    dialog.close();
    onDone();
  }
  async function send(event) {
    event.preventDefault();
    go.disabled = true;
    try {
      if (await signIn(login.split("?")[0], name.value, word.value)) return done();
      error.textContent = gettext("User name and password do not match. Nothing was changed.");
      word.select();
    } catch {
      error.textContent = gettext("The server does not answer. Your answer is safe on this device. Try again.");
    }
    go.disabled = false;
    return undefined;
  }
}
