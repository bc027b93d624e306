"""One afternoon and the day after, lived through so that every state of a card comes by; what Slack and the phone then
show is kept as the sandbox has it. How it is drawn is `sheets`' matter."""

import copy
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.journeys.forms import Form, opened
from tests.journeys.living_demo import People
from tests.journeys.test_foreign_pins import fill_this_hour
from tests.journeys.watching import asked, says_card, texted

Json = dict[str, Any]
SEAM = {"authorization": "Bearer seam_test_nightporter"}
_NUMBERS = iter(range(100))


@dataclass
class TextInfo:
    """`cards` by the name of their state, in the order of a stay's life."""

    cards: dict[str, Json] = field(default_factory=dict)
    notices: dict[str, Json] = field(default_factory=dict)
    forms: dict[str, Json] = field(default_factory=dict)
    homes: dict[str, Json] = field(default_factory=dict)
    texts: list[Json] = field(default_factory=list)

    def keep(self, name: str, message: Json) -> None:
        self.cards[name] = copy.deepcopy(message)


async def lived(made: People, look_at_locks: Callable[[], Awaitable[object]]) -> TextInfo:
    """Takes the better part of a minute. `look_at_locks` is what the bot does every quarter of an hour: real quarters,
    which do not pass here."""
    seen = TextInfo()
    await _forms(made, seen)
    await _before_the_pin(made, seen)
    await _given_up(made, seen)
    await _the_pin(made, seen)
    await _a_day_later(made, seen, look_at_locks)
    return seen


def phone() -> str:
    return f"+3363998{next(_NUMBERS) + 1200:04d}"


async def _forms(made: People, seen: TextInfo) -> None:
    form = await opened(made, "U_ADA")
    seen.forms["empty"] = await form.view()
    await form.pick("lock", "Front door", guest="Cleo Marchand", phone="+33 6 39 98 12 34", note="Autumn fair")
    for action, value in (("from_date", "2026-12-04"), ("from_time", "15:20"), ("to_date", "2026-12-06")):
        await form.pick(action, value)
    await form.pick("to_time", "11:00")
    seen.forms["answered"] = await form.view()
    assert (await form.submit())["ok"]
    await made.post("/sandbox/slack/close", user="U_ADA")
    seen.keep("to decide", await says_card(made, "Cleo Marchand", "to decide"))
    form = await opened(made, "U_ADA", "loft for Hugo Blanc +33 6 39 98 12 35")
    for action, value in (("from_date", "2026-12-04"), ("from_time", "15:00"), ("to_date", "2027-01-01")):
        await form.pick(action, value)
    await form.pick("to_time", "21:00")
    seen.forms["refused"] = await form.view()
    await made.post("/sandbox/slack/close", user="U_ADA")


async def _approved(made: People, guest: str, words: str, state: str, lock: str = "Garden gate") -> Json:
    """The card, once it has come so far."""
    await asked(made, f"{lock} for {guest} {phone()} {words}")
    await made.press("U_BEN", await says_card(made, guest, "to decide"), "approve")
    return await says_card(made, guest, state)


async def _before_the_pin(made: People, seen: TextInfo) -> None:
    await asked(made, f"loft for Dora Lind {phone()} fri 6pm - sat 11am")
    await made.press("U_BEN", await says_card(made, "Dora Lind", "to decide"), "deny")
    assert (await Form(made, "U_BEN").submit(reason="The loft is being painted until Monday"))["ok"]
    seen.keep("denied", await says_card(made, "Dora Lind", "denied"))
    await asked(made, f"loft for Bruno Hay {phone()} today 18:00 - 22:00")
    await says_card(made, "Bruno Hay", "to decide")
    await _approved(made, "Otto Falk", "tomorrow 4pm - thu 11am", "approved")
    seen.keep("approved", await _approved(made, "Emil Nord", "sat 3pm - sun 11am", "PIN not made yet"))


async def _given_up(made: People, seen: TextInfo) -> None:
    await asked(made, f"garden gate for Jonas Weil {phone()} sat 6pm - sun 11am")
    await made.withdraws("U_ADA", "Jonas Weil")
    seen.keep("withdrawn early", await says_card(made, "Jonas Weil", "withdrawn"))
    await made.press("U_BEN", await _approved(made, "Kira Holt", "sat 6pm - sun 11am", "approved"), "withdraw")
    seen.keep("given up", await says_card(made, "Kira Holt", "given up"))
    await texted(made, "Lars Beck", phone(), "now for 40h")
    await made.press("U_BEN", await says_card(made, "Lars Beck", "PIN texted"), "withdraw")
    seen.keep("withdrawn", await says_card(made, "Lars Beck", "still opens"))
    await made.press("U_BEN", await says_card(made, "Lars Beck", "still opens"), "deleted")
    form = Form(made, "U_BEN")
    blocks = {block["block_id"]: block["element"] for block in (await form.view())["blocks"]}
    seen.forms["deleted"] = await form.view()
    when = {"at_date": blocks["at_date"]["initial_date"], "at_time": blocks["at_time"]["initial_time"]}
    assert (await form.submit(who="Nora from the desk", **when))["ok"]
    seen.keep("deleted", await says_card(made, "Lars Beck", "deleted at the lock"))


