"""What somebody does in Slack to bring every listener about, one step for each part of the bot. Knows no transport.

Whoever adds a listener adds a line to a step here, or a step to `STEPS`; `test_every_listener` names what is missing.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from tests.journeys.forms import Form, buttons_of, opened
from tests.journeys.living_demo import People
from tests.journeys.watching import asked, says_card, texted
from tests.processes.operator import at_the_terminal

RULES = '[[rule]]\nrequesters = ["U_ADA"]\napprovers = ["S_APPROVERS"]\nbreak_glass = ["U_ADA"]\n'
"""Ada may approve her own in an emergency: a button that nobody has otherwise."""


async def the_form(made: People) -> None:
    form = await opened(made, "U_ADA")
    offered = await made.post("/sandbox/slack/options", user="U_ADA", action_id="lock", query="front")
    assert [option["text"]["text"] for option in offered["options"]] == ["Front door"]
    first = await made.now() + timedelta(days=3)
    await form.pick("lock", "Front door", guest="Dora", phone="+33639981301")
    await form.pick("phone", "+33639981301")
    await form.pick("from_date", f"{first:%Y-%m-%d}")
    await form.pick("from_time", "15:00")
    await form.pick("to_date", f"{first + timedelta(days=2):%Y-%m-%d}")
    await form.pick("to_time", "11:00")
    await form.press("2 PINs one after the other")
    await form.pick("kind", "stay")
    assert (await form.submit())["ok"]
    await made.post("/sandbox/slack/close", user="U_ADA")


async def the_shortcuts(made: People) -> None:
    assert (await made.post("/sandbox/slack/shortcut", user="U_ADA", callback_id="ask_for_pin"))["ok"]
    said = await made.post("/sandbox/slack/talk", user="U_ADA", channel="C_FRONTDESK", text="front door for Eve")
    use = {"user": "U_ADA", "callback_id": "pin_from_message", "message_ts": said["ts"]}
    assert (await made.post("/sandbox/slack/shortcut", **use))["ok"]
    await made.post("/sandbox/slack/close", user="U_ADA", all=True)


async def in_days(made: People) -> str:
    """A day that the clock never comes to here: at no hour of day does such a stay share its slot with one from now."""
    return f"{await made.now() + timedelta(days=3):%Y-%m-%d}"


async def the_home_tab(made: People) -> None:
    await asked(made, f"front-door for Finn +33639981302 {await in_days(made)} 9:00 for 3h")
    await asked(made, f"front-door for Gwen +33639981303 {await in_days(made)} 14:00 for 3h")
    assert (await made.post("/sandbox/slack/home", user="U_BEN"))["ok"]
    for label in ("Refresh", "Approve", "Ask for a PIN"):
        await in_home(made, label)
    await made.post("/sandbox/slack/close", user="U_BEN")
    await in_home(made, "Deny")
    assert (await Form(made, "U_BEN").submit(reason="No room"))["ok"]


async def in_home(made: People, label: str) -> None:
    """Presses the first button of these words in Ben's Home tab."""
    view = (await made.get("/sandbox/slack/views/U_BEN"))["home"]
    found = next(b for b in buttons_of(view) if b["text"]["text"] == label)
    body = {"user": "U_BEN", "view_id": view["id"], "action_id": found["action_id"], "value": found["value"]}
    assert (await made.post("/sandbox/slack/click", **body))["ok"]


