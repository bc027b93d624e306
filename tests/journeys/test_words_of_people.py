"""What people type comes in through the real door, and does no harm where it goes: a PIN in disguise stands in no
channel and in no column."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.journeys.living_demo import people
from tests.journeys.test_talking import answers, guest_texts, pressed, reply_with
from tests.journeys.watching import card, posts, texted

PHONE, OTHER = "+33639981234", "+33639987777"
_FULL = str.maketrans("0123456789", "０１２３４５６７８９")
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def _threes(pin: str, around: str) -> str:
    return " ".join(f"{around}{pin[at : at + 3]}{around}" for at in range(0, len(pin), 3))


DISGUISES: dict[str, Callable[[str], str]] = {
    "stars": lambda pin: _threes(pin, "*"),
    "quotes": lambda pin: _threes(pin, '"'),
    "hashes": lambda pin: _threes(pin, "#"),
    "backticks": lambda pin: _threes(pin, "`"),
    "keycaps": lambda pin: "".join(f"{digit}\ufe0f\u20e3" for digit in pin),
    "joiners": "\u200d".join,
    "lines": "\n\n".join,
    "full width": lambda pin: pin.translate(_FULL),
    "arabic": lambda pin: pin.translate(_ARABIC),
    "right to left": lambda pin: f"\u202e{pin[:4]}\u202c{pin[4:]}",
    "accents": "\u0301".join,
    "words": lambda pin: f"{pin[:3]} and then {pin[3:6]} and then {pin[6:]}",
}


def _plain(text: str) -> str:
    """All its digits, one after the other."""
    return "".join(str(int(char)) for char in text if char.isdecimal())


async def test_a_pin_in_disguise_stands_nowhere(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        shown = await card(made, "Cleo")
        for disguise, typed in DISGUISES.items():
            await guest_texts(made, f"{disguise}: {typed(pin)} at 10:30")
            said = await reply_with(made, shown, f"{disguise}:")
            assert pin[:6] not in _plain(said["text"]), (disguise, said["text"])
            assert "at 10:30" in said["text"]
        await guest_texts(made, f"elsewhere {DISGUISES['words'](pin)}", OTHER)
        stranger = await made.post_with("A text from a number without a stay")
        assert pin[:6] not in _plain(stranger["text"].partition("elsewhere")[2])

        assert await pressed(made, "U_ADA", said) == ""
        for disguise in ("stars", "keycaps", "joiners", "right to left", "accents"):
            refused = await answers(made, "U_ADA", f"It is {DISGUISES[disguise](pin)}")
            assert "A PIN stands in the text" in refused["errors"]["guest_words"], disguise

        assert await made.says("U_BEN", "reveal Cleo") == ""
        why = f"guest read {DISGUISES['words'](pin)}"
        assert (await made.post("/sandbox/slack/submit", user="U_BEN", values={"why": why}))["ok"]
        looked = await reply_with(made, shown, "looked at the PIN: guest read")
        assert pin[:6] not in _plain(looked["text"].partition("guest read")[2])
        await made.quiet()
        assert pin not in _plain(str([m["text"] for m in await posts(made)]))
        kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*.db*"))
        for disguise, typed in DISGUISES.items():
            assert typed(pin).encode() not in kept, disguise
        assert pin.encode() not in (tmp_path / "log").read_bytes()


MARKS = (
    "<!channel> <at 1|then> <@U_BEN> <http://evil.example|our bank> "
    "```all that follows\n*Approved* by us \u202etxet\u202c \x1b[2J"
)


def _as_slack_reads(shown: object) -> list[str]:
    """Every text of a message, a window or an answer in which Slack would see marks."""
    if isinstance(shown, dict):
        here = [str(shown["text"])] if isinstance(shown.get("text"), str) and shown.get("type") != "plain_text" else []
        return here + [text for part in shown.values() for text in _as_slack_reads(part)]
    return [text for part in shown for text in _as_slack_reads(part)] if isinstance(shown, list) else []


OUR_MOMENT = re.compile(r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|\w{3} \d+ \w{3} (?:\d{4} )?\d\d:\d\d[^<>|]*>")


def _harmless(texts: list[str], where: str) -> None:
    for text in (OUR_MOMENT.sub("", text) for text in texts):
        for mark in ("<!", "<http://evil", "```", "\u202e", "\x1b", "\n*Approved* by us"):
            assert mark not in text, (where, text)


async def test_words_of_people_call_nobody_and_stay_in_their_line(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        shown = await card(made, "Cleo")
        await guest_texts(made, f"here: {MARKS}")
        said = await reply_with(made, shown, "here:")
        assert "<@U_BEN>" not in said["text"]
        await guest_texts(made, f"stranger: {MARKS}", OTHER)
        stranger = await made.post_with("A text from a number without a stay")
        assert "<@U_BEN>" not in stranger["text"].partition("stranger")[2]

        assert await pressed(made, "U_ADA", said) == ""
        assert (await answers(made, "U_ADA", f"Welcome {MARKS[:50]}"))["ok"]
        wrote = await reply_with(made, shown, "Welcome")
        assert "<@U_BEN>" not in wrote["text"]
        assert await made.says("U_BEN", "reveal Cleo") == ""
        assert (await made.post("/sandbox/slack/submit", user="U_BEN", values={"why": f"because {MARKS}"}))["ok"]
        looked = await reply_with(made, shown, "because")
        assert looked["text"].count("<@U_BEN>") == 1, "who looked is said, and nobody else"
        for words in ("show", "check front-door", "withdraw", "reveal", "unlock", "online", "text", "no such thing"):
            answer = await made.says("U_ADA", f"{words} {MARKS} 481529063")
            _harmless([answer], words)
            assert "<@U_BEN>" not in answer
        await made.quiet()
        _harmless(_as_slack_reads(await posts(made)), "a post")
