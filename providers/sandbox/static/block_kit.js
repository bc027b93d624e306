// Block Kit as DOM nodes. `on.action(element, block, value)` hears clicks and picks; `values(root)` reads a form.
// Shapes: docs.slack.dev/reference/block-kit. What is not known is named, never guessed.

import { el } from "./dom.js";
import { emoji, mrkdwn } from "./mrkdwn.js";

export function textOf(object) {
  if (!object) return el("span");
  if (object.type === "mrkdwn") return mrkdwn(object.text);
  return el("span", { className: "plain", textContent: emoji(object.text) });
}

const BLOCKS = { section, header, divider: () => el("hr"), context, actions, input, image, markdown, rich_text: richText };

export function renderBlocks(blocks, on) {
  return blocks.map((block) => {
    const make = BLOCKS[block.type];
    const node = make ? make(block, on) : el("p", { className: "muted", textContent: `(a block of type ${block.type})` });
    node.classList.add("block");
    node.dataset.block = block.block_id || "";
    return node;
  });
}

function section(block, on) {
  const fields = (block.fields || []).map((field) => el("div", { className: "field" }, textOf(field)));
  return el("div", { className: "section" },
    el("div", { className: "section-text" },
      block.text ? textOf(block.text) : null,
      fields.length ? el("div", { className: "fields" }, fields) : null),
    block.accessory ? element(block.accessory, block, on) : null);
}

function header(block) {
  return el("h4", { className: "header", textContent: emoji(block.text.text) });
}

function markdown(block) {
  return el("div", { className: "plain-text", textContent: block.text });
}

function image(block) {
  return el("p", { className: "muted", textContent: `(picture: ${block.alt_text})` });
}

function context(block) {
  const parts = block.elements.map((part) => (part.type === "image" ? image(part) : textOf(part)));
  return el("div", { className: "context" }, parts);
}

function actions(block, on) {
  return el("div", { className: "actions" }, block.elements.map((part) => element(part, block, on)));
}

function input(block, on) {
  const field = element(block.element, block, block.dispatch_action ? on : { ...on, action: null });
  const group = ["checkboxes", "radio_buttons"].includes(block.element.type);
  return el(group ? "fieldset" : "label", { className: "input" },
    el(group ? "legend" : "span", { className: "label" },
      emoji(block.label.text), block.optional ? el("small", { textContent: " (optional)" }) : null),
    field,
    block.hint ? el("small", { className: "muted" }, textOf(block.hint)) : null,
    el("strong", { className: "error", role: "alert" }));
}

function richText(block) {
  const flat = (part) => part.elements ? part.elements.map(flat).join("") : part.text || part.url || part.user_id || "";
  return el("div", { className: "plain-text", textContent: block.elements.map(flat).join("\n") });
}

const ELEMENTS = {
  button, overflow, image,
  static_select: menu, multi_static_select: menu, external_select: external, multi_external_select: external,
  users_select: people, multi_users_select: people,
  checkboxes: ticks, radio_buttons: ticks,
  plain_text_input: written, email_text_input: written, url_text_input: written, number_input: written,
  datepicker: picker, timepicker: picker, datetimepicker: picker,
};

function element(part, block, on) {
  const make = ELEMENTS[part.type];
  if (!make) return el("span", { className: "muted", textContent: `(${part.type})` });
  const node = make(part, block, on);
  node.dataset.action = part.action_id || "";
  node.dataset.type = part.type;
  return node;
}

function button(part, block, on) {
  const link = part.url && /^https?:/i.test(part.url);
  return el("button", {
    type: "button",
    className: part.style || "",
    textContent: emoji(part.text.text),
    "aria-label": part.accessibility_label,
    onclick: async () => {
      if (!(await on.confirm(part.confirm))) return;
      if (link) window.open(part.url, "_blank", "noopener");
      on.action(part, block, part.value);
    },
  });
}

function tell(part, block, on) {
  return async (event) => {
    if (!on.action) return;
    const field = event.currentTarget;
    if (await on.confirm(part.confirm)) on.action(part, block, read(field));
  };
}

const optionsOf = (part) => [...(part.options || []), ...(part.option_groups || []).flatMap((group) => group.options)];
const initialOf = (part) => {
  const picked = part.initial_options || (part.initial_option ? [part.initial_option] : []);
  return picked.map((option) => option.value);
};

function filled(select, options, initial, blank) {
  const shown = options.map((option) =>
    el("option", { value: option.value, textContent: emoji(option.text.text), selected: initial.includes(option.value) }));
  select.replaceChildren(...(select.multiple ? [] : [el("option", { value: "", textContent: blank })]), ...shown);
}

function menu(part, block, on) {
  const select = el("select", { multiple: part.type.startsWith("multi"), onchange: tell(part, block, on) });
  filled(select, optionsOf(part), initialOf(part), part.placeholder?.text || "Choose");
  return select;
}

function overflow(part, block, on) {
  const select = menu(part, block, on);
  select.firstChild.textContent = "⋯";
  select.setAttribute("aria-label", "More");
  return select;
}

function external(part, block, on) {
  const known = part.initial_options || (part.initial_option ? [part.initial_option] : []);
  const select = el("select", { multiple: part.type.startsWith("multi"), onchange: tell(part, block, on) });
  filled(select, known, initialOf(part), part.placeholder?.text || "Choose");
  on.options?.(part, block).then((offered) => {
    const picked = [...select.selectedOptions].map((option) => option.value).filter(Boolean);
    const shown = [...select.options].filter((option) => option.value && !offered.some((offer) => offer.value === option.value));
    const kept = shown.map((option) => ({ value: option.value, text: { text: option.textContent } }));
    filled(select, [...kept, ...offered], picked, part.placeholder?.text || "Choose");
  });
  return select;
}