async def the_card(made: People) -> None:
    await texted(made, "Hugo", "+33639981304", "now for 40h")
    shared = await says_card(made, "Hugo", "PIN texted")
    await made.press("U_BEN", shared, "reveal")
    assert (await Form(made, "U_BEN").submit(why="His phone is broken"))["ok"]
    await made.post("/sandbox/slack/close", user="U_BEN")
    await made.press("U_BEN", shared, "number")
    assert (await Form(made, "U_BEN").submit(why="He does not answer texts"))["ok"]
    await made.post("/sandbox/slack/close", user="U_BEN")
    await made.press("U_BEN", shared, "send_to_guest")
    form = Form(made, "U_BEN")
    await form.pick("guest_words", "The bins go out tonight")
    assert (await form.submit(guest_words="The bins go out tonight"))["ok"]
    await made.press("U_BEN", shared, "opened")
    await made.press("U_BEN", await says_card(made, "Hugo", "in"), "withdraw")
    await made.press("U_BEN", await says_card(made, "Hugo", "still opens"), "deleted")
    form = Form(made, "U_BEN")
    blocks = {block["block_id"]: block["element"] for block in (await form.view())["blocks"]}
    when = {"at_date": blocks["at_date"]["initial_date"], "at_time": blocks["at_time"]["initial_time"]}
    assert (await form.submit(who="Nora from the desk", **when))["ok"]
    await texted(made, "Ida", "+33639981312", "now for 3h")
    assert (await made.withdraws("U_ADA", "Ida")).startswith("Withdrawn: Ida")
    line = f"garden-gate for Ilse +33639981313 {await in_days(made)} 12:00 for 3h in German"
    assert await made.answers("U_ADA", await made.asked_back("U_ADA", line), "change_language")
    assert (await Form(made, "U_ADA").submit(language="Dutch"))["ok"]
    await made.post("/sandbox/slack/close", user="U_ADA", all=True)
    await asked(made, f"front-door for Iris +33639981305 {await in_days(made)} 18:00 for 3h")
    await made.press("U_BEN", await says_card(made, "Iris", "to decide"), "deny")
    assert (await Form(made, "U_BEN").submit(reason="No room"))["ok"]


async def what_repeats(made: People) -> None:
    first = await made.now() + timedelta(days=4)
    until = f"{first + timedelta(days=20):%Y-%m-%d}"
    await asked(made, f"garden-gate for Mira +33639981314 every {first:%a} 12-15 until {until}")
    await made.press("U_BEN", await says_card(made, "Mira", "to decide"), "approve")
    await says_card(made, "Mira", "approved")
    said = await made.answers("U_ADA", await made.asked_back("U_ADA", "withdraw Mira"), "withdraw_series")
    assert said.startswith("Withdrawn: Mira"), said


async def an_amendment(made: People) -> None:
    await asked(made, f"front-door for Lena +33639981308 {await in_days(made)} 10:00 for 30h")
    await made.press("U_BEN", await says_card(made, "Lena", "to decide"), "amend")
    form, first = Form(made, "U_BEN"), await made.now() + timedelta(days=5)
    await form.pick("from_date", f"{first:%Y-%m-%d}")
    await form.pick("to_date", f"{first + timedelta(days=29):%Y-%m-%d}")
    await form.pick("from_time", "10:00")
    await form.pick("to_time", "09:00")
    await form.press("Take ")
    await form.pick("kind", "stay")
    assert (await form.submit())["ok"]


async def a_change(made: People) -> None:
    await made.press("U_BEN", await says_card(made, "Lena", "approved"), "change")
    form, first = Form(made, "U_BEN"), await made.now() + timedelta(days=5)
    await form.pick("from_date", f"{first:%Y-%m-%d}")
    await form.pick("to_date", f"{first + timedelta(days=29):%Y-%m-%d}")
    await form.pick("from_time", "10:00")
    await form.pick("to_time", "09:00")
    await form.press("Take ")
    await form.pick("more_locks", "Loft")
    await form.pick("lock", "Front door")
    await form.pick("to_date", f"{first + timedelta(days=20):%Y-%m-%d}")
    assert (await form.submit())["ok"]
    await made.post("/sandbox/slack/close", user="U_BEN", all=True)


async def changes_beyond_what_was_approved(made: People) -> None:
    for doors, button in (("Garden gate", "change_no"), ("Garden gate and Loft", "change_yes")):
        assert await made.says("U_ADA", f"change lena doors {doors}") == ""
        assert (await Form(made, "U_ADA").submit())["ok"]
        await made.post("/sandbox/slack/close", user="U_ADA", all=True)
        await made.press("U_BEN", await made.post_with(f"asks for {doors} instead"), button)
        await made.post_with("Decided by <@U_BEN>")


async def an_emergency(made: People) -> None:
    await asked(made, f"front-door for Jules +33639981306 {await in_days(made)} 20:00 for 3h")
    await made.press("U_ADA", await says_card(made, "Jules", "to decide"), "break_glass")
    await made.press("U_BEN", await made.post_with("Please review: a PIN for Jules"), "reviewed")
    await made.post_with("has reviewed what")


