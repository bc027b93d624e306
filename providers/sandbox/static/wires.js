// What travelled between the bot and its vendors, newest first; and a switch that makes some of it go wrong.

import { $, act, attempt, clockWords, el, look, lookAt, reconcile } from "./dom.js";

const SHOWN = 40;
const BAD = [
  ["seam", "timeout_after_commit", 0.15], ["seam", "http_500", 0.15], ["twilio", "timeout_after_commit", 0.15],
  ["twilio", "http_500", 0.1], ["slack", "http_429", 0.1],
];
const NAMES = { seam: "Seam", igloohome: "igloohome", twilio: "Twilio", slack: "Slack", feeds: "Airbnb", hospitable: "Hospitable" };
const nameOf = (vendor) => NAMES[vendor] || vendor;

export function start(refresh) {
  $("bad-day").addEventListener("change", async () => {
    const bad = $("bad-day").checked;
    if (bad) for (const [provider, fault, rate] of BAD) await attempt(() => act("faults", { provider, fault, rate }));
    else await attempt(() => lookAt("/sandbox/faults", { method: "DELETE" }));
    refresh();
  });
}

export async function poll() {
  const { traffic } = await look("traffic");
  const newest = traffic.slice(-SHOWN).reverse().map((one, index, all) => ({ ...one, key: `${one.real} ${one.path} ${all.length}` }));
  reconcile($("traffic"), newest, (one) => one.key, line);
}

function line(one) {
  const arrow = one.direction === "in" ? `bot → ${nameOf(one.vendor)}` : `${nameOf(one.vendor)} → bot`;
  const failed = one.status === null || one.status >= 400;
  return el("li", { className: failed ? "failed" : "" },
    el("time", { textContent: clockWords(new Date(one.at), { hour: "2-digit", minute: "2-digit", second: "2-digit" }) }),
    el("span", { textContent: arrow }),
    el("code", { textContent: `${one.method} ${one.path}` }),
    el("strong", { textContent: one.status === null ? "no answer" : `${one.status}` }));
}