function people(part, block, on) {
  const initial = part.initial_users || (part.initial_user ? [part.initial_user] : []);
  const select = el("select", { multiple: part.type.startsWith("multi"), onchange: tell(part, block, on) });
  const options = on.people.map(([value, name]) => ({ value, text: { text: name } }));
  filled(select, options, initial, part.placeholder?.text || "Choose");
  return select;
}

let groups = 0;
function ticks(part, block, on) {
  const kind = part.type === "checkboxes" ? "checkbox" : "radio", name = `ticks-${(groups += 1)}`;
  const initial = initialOf(part);
  return el("div", { className: "ticks", onchange: tell(part, block, on) }, part.options.map((option) =>
    el("label", { className: "tick" },
      el("input", { type: kind, name, value: option.value, checked: initial.includes(option.value) }),
      el("span", {}, textOf(option.text), option.description ? el("small", { className: "muted" }, textOf(option.description)) : null))));
}

const INPUT_TYPES = { email_text_input: "email", url_text_input: "url", number_input: "number" };
function written(part, block, on) {
  const each = part.dispatch_action_config?.trigger_actions_on?.includes("on_character_entered");
  const heard = tell(part, block, on);
  let timer;
  const props = { value: part.initial_value || "", placeholder: part.placeholder?.text || "", onchange: heard };
  if (part.max_length) props.maxLength = part.max_length;
  if (each) props.oninput = (event) => {
    const field = event.currentTarget;
    clearTimeout(timer);
    timer = setTimeout(() => heard({ currentTarget: field }), 400);
  };
  if (part.multiline) return el("textarea", { rows: 3, ...props });
  return el("input", { type: INPUT_TYPES[part.type] || "text", autocomplete: "off", ...props });
}

const pad = (number) => String(number).padStart(2, "0");
function localMoment(seconds) {
  const at = new Date(seconds * 1000);
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}T${pad(at.getHours())}:${pad(at.getMinutes())}`;
}

const PICKERS = { datepicker: ["date", "initial_date"], timepicker: ["time", "initial_time"] };
function picker(part, block, on) {
  const [type, initial] = PICKERS[part.type] || ["datetime-local", ""];
  const value = initial ? part[initial] || "" : part.initial_date_time ? localMoment(part.initial_date_time) : "";
  return el("input", { type, value, onchange: tell(part, block, on) });
}

// The plain value of one element, as /sandbox/slack/submit takes it; null where nothing is given.
export function read(node) {
  const type = node.dataset.type;
  if (type === "checkboxes") return [...node.querySelectorAll("input:checked")].map((box) => box.value);
  if (type === "radio_buttons") return node.querySelector("input:checked")?.value ?? null;
  if (type.startsWith("multi")) return [...node.selectedOptions].map((option) => option.value);
  if (type === "datetimepicker") return node.value ? Math.floor(new Date(node.value).getTime() / 1000) : null;
  return node.value === "" ? null : node.value;
}

// `labels` names options that a menu has not loaded yet.
function write(node, value, labels = {}) {
  const type = node.dataset.type;
  const list = Array.isArray(value) ? value : [value];
  if (type === "checkboxes" || type === "radio_buttons") {
    for (const box of node.querySelectorAll("input")) box.checked = list.includes(box.value);
  } else if (node.tagName === "SELECT") {
    const lacking = list.filter((one) => one && ![...node.options].some((option) => option.value === one));
    if (type.endsWith("external_select")) {
      node.append(...lacking.map((one) => el("option", { value: one, textContent: labels[one] || one })));
    }
    for (const option of node.options) option.selected = list.includes(option.value);
  } else if (type === "datetimepicker") node.value = value ? localMoment(value) : "";
  else node.value = value ?? "";
}

const fieldsOf = (root) => [...root.querySelectorAll("[data-action]")].filter(
  (node) => !["button", "overflow", "image"].includes(node.dataset.type));

export function values(root) {
  return Object.fromEntries(fieldsOf(root).map((node) => [node.dataset.action, read(node)]));
}

// Carries what was typed from an older rendering into a newer one, where block, action and type are the same.
export function carryOver(from, to) {
  const place = (node) => [node.closest(".block").dataset.block, node.dataset.action, node.dataset.type].join("\n");
  const old = new Map(fieldsOf(from).map((node) => [place(node), node]));
  for (const node of fieldsOf(to)) {
    const known = old.get(place(node));
    if (!known) continue;
    const labels = Object.fromEntries([...(known.options || [])].map((option) => [option.value, option.textContent]));
    write(node, read(known), labels);
  }
}

// Shows what Slack remembers of a form: its `state.values`.
export function recall(root, state) {
  for (const node of fieldsOf(root)) {
    const told = state?.[node.closest(".block").dataset.block]?.[node.dataset.action];
    if (!told) continue;
    const [value] = Object.entries(told).filter(([name]) => name !== "type").map(([, given]) => given);
    const options = [value].flat().filter((one) => one?.value !== undefined);
    const labels = Object.fromEntries(options.map((option) => [option.value, option.text.text]));
    write(node, Array.isArray(value) ? value.map((one) => one.value ?? one) : value?.value ?? value, labels);
  }
}