async def a_missed_pin(made: People) -> None:
    await texted(made, "Kira", "+33639981307", "now for 40h")
    await made.move("PT25H")
    await made.press("U_BEN", await made.post_with("Not heard of: Kira"), "have_it")
    await made.press("U_BEN", await made.post_with("Not heard of: Kira"), "replace")


async def a_stuck_guest(made: People) -> None:
    phone = "+33639981312"
    await made.says("U_ADA", f"cabin for Olga {phone} now for 40h")
    await made.press("U_BEN", await says_card(made, "Olga", "to decide"), "approve")
    await says_card(made, "Olga", "PIN texted")
    for _ in range(2):
        await made.post(f"/sandbox/phones/{phone}", body="STUCK")
    await made.press("U_BEN", await made.post_with("Olga cannot open the door"), "another")


async def the_form_with_two_doors(made: People) -> None:
    form = await opened(made, "U_ADA", "front-door + garden gate")
    await form.pick("more_locks", "Loft")
    await made.post("/sandbox/slack/close", user="U_ADA")


async def what_needs_a_person(made: People) -> None:
    await texted(made, "Otto", "+33639981313", "now for 40h")
    await made.post("/sandbox/phones/+33639981313", body="HUMAN")
    await made.post_with("Otto asks for a person")
    await in_home(made, "Refresh")
    await in_home(made, "I have it")


async def a_late_guest(made: People) -> None:
    await made.move("PT1H")  # Kira's new PIN and those of the start of the day may have filled this hour
    for guest, phone, action in (("Lars", "+33639981309", "late_yes"), ("Mia", "+33639981310", "late_no")):
        await texted(made, guest, phone, "now for 80h")
        wanted = (await made.now() + timedelta(hours=40)).replace(minute=0)
        await made.post(f"/sandbox/phones/{phone}", body=f"LATE {wanted:%Y-%m-%d %H:%M}")
        await made.press("U_BEN", await made.post_with(f"{guest} wants to come later"), action)


async def an_arrival(made: People) -> None:
    await asked(made, "cabin for Nils +33639981311 now for 40h on arrival")
    await made.press("U_BEN", await says_card(made, "Nils", "to decide"), "approve")
    await made.press("U_BEN", await says_card(made, "Nils", "PIN on arrival"), "guest_is_here")
    await says_card(made, "Nils", "PIN texted")


async def a_text_of_a_stranger(made: People) -> None:
    await made.post("/sandbox/phones/+33639981399", body="It is Nils, my phone is dead")
    await made.press("U_BEN", await made.post_with("A text from a number without a stay"), "whose_text")
    view = await Form(made, "U_BEN").view()
    menu = next(b["element"] for b in view["blocks"] if b["type"] == "input")
    assert (await Form(made, "U_BEN").submit(whose=menu["options"][0]["text"]["text"]))["ok"]


async def sent_without_a_number(made: People, guest: str, door: str, days: int = 9) -> dict[str, Any]:
    """By the API, from a program that knows no number; the notice that asks whom to text."""
    assert made.log is not None
    url = str(made.http.base_url).rstrip("/")
    words = ("tokens", "create", guest, "--scope", "stays:write")
    token = await at_the_terminal(made.log.parent, *words, SANDBOX_URL=url, PUBLIC_URL=url)
    assert token.returncode == 0, token.stderr
    first = await made.now() + timedelta(days=days)
    window = {"starts_at": f"{first:%Y-%m-%d}", "ends_at": f"{first + timedelta(days=2):%Y-%m-%d}"}
    said = {"guest": {"name": guest, "phone": None}, "doors": [door], **window}
    headers = {"authorization": f"Bearer {token.stdout.split()[-1]}"}
    sent = await made.http.put(f"/v1/stays/calendar/{guest}", json=said, headers=headers)
    assert (sent.status_code, sent.json()["contact_missing"]) == (201, True), sent.text
    return await made.post_with(f"Nobody to text: {guest} at {door}")


async def a_stay_without_a_number(made: People) -> None:
    notice = await sent_without_a_number(made, "Olga", "Loft")
    assert (await made.post("/sandbox/slack/home", user="U_BEN"))["ok"]
    await in_home(made, "Add name and number")
    await made.post("/sandbox/slack/close", user="U_BEN")
    await made.press("U_BEN", notice, "contact_link")
    await made.press("U_BEN", notice, "add_contact")
    assert (await Form(made, "U_BEN").submit(contact_name="Olga", contact_phone="+33639981312"))["ok"]
    await says_card(made, "Olga", "to decide")


