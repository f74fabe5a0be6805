// What this device remembers: drafts by item and answers not yet sent (IndexedDB), small wishes (localStorage).
// Storage can be full or forbidden; then localStorage, then the page's own memory stands in.

const WEEK = 7 * 24 * 3600 * 1000;
const STORES = ["drafts", "outbox"];
const OPENS_WITHIN = 2000;

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

// → whether it outlives the page
export function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(`assay.${key}`);
    else localStorage.setItem(`assay.${key}`, JSON.stringify(value));
    memory.delete(key);
    return true;
  } catch {
    memory.set(key, value);
    return false;
  }
}

let opening = null;
function open() {
  opening ??= new Promise((done) => {
    try {
      const request = indexedDB.open("assay", 1);
      request.onupgradeneeded = () => STORES.forEach((name) => request.result.createObjectStore(name));
      request.onsuccess = () => done(request.result);
      request.onerror = request.onblocked = () => done(null);
      setTimeout(() => done(null), OPENS_WITHIN); // some browsers never say
    } catch {
      done(null);
    }
  });
  return opening;
}
async function act(store, mode, work) {
  const db = await open();
  if (!db) throw new Error("no database here");
  return new Promise((done, fail) => {
    const transaction = db.transaction(store, mode);
    const request = work(transaction.objectStore(store));
    transaction.oncomplete = () => done(request.result);
    transaction.onabort = () => fail(transaction.error);
  });
}

async function get(store, key) {
  return read(`${store}.${key}`, null) ?? (await act(store, "readonly", (rows) => rows.get(key)).catch(() => null)) ?? null;
}
async function put(store, key, value) {
  try {
    await act(store, "readwrite", (rows) => rows.put(value, key));
    write(`${store}.${key}`, null); // what stood in for it while there was no room
    return true;
  } catch {
    return write(`${store}.${key}`, value);
  }
}
async function drop(store, key) {
  write(`${store}.${key}`, null);
  await act(store, "readwrite", (rows) => rows.delete(key)).catch(() => null);
}
async function all(store) {
  const start = `${store}.`;
  const beside = [...memory.keys()];
  try {
    beside.push(...Object.keys(localStorage).filter((key) => key.startsWith("assay.")).map((key) => key.slice(6)));
  } catch { /* forbidden: what there is, is in memory */ }
  const rows = await act(store, "readonly", (kept) => kept.getAll()).catch(() => []);
  return [...rows, ...beside.filter((key) => key.startsWith(start)).map((key) => read(key, null))].filter(Boolean);
}

// A draft: { key, submission, token, answer, at, known, dirty, times }. Keys name the person: devices are shared.
export const draft = (key) => get("drafts", key);
export const keepDraft = (key, value) => put("drafts", key, { ...value, key, at: Date.now() });
// Where the page may end before the database has written: this is done when it returns. The database's copy replaces it.
export const keepDraftNow = (key, value) => write(`drafts.${key}`, { ...value, key, at: Date.now() });
export const dropDraft = (key) => drop("drafts", key);
export async function forgetOldDrafts() {
  for (const saved of await all("drafts")) if (Date.now() - saved.at > WEEK) await dropDraft(saved.key);
}

// The outbox belongs to a person: somebody else on the same device must not send it as theirs.
export async function entriesOf(person) {
  const entries = await all("outbox");
  return entries.filter((entry) => entry.person === person).sort((a, b) => a.at - b.at);
}
export const keepEntry = (entry) => put("outbox", entry.body.submission, entry);
export const dropEntry = (entry) => drop("outbox", entry.body.submission);
