// Slack's mrkdwn as DOM nodes: bold, italic, strike, code, quotes, links, mentions, dates, a few emoji.

import { clockWords, el } from "./dom.js";

const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", key: "🔑", door: "🚪", bell: "🔔",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", lock: "🔒", unlock: "🔓", no_entry: "⛔", wave: "👋", iphone: "📱",
  speech_balloon: "💬", clock3: "🕒", alarm_clock: "⏰", rotating_light: "🚨", house: "🏠", battery: "🔋",
  calendar: "📅", bust_in_silhouette: "👤", tada: "🎉", memo: "📝", information_source: "ℹ️", arrows_counterclockwise: "🔄", eyes: "👀",
};
const MARKS = { "*": "strong", _: "em", "~": "s" };
const names = new Map([["U_NIGHTPORTER", "Night Porter"]]);

export const setName = (id, name) => names.set(id, name);
export const nameOf = (id) => names.get(id) || id;
export const isBot = (id) => id === "U_NIGHTPORTER";

const unescaped = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
export const emoji = (text) => text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI[name] || whole);
const words = (text) => document.createTextNode(emoji(unescaped(text)));

export function mrkdwn(text) {
  const holder = el("div", { className: "mrkdwn" });
  for (const [index, part] of text.split("```").entries()) {
    if (index % 2) holder.append(el("pre", { textContent: unescaped(part).trim() }));
    else holder.append(...lines(part));
  }
  return holder;
}

function lines(text) {
  const nodes = [];
  for (const line of text.split("\n")) {
    if (/^(&gt;|>)/.test(line)) nodes.push(el("blockquote", {}, ...inline(line.replace(/^(&gt;|>)\s?/, ""))));
    else nodes.push(...inline(line), el("br"));
  }
  if (nodes.at(-1)?.tagName === "BR") nodes.pop();
  return nodes;
}

const TOKEN = /`([^`\n]+)`|<([^<>\n]+)>|(^|[\s([{"'—–-])([*_~])(?=\S)(.*?\S)\4(?=$|[\s.,;:!?)\]}"'—–-])/;

function inline(text) {
  const nodes = [];
  let rest = text, found;
  while ((found = TOKEN.exec(rest))) {
    const [whole, code, link, before = "", mark, inner] = found;
    nodes.push(words(rest.slice(0, found.index) + before));
    if (code !== undefined) nodes.push(el("code", { textContent: unescaped(code) }));
    else if (link !== undefined) nodes.push(special(link));
    else nodes.push(el(MARKS[mark], {}, ...inline(inner)));
    rest = rest.slice(found.index + whole.length);
  }
  nodes.push(words(rest));
  return nodes;
}

function special(link) {
  const [target, label] = link.split(/\|(.*)/s);
  if (target.startsWith("@")) return el("span", { className: "mention", textContent: `@${nameOf(target.slice(1))}` });
  if (target.startsWith("#")) return el("span", { className: "mention", textContent: `#${label || nameOf(target.slice(1)).replace(/^#/, "")}` });
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return el("span", { className: "mention", textContent: `@${label || target.slice(1)}` });
  if (!/^(https?|mailto|tel):/i.test(target)) return document.createTextNode(`<${unescaped(link)}>`);
  return el("a", { href: unescaped(target), target: "_blank", rel: "noopener noreferrer", textContent: unescaped(label || target) });
}

const DATES = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
  date: { year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  time: { hour: "2-digit", minute: "2-digit" },
  time_secs: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
};

function date(target, label) {
  const [, seconds, format = ""] = target.split("^");
  const moment = new Date(Number(seconds) * 1000);
  if (Number.isNaN(moment.getTime())) return words(label || target);
  return words(format.replace(/\{(\w+?)(_pretty)?\}/g, (whole, name) => DATES[name] ? clockWords(moment, DATES[name]) : whole));
}