async def from_afar(made: People) -> None:
    assert await made.says("U_BEN", "unlock loft") == ""
    assert (await Form(made, "U_BEN").submit())["ok"]
    await made.post("/sandbox/slack/close", user="U_BEN")
    await made.post_with("Loft is unlocked", "D_U_BEN")


async def an_online_pin(made: People) -> None:
    form = await opened(made, "U_BEN", "online loft")
    await form.press("Make one")
    assert (await form.submit(online_who="Cleaners", online_digits="4821"))["ok"]
    await made.post_with("The online PIN for Cleaners opens Loft", "D_U_BEN")
    await made.post("/sandbox/slack/close", user="U_BEN")
    form = await opened(made, "U_BEN", "online loft")
    await form.press("Change digits")
    assert (await form.submit(online_digits="9753"))["ok"]
    await made.post_with("New digits for Cleaners", "D_U_BEN")
    await made.post("/sandbox/slack/close", user="U_BEN")
    form = await opened(made, "U_BEN", "online loft")
    await form.press("Delete")
    await made.post("/sandbox/slack/close", user="U_BEN")


async def gone_from_the_account(made: People, slug: str, name: str) -> dict[str, Any]:
    """Taken out in the app; half an hour and several readings later people read that it is gone."""
    for _ in range(4):
        await made.post(f"/sandbox/doors/{slug}/take-out")
        await made.quiet()
        await made.move("PT16M")
    await made.post(f"/sandbox/doors/{slug}/take-out")
    return await made.post_with(f"{name} is gone from its provider")


async def a_lock_that_is_gone(made: People) -> None:
    notice = await gone_from_the_account(made, "cabin", "Cabin")
    await made.press("U_BEN", notice, "move_stays")
    view = await Form(made, "U_BEN").view()
    menu = next(b["element"] for b in view["blocks"] if b["type"] == "input")
    await Form(made, "U_BEN").submit(move_to=menu["options"][0]["text"]["text"])
    await made.post("/sandbox/slack/close", user="U_BEN")


async def an_account(made: People) -> None:
    assert "Connect an igloohome account" in await made.says("U_BEN", "connect")
    link = await made.post_with("Connect an igloohome account", "D_U_BEN")
    await made.post("/sandbox/slack/click", user="U_BEN", channel="D_U_BEN", ts=link["ts"], action_id="open_link")


async def the_calendars(made: People) -> None:
    assert "No calendar is read yet" in await made.says("U_BEN", "feeds")


async def what_slack_tells_by_itself(made: People) -> None:
    """Last: after these the app has no access any more."""
    await made.post("/sandbox/slack/group", group="S_APPROVERS", members=["U_BEN", "U_ADA"])
    for kind in ("tokens_revoked", "app_uninstalled"):
        reported: Any = await made.post("/sandbox/slack/event", type=kind)
        assert reported["ok"], reported


Step = Callable[[People], Awaitable[None]]
IN_MANY_DOORS: tuple[Step, ...] = (the_form, the_form_with_two_doors)
"""Menus of doors are searched; every reading of the locks takes longer where there are so many."""

STEPS: tuple[Step, ...] = (
    the_shortcuts,
    the_home_tab,
    the_card,
    what_repeats,
    an_amendment,
    a_change,
    changes_beyond_what_was_approved,
    an_emergency,
    a_missed_pin,
    a_stuck_guest,
    what_needs_a_person,
    a_late_guest,
    an_arrival,
    a_text_of_a_stranger,
    a_stay_without_a_number,
    from_afar,
    an_online_pin,
    a_lock_that_is_gone,
    an_account,
    the_calendars,
    what_slack_tells_by_itself,
)
ONE_OF_EACH_KIND: tuple[Step, ...] = (
    the_shortcuts,
    the_home_tab,
    an_emergency,
    what_slack_tells_by_itself,
)
"""With those above a command, a form sent and a menu searched, buttons in a form, under a message and in Home, a
shortcut, and what Slack tells: whoever carries one of a kind carries the others."""
