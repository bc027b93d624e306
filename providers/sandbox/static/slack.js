// The Slack column: what one person sees in two channels, their direct messages and Home, and the modal over it.

import { $, act, attempt, choices, el, look, note, reconcile } from "./dom.js";
import { carryOver, recall, renderBlocks, values } from "./block_kit.js";
import { mrkdwn, setName } from "./mrkdwn.js";
import { messageNode, modalParts, showErrors } from "./surfaces.js";

const CHANNELS = [["C_FRONTDESK", "#front-desk"], ["C_APPROVALS", "#approvals"], ["DM", "Night Porter (direct messages)"]];
const me = () => $("person").value;
let people = [];

export async function start(refresh) {
  people = (await look("slack/people")).people.map((person) => [person.id, person.name]);
  for (const [id, name] of [...people, ...CHANNELS]) setName(id, name);
  choices($("person"), people);
  $("slack-panes").replaceChildren(...CHANNELS.map(pane), homePane(refresh));
  $("person").addEventListener("change", () => {
    for (const list of document.querySelectorAll(".messages")) list.replaceChildren();
    if ($("modal").open) $("modal").close();
    refresh();
  });
  $("command").addEventListener("submit", (event) => {
    event.preventDefault();
    told(() => act("slack/command", { user: me(), text: $("command-text").value, channel: "C_FRONTDESK" }), refresh);
  });
  $("modal").addEventListener("cancel", (event) => {
    event.preventDefault();
    told(() => act("slack/close", { user: me() }), refresh);
  });
}

function pane([id, title]) {
  return el("section", { className: "pane", "aria-label": title },
    el("h3", { textContent: title }),
    el("ol", { className: "messages", id: `messages-${id}`, tabIndex: 0, "aria-label": `Messages in ${title}`, "aria-live": "polite" }),
    el("p", { className: "muted empty", textContent: "Nothing yet." }));
}

function homePane(refresh) {
  return el("details", {
    className: "pane", id: "home",
    ontoggle: (event) => event.currentTarget.open && told(() => act("slack/home", { user: me() }), refresh),
  }, el("summary", { textContent: "Home tab" }), el("div", { id: "home-view" }));
}

// Does something in Slack and says what a person would notice if it went wrong.
async function told(deed, refresh) {
  const result = await attempt(deed);
  if (result && !result.ok && !result.errors) note(`The bot did not take it: ${result.error || result.status || "no answer"}.`);
  refresh();
  return result;
}

export async function poll(refresh) {
  const user = me();
  const reads = CHANNELS.map(([id]) => look(`slack/channels/${id === "DM" ? user : id}?as=${user}`));
  const [views, ...channels] = await Promise.all([look(`slack/views/${user}`), ...reads]);
  if (user !== me()) return;
  channels.forEach((channel, index) => {
    const list = $(`messages-${CHANNELS[index][0]}`);
    const changed = reconcile(list, threads(channel.messages), (one) => one.root.ts, (one) => threadItem(one, channel.channel, refresh));
    if (changed) list.scrollTop = list.scrollHeight;
  });
  showHome(views.home, refresh);
  showModal(views.modals.at(-1), refresh);
}

// Each message with the replies under it, as Slack keeps them: a reply moves its stay to the end of nothing.
function threads(messages) {
  const byRoot = new Map();
  for (const message of messages) {
    const root = message.thread_ts && message.thread_ts !== message.ts ? byRoot.get(message.thread_ts) : null;
    if (root) root.replies.push(message);
    else byRoot.set(message.ts, { root: message, replies: [] });
  }
  return [...byRoot.values()];
}

const folded = new Set();

// A card with its thread folds to one line: whom it is about, and where it stands.
function threadItem({ root, replies }, channel, refresh) {
  const item = messageItem(root, channel, refresh);
  if (!replies.length) return item;
  const count = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
  const summary = el("summary", {}, el("span", { className: "heading", textContent: root.text.split("\n")[0] }), el("small", { textContent: count }));
  const thread = el("ol", { className: "thread", "aria-label": `Thread: ${count}` }, replies.map((reply) => messageItem(reply, channel, refresh)));
  const card = el("div", { className: item.className });
  card.append(...item.childNodes);
  const fold = el("details", {
    open: !folded.has(root.ts),
    ontoggle: (event) => folded[event.currentTarget.open ? "delete" : "add"](root.ts),
  }, summary, card, thread);
  return el("li", { className: "stay" }, fold);
}

