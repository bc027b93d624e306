// The page's heart: it looks whenever the sandbox says that something has happened, and at once after anything a person did.

import { $, act, attempt, clockWords, look } from "./dom.js";
import * as bookings from "./bookings.js";
import * as door from "./door.js";
import * as guide from "./guide.js";
import * as phone from "./phone.js";
import * as slack from "./slack.js";
import * as timeline from "./timeline.js";
import * as wires from "./wires.js";

const EVERY_MS = 5000; // should the sandbox's word be lost; and the clock goes on by itself
const DAY = 24 * 3600e3;
let timer, busy = false, again = false, proposed = false;

async function showClock(seen) {
  const { now } = await seen;
  const moment = new Date(now);
  const words = clockWords(moment, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  $("now").textContent = `${words}, ${clockWords(moment, { hour: "2-digit", minute: "2-digit", timeZoneName: "short" })}`;
  $("now").dateTime = now;
  if (!proposed) propose(moment);
}

// The line to begin with is of a stay some days ahead, so that there is something to wait for on every day of the week.
function propose(now) {
  const day = (ahead) => clockWords(new Date(now.getTime() + ahead * DAY), { weekday: "short" }).toLowerCase();
  const line = $("command-text");
  if (line.value === line.defaultValue) line.value = line.value.replace(/fri|mon/g, (name) => day(name === "fri" ? 3 : 6));
  proposed = true;
}

async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  clearTimeout(timer);
  const due = timeline.see();
  await due.catch(() => null); // seen before the others: what they show is at least as new
  const clock = look("clock");
  const calendar = clock.then(({ now }) => bookings.poll(new Date(now), refresh));
  const looks = [door.poll().then(() => showClock(clock)), clock, slack.poll(refresh), phone.poll(), wires.poll(), calendar];
  const results = await Promise.allSettled([...looks, due]);
  guide.poll();
  await due.then((seen) => timeline.draw(seen, refresh), () => null);
  const broken = results.find((result) => result.status === "rejected");
  document.body.classList.toggle("lost", Boolean(broken));
  if (broken) $("note").textContent = `${broken.reason.message} Trying again.`;
  else if ($("note").textContent.endsWith("Trying again.")) $("note").textContent = "";
  busy = false;
  timer = setTimeout(refresh, again ? 0 : EVERY_MS);
  again = false;
}

for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", () =>
    attempt(() => act("clock", { advance: button.dataset.advance })).then(refresh));
}
document.addEventListener("visibilitychange", () => document.hidden || refresh());

bookings.start(refresh);
door.start(refresh);
phone.start(refresh);
timeline.start(refresh);
wires.start(refresh);
guide.start();
slack.start(refresh).then(listen, (error) => { $("note").textContent = `${error.message} Reload the page.`; });

function listen() {
  new EventSource("/sandbox/changes").addEventListener("message", () => document.hidden || refresh());
  return refresh();
}
