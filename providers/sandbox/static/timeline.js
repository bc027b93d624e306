// What is due: every open stay as a bar, with the window in which its PIN must first be used drawn as a band that closes.

import { $, act, attempt, clockWords, el, lookAt, note, reconcile } from "./dom.js";

const HOUR = 3600e3;
const UNUSED = ["ready", "shared", "minting", "reserved"];
const WORDS = {
  reserved: "approved, PIN not made yet", minting: "PIN is being made", ready: "PIN made", shared: "PIN texted, not heard of yet",
  active: "in", withdrawn: "withdrawn", unconfirmed: "not heard of",
};
// How sure we are that the door opens with it.
const SURE = { certain: "opens for certain", perhaps: "may open, nobody has told us", nothing: "" };
const LOOKS_AGAIN_MS = 300;
const PATIENCE_MS = 10000; // what waits for the machine's own clock, a lease, holds nobody up
// A look that began before the clock was moved says nothing of what the move brought.
let next = null, awaiting = false, pressedAt = 0, movedAt = 0;

export function start(refresh) {
  $("next").addEventListener("click", async () => {
    if (awaiting) return;
    if (!next) return note("Nothing more will happen by itself: ask for a PIN, approve one, or replace one that nobody has heard of.");
    pressedAt = Date.now();
    movedAt = Infinity;
    wait(true);
    await attempt(() => act("clock", { to: next }));
    movedAt = performance.now();
    refresh();
  });
}

// Not `disabled`: whoever came here with the keyboard stays here.
function wait(still) {
  awaiting = still;
  $("next").setAttribute("aria-disabled", still);
}

export async function see() {
  const at = performance.now(), due = await lookAt("/demo/due");
  return { due, now: new Date(due.now), at };
}

// Drawn after everything else of the same look: whoever may go on has before them what the last step brought.
export function draw({ due, now, at }, refresh) {
  next = due.next && new Date(due.next) > now ? due.next : null;
  // Time goes on only when all that is due by now is done.
  if ((at >= movedAt && !due.busy && !due.soon) || Date.now() - pressedAt > PATIENCE_MS) wait(false);
  if (awaiting) setTimeout(refresh, LOOKS_AGAIN_MS);
  $("next-words").textContent = next ? `The next thing happens ${when(next)}.` : "";
  $("timeline").hidden = !due.stays.length;
  const hour = Math.floor(now / (HOUR / 4));
  reconcile($("stays"), due.stays.map((stay) => ({ ...stay, hour })), (stay) => stay.id, (stay) => drawn(stay, now));
}

const when = (iso, timeZone) => clockWords(new Date(iso), {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", ...(timeZone ? { timeZone } : {}),
});
const city = (zone) => zone.split("/").pop().replaceAll("_", " ");

function drawn(stay, now) {
  const starts = new Date(stay.starts_at), ends = new Date(stay.ends_at);
  const deadline = stay.activate_by && UNUSED.includes(stay.status) ? new Date(stay.activate_by) : null;
  const from = Math.min(now, starts - 24 * HOUR), to = Math.max(now, Math.min(ends, +starts + 72 * HOUR));
  const at = (moment) => Math.max(0, Math.min(100, ((moment - from) / (to - from)) * 100));
  const piece = (name, begin, end, words) => {
    const node = el("span", { className: name, title: words });
    node.style.left = `${at(begin)}%`;
    if (end) node.style.width = `${at(end) - at(begin)}%`;
    return node;
  };
  const bar = el("div", { className: "track", "aria-hidden": "true" },
    piece("whole", starts, ends, "the PIN works"),
    deadline ? piece("band", Math.max(starts, Math.min(now, deadline)), deadline, "it must be used first within this time") : null,
    ...(deadline ? stay.reminders.map((one) => piece("mark", new Date(one), null, `reminder ${when(one, stay.zone)}`)) : []),
    piece("now", now, null, "now"));
  return el("li", {},
    el("div", { className: "head" }, el("strong", { textContent: `${stay.guest}, ${stay.lock}${stay.which ? `, ${stay.which}` : ""}` }), el("span", { textContent: inWords(stay, deadline, now) })),
    bar);
}

function inWords(stay, deadline, now) {
  const state = [WORDS[stay.status] || stay.status, SURE[stay.opens]].filter(Boolean).join(", ");
  const zone = `${city(stay.zone)} time`;
  if (!deadline) return `${state}; until ${when(stay.ends_at, stay.zone)}, ${zone}`;
  const left = Math.max(0, Math.floor((deadline - Math.max(now, new Date(stay.starts_at))) / HOUR));
  return `${state}; first use by ${when(stay.activate_by, stay.zone)}, ${zone} (${left} h of 24)`;
}
