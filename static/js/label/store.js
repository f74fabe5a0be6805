// What this device remembers: drafts by item, answers not yet sent, and how the reader likes the page.
// Storage can be full or forbidden; then the page works on, only without a memory.

const WEEK = 7 * 24 * 3600 * 1000;

const memory = new Map(); // what could not be stored lives as long as the page

export function read(key, otherwise) {
  if (memory.has(key)) return memory.get(key) ?? otherwise;
  try {
    const value = localStorage.getItem(`assay.${key}`);
    return value === null ? otherwise : JSON.parse(value);
  } catch {
    return otherwise;
  }
}

export function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(`assay.${key}`);
    else localStorage.setItem(`assay.${key}`, JSON.stringify(value));
    memory.delete(key);
  } catch {
    memory.set(key, value);
  }
}

const storable = () => {
  try {
    return Boolean(localStorage);
  } catch {
    return false;
  }
};

export const draft = (task) => read(`draft.${task}`, null);
export const keepDraft = (task, value) => write(`draft.${task}`, { ...value, at: Date.now() });
export const dropDraft = (task) => write(`draft.${task}`, null);

export function forgetOldDrafts() {
  if (!storable()) return;
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith("assay.draft.")) continue;
    const saved = read(key.slice(6), null);
    if (!saved || Date.now() - saved.at > WEEK) localStorage.removeItem(key);
  }
}

// The outbox belongs to a person: somebody else on the same device must not send it as theirs.
export const outbox = (person) => read(`outbox.${person}`, []);
export const keepOutbox = (person, entries) => write(`outbox.${person}`, entries.length ? entries : null);
