// Settings are saved as they are changed, and the page shows at once how they look.

import { keyName } from "../label/keys.js";
import { post } from "../label/net.js";
import { gettext } from "../label/words.js";

const root = document.documentElement;
const look = document.querySelector("[data-look]");
const keys = document.querySelector("[data-keys]");
const saved = document.querySelector("[data-saved]");
const NAMES = { Backspace: "⌫", Enter: "⏎", ArrowUp: "↑", ArrowDown: "↓", Delete: "Del" };

async function save(form, wishes, act = null) {
  const place = act && keys.querySelector(`[data-act="${act}"] [data-err]`);
  try {
    const { data, error } = await post(form.action, wishes);
    saved.textContent = error && !place ? error.message : error ? "" : gettext("Saved");
    if (place) place.textContent = error?.message ?? "";
    return data;
  } catch {
    saved.textContent = gettext("The server does not answer. Nothing was changed. Try again");
    return {};
  }
}

const SHOW = {
  theme: (value) => (value === "system" ? delete root.dataset.theme : (root.dataset.theme = value)),
  text_size: (value) => (root.dataset.text = value),
  density: (value) => (root.dataset.density = value),
};
look.addEventListener("change", async ({ target }) => {
  const value = target.type === "checkbox" ? target.checked : target.value;
  SHOW[target.name]?.(value);
  await save(look, { [target.name]: value });
  if (target.name === "language") location.reload();
});

function put(now) {
  for (const [act, key] of Object.entries(now ?? {})) {
    const row = keys.querySelector(`[data-act="${act}"]`);
    const field = row.querySelector(".keycap");
    field.value = key;
    row.querySelector("[name=reset]").hidden = key === field.dataset.first;
  }
}
async function send(wishes, act = null) {
  const data = await save(keys, wishes, act);
  put(data.keys);
  return data;
}

for (const field of keys.querySelectorAll(".keycap")) {
  field.addEventListener("focus", () => field.select());
  field.addEventListener("keydown", async (event) => {
    if (event.key === "Tab" || event.key === "Escape" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (["Shift", "AltGraph", "CapsLock", "Dead"].includes(event.key)) return;
    event.preventDefault();
    const before = field.value;
    const key = keyName(event);
    const { act } = field.closest("tr").dataset;
    field.value = NAMES[key] ?? key.toUpperCase();
    const data = await send({ [`key-${act}`]: key }, act);
    if (!data.keys) field.value = before;
    field.select();
  });
}
keys.addEventListener("change", ({ target }) => target.name === "single_keys" && send({ single_keys: target.checked }));
keys.addEventListener("submit", async (event) => {
  const act = event.submitter?.value;
  event.preventDefault();
  const one = act === "all" ? null : act;
  if (!act) return;
  await send({ reset: act }, one);
  for (const place of one ? [] : keys.querySelectorAll("[data-err]")) place.textContent = "";
  (one ? keys.querySelector(`[data-act="${act}"] .keycap`) : event.submitter).focus();
});
