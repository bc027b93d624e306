// The door column: a keypad, a lamp, and in words why it stays shut.

import { $, act, attempt, choices, el, look, setZone, shortTime } from "./dom.js";

const REASONS = {
  not_yet: "Red. Not yet: this PIN starts later.",
  ended: "Red. Over: this PIN has ended.",
  missed_activation: "Red. Dead: it was not used within 24 hours of its start.",
  already_used: "Red. Used: a one-time PIN opens once.",
  unknown_pin: "Red. This lock knows no such PIN.",
  locked_out: "Red. The keypad has locked itself after wrong tries. Wait five minutes.",
};
const LAMPS = { off: "Lamp off", green: "Lamp green", red: "Lamp red", locked: "Lamp red: keypad locked" };
let doors = [];

export function start(refresh) {
  const pin = $("pin");
  const key = (label, words, deed) => el("button", { type: "button", textContent: label, "aria-label": words, onclick: deed });
  const digits = [..."123456789"].map((digit) => key(digit, digit, () => { pin.value += digit; }));
  $("keys").replaceChildren(...digits,
    key("⌫", "Delete the last digit", () => { pin.value = pin.value.slice(0, -1); }),
    key("0", "0", () => { pin.value += "0"; }),
    el("button", { className: "primary", textContent: "Unlock" }));
  $("keypad").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!pin.value.trim()) return;
    const device = $("door").value;
    const result = await attempt(() => act(`doors/${encodeURIComponent(device)}/keypad`, { pin: pin.value }));
    if (!result) return;
    tried(pin.value, result);
    pin.value = "";
    refresh();
  });
  $("door").addEventListener("change", () => { $("tries").replaceChildren(); $("verdict").textContent = "Type a PIN."; show(); });
}

const inWords = (result) => (result.opened ? "Green. The door is open." : REASONS[result.reason] || `Red. ${result.reason}`);

function tried(pin, result) {
  $("verdict").textContent = inWords(result);
  $("tries").prepend(el("li", {}, el("code", { textContent: pin }), ` ${result.opened ? "opened" : result.reason.replaceAll("_", " ")}`));
  while ($("tries").children.length > 5) $("tries").lastChild.remove();
}

export async function poll() {
  ({ doors } = await look("doors"));
  choices($("door"), doors.map((door) => [door.id, `${door.name}${door.bridge ? " (bridge)" : ""}`]));
  show();
}

function show() {
  const door = doors.find((one) => one.id === $("door").value);
  if (!door) return;
  setZone(door.zone);
  $("lamp").className = `lamp ${door.lamp}`;
  $("lamp").title = LAMPS[door.lamp] || door.lamp;
  if (!door.last) return;
  $("lamp").title += `, last try ${shortTime(new Date(door.last.at))}`;
  $("verdict").textContent = inWords(door.last);
}
