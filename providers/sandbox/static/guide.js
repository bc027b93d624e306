// The guide for a newcomer: ten steps, each ticked off by what is to be seen on the page, in whatever way it came about.
// Texts are read in Slack's words of them: the guest's own may be in any language.

import { $, el } from "./dom.js";

const approvals = (words) => [...$("messages-C_APPROVALS").children].some((one) => words.test(one.textContent));
const verdict = (words) => words.test($("verdict").textContent);

const STEPS = [
  ["Ask", "You are Ada, who needs a PIN for a guest. Send the line that stands in the box after /pin.",
    () => approvals(/to decide|approved|PIN (made|texted|is being made)|: in$|not heard of/)],
  ["Decide", "Become Ben, who may approve. Press Approve on the card: it has every fact, and no PIN.",
    () => approvals(/: (approved|PIN made|PIN texted|PIN is being made|in|not heard of)/)],
  ["Wait", "Press “To the next thing”. The PIN is made only a day before the stay: until then, a cancellation is complete.",
    () => approvals(/PIN text: (sent|delivered)/)],
  ["Come too early", "Read the PIN on the guest's phone and type it at the door. It is red: the stay has not begun.",
    () => verdict(/Not yet/)],
  ["Be reminded", "Press “To the next thing” until the guest is reminded. From its start, the PIN must be used once within 24 hours.",
    () => approvals(/Reminder: (sent|delivered)/)],
  ["Be too late", "Press on until the 24 hours are over, and type the PIN again. It is dead for ever: nobody can bend that rule afterwards.",
    () => verdict(/Dead/)],
  ["Replace it", "Nobody has told Ben that the PIN opened; silence is no proof, so the guest is asked. Ben finds “Not heard of” in #approvals and presses “Replace the PIN”.",
    () => approvals(/PIN number 2/)],
  ["Get in", "Type the newest PIN. The door is open.", () => done.has(6) && verdict(/Green/)],
  ["Say nothing", "Text nothing back. Press on until Ben reads “Not heard of” although the guest is in, and type the PIN: it still opens. Silence is no proof, so no screen calls it dead.",
    () => done.has(7) && verdict(/Green/) && approvals(/: not heard of, may still open/)],
  ["Let it come", "Under Bookings, let Hospitable send one. Nobody typed it: the card says who sent it, and Ben decides as ever. Then let Airbnb take one: its calendar knows no number, so Ben is asked whom to text.",
    () => approvals(/hospitable/i)],
];
const END = "That is why Night Porter says the deadline as a clock time, reminds, and calls staff before the window closes. Play on: text back IN, STUCK or LATE 22:00, or make it a bad day.";
const done = new Set();

export function start() {
  $("guide-steps").replaceChildren(...STEPS.map(([title, words]) => el("li", {}, el("strong", { textContent: title }), el("span", { textContent: words }))));
  $("guide-hide").addEventListener("click", () => {
    const hidden = $("guide").classList.toggle("closed");
    $("guide-hide").setAttribute("aria-expanded", String(!hidden));
    $("guide-hide").textContent = hidden ? "Show the guide" : "Hide the guide";
  });
  show();
}

// A step may be done out of order; what was seen once stays done.
export function poll() {
  const before = done.size;
  STEPS.forEach(([, , seen], index) => { if (!done.has(index) && seen()) done.add(index); });
  if (done.size !== before) show();
}

function show() {
  // What can no longer be done, because time went on, does not hold anybody up.
  const current = STEPS.findIndex((_, index) => index > Math.max(-1, ...done));
  [...$("guide-steps").children].forEach((node, index) => {
    node.className = done.has(index) ? "done" : index === current ? "current" : "";
    if (index === current) node.setAttribute("aria-current", "step");
    else node.removeAttribute("aria-current");
  });
  $("guide-count").textContent = `${done.size} of ${STEPS.length} done`;
  $("guide-now").textContent = current < 0 ? END : `Now: ${STEPS[current][0]}.`;
}
