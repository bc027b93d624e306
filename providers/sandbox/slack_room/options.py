"""Menus whose options the bot provides while somebody types: asking it, and remembering nothing.

docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select: options or option_groups, at
most 100, within 3 s; the answer is checked like any other options.
"""

from providers.sandbox.asked import Json, Unfit, maybe, parse_json, word
from providers.sandbox.block_kit import check_blocks
from providers.sandbox.slack_room import payloads
from providers.sandbox.slack_room.delivery import How
from providers.sandbox.slack_room.inputs import find_element, options_of
from providers.sandbox.slack_room.room import SlackRoom

Found = tuple[Json, Json]


async def offered_options(room: SlackRoom, user: str, found: Found, value: object, where: Json) -> list[Json]:
    """What the menu offers to somebody who looks for `value`; only external menus ask the bot."""
    element = found[1]
    if not element["type"].endswith("external_select"):
        return options_of(element)
    if value is None:
        return []
    wanted = value[0] if isinstance(value, list) and value else value
    known = [*([element["initial_option"]] if "initial_option" in element else []), *element.get("initial_options", [])]
    options = known + await suggestions(room, user, found, str(wanted), where)
    if not any(wanted in (option["value"], option["text"]["text"]) for option in options):
        options += await suggestions(room, user, found, "", where)
    return options


async def suggestions(room: SlackRoom, user: str, found: Found, query: str, where: Json) -> list[Json]:
    """Asks the bot. Raises Unfit if it gives nothing that Slack would show."""
    payload = payloads.block_suggestion(room, user, *found, query, where)
    answer = (await room.delivery.interactive(payload, How()))[0]
    if not answer.ok:
        raise Unfit(f"The bot offered no options: {answer.error}.", 409)
    try:
        said = parse_json(answer.text)
    except Unfit:
        said = None
    return options_of(said) if isinstance(said, dict) and _showable(said) else _unshowable()


def _showable(said: Json) -> bool:
    if said in ({"options": []}, {"option_groups": []}):
        return True
    menu = {"type": "static_select", **said}
    return not check_blocks([{"type": "actions", "elements": [menu]}])


def _unshowable() -> list[Json]:
    raise Unfit("The bot's options are not what Slack would show.", 409)


async def look_for_options(room: SlackRoom, user: str, blocks: list[Json], where: Json, asked: Json) -> Json:
    """`{"action_id", "query"}`: what a person sees while typing into an external menu."""
    name = word(asked, "action_id")
    found = find_element(blocks, name, maybe(asked, "block_id"))
    if found is None or not found[1]["type"].endswith("external_select"):
        raise Unfit(f"There is no menu {name[:80]!r} that asks the bot.", 404)
    return {"ok": True, "options": await suggestions(room, user, found, word(asked, "query", ""), where)}
