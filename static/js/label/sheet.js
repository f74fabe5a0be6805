// The ? sheet: the table of shortcuts as this reader has it.

import { announce, element } from "./say.js";
import { gettext } from "./words.js";

export function openSheet(rows, { single, switchKeys, settings }) {
  if (document.querySelector("dialog[open]")) return;
  const dialog = element("dialog", { className: "sheet" });
  const button = (words, onclick) => element("button", { className: "btn sm", type: "button", textContent: words, onclick });
  // A phone's top bar has no room for the guide: there it is reached from this sheet.
  const guide = button(gettext("Guide"), () => (dialog.close(), document.querySelector("[data-do=guide]").click()));
  const close = button(gettext("Close"), () => dialog.close());
  const list = rows.map((row) => {
    const keys = row.shown.map((text) => element("kbd", { textContent: text }));
    return element("div", {}, element("dt", { dir: "ltr" }, ...keys), element("dd", { textContent: row.text }));
  });
  const offline = () => announce(gettext("The server does not answer. This holds for this page only."));
  const on = element("input", { type: "checkbox", checked: single, onchange: () => switchKeys(on.checked).catch(offline) });
  const change = element("a", { className: "btn sm", href: settings, textContent: gettext("Change keys") });
  dialog.setAttribute("aria-labelledby", "keys-title");
  dialog.append(element("div", {},
    element("div", { className: "sheet-head" }, element("h2", { id: "keys-title", textContent: gettext("Keyboard") }), guide, close),
    element("dl", { className: "keylist" }, ...list),
    element("p", { className: "flex pt" }, element("label", { className: "check" }, on, gettext("Single-key shortcuts on")), change)));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
