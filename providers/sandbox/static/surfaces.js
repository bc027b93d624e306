// What Slack puts around blocks: who said it and when, a modal's title and buttons. Used by the page and by pictures.

import { el, shortTime } from "./dom.js";
import { renderBlocks } from "./block_kit.js";
import { isBot, mrkdwn, nameOf } from "./mrkdwn.js";

export function messageNode(tag, message, on) {
  const reply = message.thread_ts && message.thread_ts !== message.ts;
  const classes = ["message", message.ephemeral_for ? "ephemeral" : "", reply ? "reply" : ""];
  return el(tag, { className: classes.join(" ").trim() },
    avatar(message.user),
    el("div", { className: "said" },
      el("div", { className: "by" },
        el("strong", { textContent: nameOf(message.user) }),
        isBot(message.user) ? el("span", { className: "app-badge", textContent: "APP" }) : null,
        el("time", { textContent: shortTime(new Date(Number(message.ts) * 1000)) }),
        message.ephemeral_for ? el("small", { textContent: "Only visible to you" }) : null),
      message.blocks.length ? renderBlocks(message.blocks, on) : mrkdwn(message.text),
      message.edited ? el("small", { className: "edited", textContent: "(edited)" }) : null));
}

function avatar(user) {
  const words = nameOf(user).split(" ").slice(0, 2).map((word) => word[0]).join("");
  return el("span", { className: `avatar ${isBot(user) ? "bot" : ""}`.trim(), "aria-hidden": "true", textContent: words });
}

// `body` holds the view's blocks; `close` is what the other button does.
export function modalParts(view, body, close) {
  return [
    el("h3", { className: "modal-title", id: "modal-title", textContent: view.title.text }),
    body,
    el("p", { className: "error", role: "alert", id: "modal-error" }),
    el("div", { className: "actions end" },
      el("button", { type: "button", className: "large", textContent: view.close?.text || "Close", onclick: close }),
      view.submit ? el("button", { className: "primary large", textContent: view.submit.text, disabled: view.submit_disabled }) : null),
  ];
}

export function showErrors(body, errors) {
  for (const [blockId, words] of Object.entries(errors || {})) {
    const block = [...body.querySelectorAll(".block")].find((node) => node.dataset.block === blockId);
    const place = block?.querySelector(".error");
    if (place) place.textContent = words;
  }
}
