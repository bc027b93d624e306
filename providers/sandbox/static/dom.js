// Making elements and asking the sandbox. Nothing here takes HTML from anybody: words become text nodes.

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (name in node && name !== "list") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export const $ = (id) => document.getElementById(id);

export class Refused extends Error {}

export async function lookAt(address, options) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch {
    throw new Refused("The sandbox does not answer.");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(told.error || `The sandbox answered ${answer.status}.`);
  return told;
}

// Looks of one moment go as one request.
let asked = null;
export function look(path) {
  if (!asked) {
    asked = [];
    queueMicrotask(lookAtAll);
  }
  return new Promise((resolve, reject) => asked.push({ address: `/sandbox/${path}`, resolve, reject }));
}

async function lookAtAll() {
  const looks = asked;
  asked = null;
  if (looks.length === 1) return lookAt(looks[0].address).then(looks[0].resolve, looks[0].reject);
  try {
    const { answers } = await lookAt(`/sandbox/several?${looks.map((one) => `path=${encodeURIComponent(one.address)}`).join("&")}`);
    answers.forEach(({ status, body }, index) => {
      if (status < 400) looks[index].resolve(body);
      else looks[index].reject(new Refused(body.error || `The sandbox answered ${status}.`));
    });
  } catch (error) {
    for (const one of looks) one.reject(error);
  }
}

export const act = (path, asked) =>
  lookAt(`/sandbox/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) });

let noteTimer;
export function note(words) {
  $("note").textContent = words;
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => { $("note").textContent = ""; }, 8000);
}

// Runs something a person asked for; what goes wrong is said in the note.
export async function attempt(deed) {
  try {
    return await deed();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    note(error.message);
    return null;
  }
}

// Keeps a list's nodes where nothing changed, so that focus and scrolling stay.
export function reconcile(list, items, key, render) {
  const old = new Map([...list.children].map((node) => [node.dataset.key, node]));
  const nodes = items.map((item) => {
    const name = key(item), told = JSON.stringify(item), known = old.get(name);
    if (known && known.dataset.told === told) return known;
    const node = render(item);
    node.dataset.key = name;
    node.dataset.told = told;
    return node;
  });
  const same = nodes.length === list.children.length && nodes.every((node, index) => node === list.children[index]);
  if (same) return false;
  const wasAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const focused = document.activeElement;
  list.replaceChildren(...nodes);
  if (focused && list.contains(focused)) focused.focus();
  if (wasAtEnd) list.scrollTop = list.scrollHeight;
  return true;
}

// Fills a <select> without losing what is picked.
export function choices(select, items) {
  const told = JSON.stringify(items);
  if (select.dataset.told === told) return;
  const picked = select.value;
  select.dataset.told = told;
  select.replaceChildren(...items.map(([value, words]) => el("option", { value, textContent: words })));
  if (items.some(([value]) => value === picked)) select.value = picked;
}

let zone;
export const setZone = (name) => { zone = name; };
export function clockWords(moment, options) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }).format(moment);
}
export const shortTime = (moment) => clockWords(moment, { weekday: "short", hour: "2-digit", minute: "2-digit" });
