"""What the bot's answer to a delivery means for the person: words shown at once, a form that closes or complains.

docs.slack.dev/interactivity/implementing-slash-commands (immediate responses, error words) and
docs.slack.dev/surfaces/modals (response_action: errors, update, push, clear). Also what arrives at a response_url.
"""

from typing import Literal

from providers.sandbox.asked import Unfit, parse_json
from providers.sandbox.slack_room.delivery import Answer
from providers.sandbox.slack_room.modals import View
from providers.sandbox.slack_room.people_and_places import BOT_USER, Channel, Json
from providers.sandbox.slack_room.room import RESPONSE_URL_USES, ResponseUrl, SlackError, SlackRoom
from providers.sandbox.slack_room.web_api_chat import check_said
from providers.sandbox.slack_room.web_api_views import checked, push_on, rewrite

Outcome = tuple[int, str]
NO_CONNECTION = "We had some trouble connecting. Try again?"


def show_command_answer(room: SlackRoom, channel: Channel, user: str, command: str, answer: Answer) -> None:
    """The acknowledgement of a slash command: nothing, a plain text, or a message."""
    if answer.error is not None:
        room.whisper(channel, user, f'{command} failed with the error "{answer.error}"')
        return
    said = _read(answer.text)
    if not said.get("text") and not said.get("blocks"):
        return
    try:
        text, blocks = check_said(said.get("text"), said.get("blocks"))
    except SlackError:
        room.whisper(channel, user, f'{command} failed with the error "invalid_command_response"')
        return
    for_all = said.get("response_type") == "in_channel"
    room.post(channel, BOT_USER, text, blocks, ephemeral_for=None if for_all else user)
    room.log_post("ack", {**said, "channel": channel.id, "user": user}, ok=True, ephemeral=not for_all)


def _read(text: str) -> Json:
    """An object in JSON as it is; anything else is a plain text."""
    try:
        value = parse_json(text)
    except Unfit:
        value = None
    return value if isinstance(value, dict) else {"text": text}


def settle_submission(room: SlackRoom, view: View, answer: Answer) -> Json:
    """What becomes of a submitted modal. `ok` is true if Slack took the answer and it held no errors."""
    if not answer.ok:
        return {"ok": False, "error": answer.error, "shown_in_view": NO_CONNECTION}
    said = _read(answer.text) if answer.text.strip() else {}
    action = said.get("response_action")
    try:
        if action == "errors":
            return {"ok": False, "response_action": action, "errors": _errors(view, said)}
        _move_windows(room, view, action, said)
    except SlackError as no:
        return {"ok": False, **no.answer, "response_action": action, "shown_in_view": NO_CONNECTION}
    return {"ok": True, "response_action": action}


def _move_windows(room: SlackRoom, view: View, action: object, said: Json) -> None:
    stack = room.modals.stack(view.user)
    if action == "update":
        rewrite(room, view, checked(said.get("view"), "modal"))
    elif action == "push":
        push_on(room, view.user, checked(said.get("view"), "modal"))
    elif action == "clear":
        stack.clear()
    elif action is None:
        if view in stack:
            stack.remove(view)
    else:
        raise SlackError("invalid_response_action")


def _errors(view: View, said: Json) -> Json:
    """Errors are keyed by the block_id of an input block. Raises SlackError."""
    errors = said.get("errors")
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise SlackError("invalid_errors")
    return errors


def use_response_url(room: SlackRoom, name: str, said: Json) -> Outcome:
    """HTTP status and text, as hooks.slack.com answers."""
    room.heard.note(room.world.clock.now(), "response_url", said)
    url = room.response_urls.get(name)
    if url is None:
        return 404, "no_such_url"
    if room.world.clock.now() > url.expires:
        return 404, "expired_url"
    if url.uses >= RESPONSE_URL_USES:
        return 404, "used_url"
    try:
        _respond(room, url, said)
    except SlackError as no:
        return 400, str(no)
    url.uses += 1
    return 200, "ok"


def _respond(room: SlackRoom, url: ResponseUrl, said: Json) -> None:
    still_there = url.source is not None and url.source.ts in url.channel.messages
    if said.get("delete_original") is True:
        if url.source is not None and still_there:
            del url.channel.messages[url.source.ts]
        return
    text, blocks = check_said(said.get("text"), said.get("blocks"))
    mode: Literal["replace", "all", "one"] = "all" if said.get("response_type") == "in_channel" else "one"
    if said.get("replace_original") is True and url.source is not None and still_there:
        room.rewrite(url.source, text, blocks)
        mode = "replace"
    else:
        thread_ts = url.source.thread_ts if url.source is not None else None
        whom = None if mode == "all" else url.user
        room.post(url.channel, BOT_USER, text, blocks, thread_ts=thread_ts, ephemeral_for=whom)
    seen_by_one = mode == "one" or (mode == "replace" and url.source is not None and bool(url.source.ephemeral_for))
    room.log_post("response_url", {**said, "channel": url.channel.id, "user": url.user}, ok=True, ephemeral=seen_by_one)
