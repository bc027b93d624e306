"""What people type comes in through the real door, and does no harm where it goes: a PIN in disguise stands in no
channel and in no column."""

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
            assert "A PIN of this guest's stands in the text" in refused["errors"]["guest_words"], disguise

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
