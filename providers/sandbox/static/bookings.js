// Bookings that come by themselves: a calendar as Airbnb serves it, which knows no number, and a booking system that calls.

import { $, act, attempt, clockWords, el, look, lookAt, reconcile } from "./dom.js";

const CALENDAR = "airbnb";
const GUESTS = [["Hugo Sample", "+447700900043"], ["Iris Sample", "+447700900044"], ["Jules Sample", "+447700900045"]];
const DAY = 24 * 3600e3;
let now = new Date(), made = 0, sent = 0, secret = "";

const post = (address) => lookAt(address, { method: "POST" });
const day = (moment) => moment.toISOString().slice(0, 10);
const inDays = (days, from = now) => new Date(from.getTime() + days * DAY);
const shown = (date) => clockWords(new Date(`${date}T12:00:00Z`), { weekday: "short", day: "numeric", month: "short" });

export function start(refresh) {
  $("book-calendar").addEventListener("click", () => attempt(() => booked(refresh)));
  $("book-system").addEventListener("click", () => attempt(() => called(refresh)));
}

// The bot reads every ten to fifteen minutes, and at once where somebody asks for it.
async function changed(change, refresh) {
  await act(`feeds/${CALENDAR}`, { platform: CALENDAR, ...change });
  await post(`/demo/feeds/${CALENDAR}`);
  refresh();
}

function booked(refresh) {
  const first = inDays(3 + 3 * made);
  made += 1;
  const book = { id: `A${made}`, from: day(first), to: day(inDays(2, first)), code: `HMDEMO000${made}`, last_four: "0042" };
  return changed({ book }, refresh);
}

async function called(refresh) {
  secret ||= (await post("/demo/bookings/hospitable")).secret;
  const [name, phone] = GUESTS[sent % GUESTS.length], number = sent += 1;
  const [first_name, last_name] = name.split(" "), begins = inDays(3 + 3 * sent);
  begins.setUTCHours(14, 0, 0, 0);
  const data = {
    id: `demo-${day(now)}-${number}`, platform: "airbnb", check_in: begins.toISOString(), check_out: inDays(2, begins).toISOString(),
    reservation_status: { current: { category: "accepted" } },
    guest: { first_name, last_name, phone_numbers: [phone] }, properties: [{ id: "Front door", name: "Front door" }],
  };
  const body = { id: `delivery-${number}`, action: "reservation.created", triggers: ["status_changed"], version: "v2", created: now.toISOString(), data };
  await act("bookings/hospitable", { secret, body });
  refresh();
}

export async function poll(moment, refresh) {
  now = moment;
  const { [CALENDAR]: calendar } = await look("feeds");
  made = Math.max(made, calendar ? calendar.bookings.length : 0);
  reconcile($("calendar"), calendar ? calendar.bookings : [], (one) => one.id, (one) => line(one, refresh));
}

function line(one, refresh) {
  const later = (date) => day(inDays(1, new Date(`${date}T12:00:00Z`)));
  const moved = { ...one, from: later(one.from), to: later(one.to) };
  const button = (words, change) => el("button", { type: "button", textContent: words, onclick: () => attempt(() => changed(change, refresh)) });
  return el("li", {},
    el("span", { textContent: `${one.code}: ${shown(one.from)} to ${shown(one.to)}` }),
    button("Move it by a day", { book: moved }), button("Cancel it", { cancel: one.id }));
}
