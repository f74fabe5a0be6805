// Blocks of code get a button that copies and one that wraps long lines; wide formulas can be reached by keyboard.

import { announce, element } from "./say.js";
import { gettext } from "./words.js";

async function copy(block, button) {
  try {
    await navigator.clipboard.writeText(block.querySelector("code").textContent);
    button.textContent = gettext("Copied");
  } catch {
    getSelection().selectAllChildren(block.querySelector("code"));
    button.textContent = gettext("Selected");
  }
  announce(button.textContent);
  setTimeout(() => (button.textContent = gettext("Copy")), 2000);
}

// → nothing; safe to call again on the same place.
export function dress(root) {
  for (const block of root.querySelectorAll(".code:not(:has(> .code-acts))")) {
    const copying = element("button", { type: "button", className: "btn quiet sm", textContent: gettext("Copy") });
    const wrapping = element("button", { type: "button", className: "btn quiet sm", textContent: gettext("Wrap") });
    copying.addEventListener("click", () => copy(block, copying));
    wrapping.setAttribute("aria-pressed", "false");
    wrapping.addEventListener("click", () => wrapping.setAttribute("aria-pressed", block.classList.toggle("wrap")));
    block.querySelector("pre").before(element("span", { className: "code-acts" }, copying, wrapping));
  }
  for (const math of root.querySelectorAll(".math.display")) if (math.scrollWidth > math.clientWidth) math.tabIndex = 0;
}

export function code(desk) {
  dress(desk);
  return { answer: () => ({}), restore() {}, gaps: () => [], stop() {} };
}