async def _the_pin(made: People, seen: TextInfo) -> None:
    await made.post("/sandbox/seam-settings", pin_delay_seconds=40)
    seen.keep("being made", await _approved(made, "Finn Ost", "now for 5h", "PIN is being made", "cabin"))
    await made.post("/sandbox/seam-settings", pin_delay_seconds=0)
    await made.post("/sandbox/faults", provider="twilio", fault="http_429", rate=1.0)
    seen.keep("made", await _approved(made, "Gwen Ruiz", "now for 20h", "text on its way", "loft"))
    await made.http.delete("/sandbox/faults")
    await texted(made, "Iris Moor", phone(), "now for 30h")
    await made.press("U_BEN", await says_card(made, "Iris Moor", "PIN texted"), "opened")
    seen.keep("in", await says_card(made, "Iris Moor", "in"))
    await _approved(made, "Pia Berg", "now for 44h", "PIN texted", "loft")
    number = phone()
    await texted(made, "Ana Sol", number, "now for 44h")
    seen.keep("texted", await _delivered(made, "Ana Sol"))
    seen.notices["number"] = {"phone": number}


async def _delivered(made: People, guest: str) -> Json:
    async def look() -> Any:
        card = await says_card(made, guest, "PIN texted")
        return card if "delivered" in card["text"] else None

    found: Json = await made.until(f"the text to {guest} is delivered", look)
    return found


async def _a_day_later(made: People, seen: TextInfo, look_at_locks: Callable[[], Awaitable[object]]) -> None:
    await made.post("/sandbox/clock", to="2026-12-01T18:00:00+01:00")
    seen.keep("lapsed", await says_card(made, "Bruno Hay", "lapsed"))
    for moment in ("2026-12-01T20:50:00+01:00", "2026-12-02T09:00:00+01:00", "2026-12-02T11:01:00+01:00"):
        await made.post("/sandbox/clock", to=moment)
        await _reminded(made, seen, moment)
    seen.notices["danger"] = copy.deepcopy(await made.post_with("PIN in danger: Ana Sol"))
    await _something_with_the_locks(made)
    await look_at_locks()
    await _homes(made, seen)
    await _bridge(made, "connect_to_hub")
    await look_at_locks()
    await made.post("/sandbox/clock", to="2026-12-02T13:00:00+01:00")
    await _reminded(made, seen, "13:00")
    await fill_this_hour(made)
    await asked(made, f"front-door for Mina Roth {phone()} now for 30h")
    await made.press("U_BEN", await says_card(made, "Mina Roth", "to decide"), "approve")
    await made.post_with("No PIN could be made for Mina Roth")
    seen.keep("failed", await says_card(made, "Mina Roth", "no PIN could be made"))
    await made.post("/sandbox/clock", to="2026-12-02T15:05:00+01:00")
    seen.keep("expired", await says_card(made, "Pia Berg", "expired"))
    seen.keep("unheard", await says_card(made, "Ana Sol", "not heard of, may still open"))
    await made.press("U_BEN", await made.post_with("Not heard of: Ana Sol"), "replace")
    seen.keep("replaced", await _delivered(made, "Ana Sol"))


async def _reminded(made: People, seen: TextInfo, moment: str) -> None:
    """The texts on Ana's phone, once there are no more to come."""
    number = seen.notices["number"]["phone"]
    before = len(seen.texts)

    async def look() -> Any:
        texts = (await made.get(f"/sandbox/phones/{number}"))["texts"]
        return texts if len(texts) > before else None

    try:
        seen.texts = await made.until(f"a text at {moment}", look, 4)
    except AssertionError:
        return


async def _bridge(made: People, how: str) -> None:
    """Loft's, by Seam's own simulation."""
    loft = next(d for d in (await made.get("/sandbox/doors"))["doors"] if d["name"] == "Loft")
    body = {"device_id": loft["device_id"]}
    answer = await made.http.post(f"/sandbox/seam/devices/simulate/{how}", json=body, headers=SEAM)
    assert answer.is_success, answer.text


async def _something_with_the_locks(made: People) -> None:
    await _bridge(made, "disconnect_from_hub")
    await made.post("/sandbox/doors/cabin/battery", level=0.12)


async def _homes(made: People, seen: TextInfo) -> None:
    for user in ("U_ADA", "U_BEN"):

        async def look(user: str = user) -> Any:
            await made.post("/sandbox/slack/home", user=user)
            home = (await made.get(f"/sandbox/slack/views/{user}"))["home"]
            return home if "Bridge offline" in str(home) and "Battery low" in str(home) else None

        seen.homes[user] = copy.deepcopy(await made.until("the tab knows of the locks", look))


_SHORT_ID = re.compile(r"(\*Short id\*\\n)([0-9A-Z]{5})")
_INSTEAD = (
    *("K3J9P", "7QW2X", "4MZ8T", "9BC5N", "2RH6V", "8DF3K", "5WY7G", "3TX9M"),
    *("6PN4Z", "1VK8R", "7HC2D", "4XB6W", "9MG5T", "2ZQ7J", "8NR3F", "5KD9Y"),
)


def without_luck(seen: TextInfo) -> TextInfo:
    """Ids are random; in a picture they are the same in every run."""
    known: dict[str, str] = {}
    said = json.dumps(asdict(seen))
    said = _SHORT_ID.sub(lambda found: found[1] + known.setdefault(found[2], _INSTEAD[len(known)]), said)
    return TextInfo(**json.loads(said))
