// The phone column: what a guest's phone shows, what is still on its way to it, and texting back.

import { $, act, attempt, choices, el, look, note, reconcile, shortTime } from "./dom.js";

const WORDS = ["PIN", "IN", "HERE", "LATE 22:00", "STUCK", "HUMAN", "STOP", "START"];
const TICKS = { delivered: "✓✓ delivered", sent: "✓ sent", received: "✓ sent", undelivered: "✗ not delivered", failed: "✗ failed" };
const path = () => `phones/${encodeURIComponent($("number").value)}`;

export function start(refresh) {
  const send = async (body) => {
    if (!$("number").value) return note("No phone is known yet: it appears with the first text.");
    const result = await attempt(() => act(path(), { body }));
    if (result && !result.ok) note(`The bot did not take the text: ${result.status || "no answer"}.`);
    return refresh();
  };
  $("chips").replaceChildren(...WORDS.map((word) => el("button", { type: "button", textContent: word, onclick: () => send(word) })));
  $("reply").addEventListener("submit", (event) => {
    event.preventDefault();
    const body = $("reply-text").value.trim();
    if (!body) return;
    $("reply-text").value = "";
    send(body);
  });
  $("reply-text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    $("reply").requestSubmit();
  });
  $("number").addEventListener("change", () => { $("texts").replaceChildren(); refresh(); });
}

export async function poll() {
  const { phones } = await look("phones");
  choices($("number"), phones.length
    ? phones.map((phone) => [phone.phone, `${phone.phone}${phone.opted_out ? " (opted out)" : ""}`])
    : [["", "none yet"]]);
  const number = $("number").value;
  if (!number) {
    reconcile($("texts"), [{ sid: "none" }], () => "none", () => el("li", { className: "muted", textContent: "The first text makes a phone known." }));
    return;
  }
  const [phone, carrier] = await Promise.all([look(path()), look("twilio-messages")]);
  if (number !== $("number").value) return;
  const landed = new Set(phone.texts.map((text) => text.sid));
  const waiting = carrier.messages.filter((message) => message.to === number && !landed.has(message.sid) && message.direction !== "inbound");
  const shown = [...phone.texts.map((text, index) => ({ ...text, key: `${index}` })), ...waiting.map((message) => ({ ...message, key: message.sid, lost: true }))];
  const changed = reconcile($("texts"), shown, (text) => text.key, (text) => (text.lost ? missing(text) : bubble(text)));
  if (changed) $("texts").scrollTop = $("texts").scrollHeight;
}

function bubble(text) {
  const about = `${shortTime(new Date(text.at))} · ${TICKS[text.status] || text.status}`;
  const parts = text.segments > 1 ? ` · ${text.segments} parts` : "";
  return el("li", { className: `bubble ${text.direction}` },
    el("span", { className: "body", textContent: text.body }),
    el("small", { textContent: about + parts }));
}

function missing(message) {
  const state = TICKS[message.status] || `${message.status}…`;
  const why = message.error_code ? ` (${message.error_code})` : "";
  return el("li", { className: "bubble lost" }, el("small", { textContent: `A text that is not on this phone: ${state}${why}` }));
}
