// One sheet of pictures, drawn by the demo page's own renderer from what the sandbox was sent. Says how large it is.

import { clockWords, el, setZone, shortTime } from "/static/dom.js";
import { recall, renderBlocks } from "/static/block_kit.js";
import { setName } from "/static/mrkdwn.js";
import { messageNode, modalParts, showErrors } from "/static/surfaces.js";
import { sheet } from "/sheet-data.js";

const STILL = { people: [], confirm: () => Promise.resolve(false), action: () => {} };

const KINDS = {
  message: (item) => el("div", { className: "frame" }, messageNode("div", { ...item.message, edited: null, thread_ts: null }, STILL)),
  modal: (item) => {
    const body = el("div", { className: "modal-body" }, renderBlocks(item.view.blocks, STILL));
    recall(body, item.view.state.values);
    showErrors(body, item.errors);
    return el("div", { className: "frame modal" }, modalParts(item.view, body, () => {}));
  },
  home: (item) => el("div", { className: "frame home home-tab" }, renderBlocks(item.view.blocks, STILL)),
  phone: (item) => el("div", { className: "phone-frame" },
    el("div", { className: "sender", textContent: item.sender }),
    item.texts.map((text) => el("div", { className: `bubble ${text.direction}` },
      el("span", { className: "body", textContent: text.body }),
      el("small", { textContent: shortTime(new Date(text.at)) })))),
};

// A machine that makes pictures need not have a font with emoji: the few that the bot uses are drawn here.
const DRAWN = {
  "⚠️": [["path", { d: "M12 2 23 21H1Z", fill: "#ffc83d", stroke: "#c98a00", "stroke-width": "1" }], ["path", { d: "M12 8v7M12 17v1.6", stroke: "#3d2b00", "stroke-width": "2.2" }]],
  "⛔": [["circle", { cx: "12", cy: "12", r: "10.5", fill: "#dd2e44" }], ["path", { d: "M6 12h12", stroke: "#fff", "stroke-width": "4" }]],
  "ℹ️": [["rect", { x: "1.5", y: "1.5", width: "21", height: "21", rx: "4", fill: "#3b88c3" }], ["path", { d: "M12 10.5V18M12 5.6v2.2", stroke: "#fff", "stroke-width": "3" }]],
  "🔑": [["circle", { cx: "8", cy: "8", r: "5", fill: "none", stroke: "#c1932a", "stroke-width": "3" }], ["path", { d: "m11.5 11.5 9 9M17 17l3-3M14 14l3-3", stroke: "#c1932a", "stroke-width": "3" }]],
};
const SVG = "http://www.w3.org/2000/svg";

// What stands in Slack's pickers; a browser's own look differs from machine to machine.
const WRITTEN = {
  date: ["Select a date", (value) => clockWords(new Date(`${value}T12:00Z`), { day: "numeric", month: "long", year: "numeric" })],
  time: ["Select a time", (value) => value],
};

function writePickers(root) {
  for (const [type, [placeholder, words]] of Object.entries(WRITTEN)) {
    for (const field of root.querySelectorAll(`input[type="${type}"]`)) {
      const value = field.value ? words(field.value) : "";
      field.replaceWith(el("input", { type: "text", value, placeholder }));
    }
  }
}

function drawn(name) {
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("class", "emoji");
  for (const [tag, facts] of DRAWN[name]) {
    const part = document.createElementNS(SVG, tag);
    for (const [fact, value] of Object.entries(facts)) part.setAttribute(fact, value);
    icon.append(part);
  }
  return icon;
}

function drawEmoji(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  const names = new RegExp(`(${Object.keys(DRAWN).join("|")})`);
  for (const text of found) {
    const parts = text.data.split(names);
    if (parts.length > 1) text.replaceWith(...parts.map((part) => (DRAWN[part] ? drawn(part) : part)));
  }
}

setZone(sheet.zone);
for (const [id, name] of Object.entries(sheet.names)) setName(id, name);
const grid = el("div", { className: "grid" }, sheet.columns.map((column) =>
  el("div", { className: "grid" }, column.map((item) =>
    el("div", { className: "item" }, item.caption ? el("p", { className: "caption", textContent: item.caption }) : null, KINDS[item.kind](item))))));
grid.style.gridTemplateColumns = sheet.columns.map(() => "max-content").join(" ");
grid.style.setProperty("--width", `${sheet.width}px`);
document.body.append(grid);
drawEmoji(document.body);
writePickers(document.body);
const { width, height } = document.body.getBoundingClientRect();
document.documentElement.dataset.size = `${Math.ceil(width)}x${Math.ceil(height)}`;
document.documentElement.dataset.window = `${innerWidth}x${innerHeight}`;
