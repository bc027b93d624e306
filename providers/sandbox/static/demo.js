// The page's heart: it asks the sandbox once a second, and at once after anything a person did.

import { $, act, attempt, clockWords, look } from "./dom.js";
import * as door from "./door.js";
import * as phone from "./phone.js";
import * as slack from "./slack.js";

const EVERY_MS = 1000;
let timer, busy = false, again = false;

async function showClock() {
  const { now } = await look("clock");
  const moment = new Date(now);
  const words = clockWords(moment, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  $("now").textContent = `${words}, ${clockWords(moment, { hour: "2-digit", minute: "2-digit", timeZoneName: "short" })}`;
  $("now").dateTime = now;
}

async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  clearTimeout(timer);
  const results = await Promise.allSettled([door.poll().then(showClock), slack.poll(refresh), phone.poll()]);
  const broken = results.find((result) => result.status === "rejected");
  document.body.classList.toggle("lost", Boolean(broken));
  if (broken) $("note").textContent = `${broken.reason.message} Trying again.`;
  else if ($("note").textContent.endsWith("Trying again.")) $("note").textContent = "";
  busy = false;
  timer = setTimeout(refresh, again ? 0 : document.hidden ? EVERY_MS * 5 : EVERY_MS);
  again = false;
}

for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", () =>
    attempt(() => act("clock", { advance: button.dataset.advance })).then(refresh));
}
document.addEventListener("visibilitychange", () => document.hidden || refresh());

door.start(refresh);
phone.start(refresh);
slack.start(refresh).then(refresh, (error) => { $("note").textContent = `${error.message} Reload the page.`; });