function messageItem(message, channel, refresh) {
  const on = {
    people, confirm: askFirst,
    action: (part, block, value) => told(() => act("slack/click", {
      user: me(), channel, ts: message.ts, action_id: part.action_id, block_id: block.block_id, value: value ?? null,
    }), refresh),
    options: (part, block) => offered({ channel, ts: message.ts }, part, block),
  };
  return messageNode("li", message, on);
}

async function offered(where, part, block) {
  const asked = { user: me(), ...where, action_id: part.action_id, block_id: block.block_id, query: "" };
  return (await attempt(() => act("slack/options", asked)))?.options || [];
}

function viewActions(view, root, refresh) {
  return {
    people, confirm: askFirst,
    action: (part, block, value) => told(() => act("slack/click", {
      user: me(), view_id: view.id, action_id: part.action_id, block_id: block.block_id, value: value ?? null, values: values(root),
    }), refresh),
    options: (part, block) => offered({ view_id: view.id }, part, block),
  };
}

function showHome(view, refresh) {
  const root = $("home-view");
  const version = view ? view.id + view.hash : `none ${me()}`;
  if (root.dataset.version === version) return;
  root.dataset.version = version;
  const empty = () => [el("p", { className: "muted", textContent: "Nothing yet." })];
  root.replaceChildren(...(view ? renderBlocks(view.blocks, viewActions(view, root, refresh)) : empty()));
  if (view) recall(root, view.state.values);
}

function showModal(view, refresh) {
  const dialog = $("modal");
  const version = view ? view.id + view.hash : "";
  if ((dialog.dataset.version || "") === version && (!view || dialog.open)) return;
  dialog.dataset.version = version;
  if (!view) {
    dialog.close();
    return;
  }
  const form = modalForm(view, refresh);
  const older = dialog.querySelector("form");
  if (older && older.dataset.view === view.id) carryOver(older, form);
  const focused = document.activeElement?.dataset?.action;
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
  if (focused) [...form.querySelectorAll("[data-action]")].find((node) => node.dataset.action === focused)?.focus();
}

function modalForm(view, refresh) {
  const body = el("div", { className: "modal-body" });
  body.append(...renderBlocks(view.blocks, viewActions(view, body, refresh)));
  recall(body, view.state.values);
  const close = () => told(() => act("slack/close", { user: me() }), refresh);
  return el("form", { dataset: { view: view.id }, noValidate: true, onsubmit: (event) => submit(event, view, body, refresh) },
    ...modalParts(view, body, close));
}

async function submit(event, view, body, refresh) {
  event.preventDefault();
  for (const place of body.querySelectorAll(".error")) place.textContent = "";
  $("modal-error").textContent = "";
  const result = await attempt(() => act("slack/submit", { user: me(), view_id: view.id, values: values(body) }));
  showErrors(body, result?.errors);
  if (result && !result.ok && !result.errors) $("modal-error").textContent = result.shown_in_view || "Something went wrong.";
  if (!result) $("modal-error").textContent = $("note").textContent;
  refresh();
}

// A button's confirm dialog; true where there is none.
function askFirst(confirm) {
  if (!confirm) return Promise.resolve(true);
  const dialog = $("confirm");
  return new Promise((answer) => {
    const say = (value) => { dialog.close(); answer(value); };
    dialog.replaceChildren(
      el("h3", { id: "confirm-title", textContent: confirm.title.text }),
      mrkdwn(confirm.text.text),
      el("div", { className: "actions end" },
        el("button", { type: "button", textContent: confirm.deny.text, onclick: () => say(false) }),
        el("button", { type: "button", className: confirm.style || "primary", textContent: confirm.confirm.text, onclick: () => say(true) })));
    dialog.oncancel = () => answer(false);
    dialog.showModal();
  });
}
