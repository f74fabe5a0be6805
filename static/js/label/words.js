// The page's words in the reader's language. The catalogue is Django's, loaded before the modules; without it the
// words are English. Names are those that Django's makemessages looks for. "{name}" in a text is filled in.

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export const gettext = (text, values = {}) => fill(globalThis.django?.gettext?.(text) ?? text, values);

export function ngettext(one, many, n, values = {}) {
  const text = globalThis.django?.ngettext?.(one, many, n) ?? (n === 1 ? one : many);
  return fill(text, { n, ...values });
}
