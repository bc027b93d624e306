"""What the morning message says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.conversation.team.delivery import MOST_ARRIVALS, Arrival, morning, morning_facts
from bot.domain.locks.lock import Lock
from bot.domain.pins import Phone
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.alerts import Alert, AlertKind
from bot.domain.stays.arrivals import Readiness
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow, PinKind
from providers.slack.blocks import fallback, render

R = Readiness
T0 = datetime(2026, 12, 5, 14, tzinfo=UTC)
WINDOW = AccessWindow(T0, T0 + timedelta(hours=40))
DOOR = Lock("L1", "d1", "Front door", "Europe/Paris")
PHONE = Phone("+33639981234")


def arrival(readiness: Readiness, name: str = "Ana", *, hours: int = 0, kind: AlertKind | None = None) -> Arrival:
    request = AccessRequest(f"01ABCDE{name[:1]}{hours:02}", "L1", "G", "U_ADA", WINDOW, WINDOW, PinKind.HOURLY, T0)
    alert = Alert("A", "k", kind, T0, T0, None, request.id) if kind else None
    starts = T0 + timedelta(hours=hours)
    return Arrival(request, DOOR, Guest("G", name, PHONE), starts, readiness, alert)


def words(arrivals: list[Arrival], others: int = 0) -> list[str]:
    return fallback(morning(morning_facts(arrivals, others))).splitlines()


def test_all_is_well() -> None:
    said = words([arrival(R.READY), arrival(R.READY, hours=1), arrival(R.LATER, hours=2), arrival(R.TEXTED, hours=3)])
    assert said == ["Tomorrow, Sat 5 Dec: 4 arrivals", "2 ready, 1 being texted, 1 to be texted later."]


def test_what_is_missing_soonest_first_with_who_has_it() -> None:
    taken = arrival(R.ALERT, "Eve", hours=1, kind=AlertKind.WANTS_HELP)
    assert taken.alert is not None
    taken = replace(taken, alert=replace(taken.alert, acknowledged_by="U_BEN"))
    said = words(
        [
            arrival(R.UNDELIVERED, "Ula", hours=3),
            arrival(R.NO_NUMBER, "Nils", hours=2),
            taken,
            arrival(R.TO_DECIDE, "Tom"),
            arrival(R.READY, "Rea"),
        ],
        2,
    )
    assert said == [
        "Tomorrow, Sat 5 Dec: 5 arrivals, 3 need somebody",
        "1 ready, 1 to decide, 1 undelivered, 1 without a number, 1 with an alert.",
        "Tom at Front door, Sat 5 Dec 15:00: nobody has decided yet (DET00)",
        "Eve at Front door, Sat 5 Dec 16:00: needs a person; <@U_BEN> has it (DEE01)",
        "Nils at Front door, Sat 5 Dec 17:00: no number to text to (DEN02)",
        "Ula at Front door, Sat 5 Dec 18:00: the text did not arrive (DEU03)",
        "`/pin show` and the id in brackets shows a stay; the Home tab has what needs a person.",
        "2 other alerts that nobody has: see the Home tab.",
    ]


def test_every_lack_has_words_and_no_number_in_them() -> None:
    for each in Readiness:
        said = words([arrival(each, kind=AlertKind.OVERDUE)])
        assert len(said) == (2 if each in (R.READY, R.TEXTED, R.LATER) else 4)
        assert "39981234" not in "".join(said)
        assert ": (" not in "".join(said)


def test_more_than_ten_are_counted_and_the_whole_fits() -> None:
    many = [arrival(R.UNDELIVERED, "N" * 60, hours=n) for n in range(9)] + [
        arrival(R.NO_PIN, f"Guest {n}", hours=10) for n in range(300)
    ]
    said = words(many)
    assert said[0].startswith("Tomorrow: 309 arrivals, 309 need somebody"), "they begin on two days"
    assert f"and {309 - MOST_ARRIVALS} more" in said
    assert sum("at Front door" in line for line in said) == MOST_ARRIVALS
    assert len(render(morning(morning_facts(many, 9)))) < 10


def test_one_of_each_and_no_arrival_at_all() -> None:
    assert words([arrival(R.NO_TEXTS)])[0] == "Tomorrow, Sat 5 Dec: 1 arrival, 1 needs somebody"
    assert words([], 1) == ["Tomorrow: no arrivals", "1 other alert that nobody has: see the Home tab."]


def test_doors_in_several_zones_say_whose_clock_it_is() -> None:
    here = arrival(R.UNDELIVERED, "Ana")
    there = replace(arrival(R.UNDELIVERED, "Kim", hours=8), lock=replace(DOOR, name="Loft", zone="Asia/Tokyo"))
    said = words([here, there])
    assert said[0] == "Tomorrow: 2 arrivals, 2 need somebody"
    assert "Ana at Front door, Sat 5 Dec 15:00 Paris time (UTC+1): " in said[2]
    assert "Kim at Loft, Sun 6 Dec 07:00 Tokyo time (UTC+9): " in said[3]


def test_what_people_typed_stays_text() -> None:
    said = fallback(morning(morning_facts([arrival(R.UNDELIVERED, "<!channel> & <https://x|y>")], 0)))
    assert "&lt;!channel&gt; &amp; &lt;https://x|y&gt; at Front door" in said
