"""What people read about calendars that are read: why one could not be, how each is, that one has been silent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.calendars.names import NAMES
from bot.conversation.times import age_words, for_reader, show_window
from bot.domain.locks.lock import Lock
from bot.domain.messages.notice import Notice
from bot.domain.sources.feeds import Feed, FeedProblem
from bot.domain.sources.health import FeedHealth, SourcesHealth
from bot.domain.windows import AccessWindow

_P = FeedProblem

PROBLEMS: Mapping[FeedProblem, str] = {
    _P.NO_ADDRESS: "That is no address of a calendar. Take the whole link, which begins with https://.",
    _P.NOT_HTTPS: "Only links with https:// are read, since others could be read on the way. Take one of those.",
    _P.PRIVATE: "That address is inside a private network, which is not asked. Take the platform's public link.",
    _P.UNKNOWN_HOST: "Nobody on the internet is called so. Check the link, and add it again.",
    _P.UNREACHABLE: "Nobody answers there. Wait a little, or check the link, and add it again.",
    _P.NO_ANSWER: "It took more than ten seconds to answer. Wait a little, and add it again.",
    _P.REFUSED: "It lets nobody in ({detail}). Make the link anew on the platform, and add that.",
    _P.NOT_THERE: "There is no calendar any more ({detail}). Make the link anew on the platform, and add that.",
    _P.FAILS: "It answered with an error ({detail}). Wait a little, and add it again.",
    _P.REDIRECTS: "It sends us on and on. Take the link that the platform shows for calendars of other programs.",
    _P.TOO_LARGE: "It is larger than 5 MB, or has more than 5,000 events. Choose an export of bookings only.",
    _P.WEB_PAGE: "It is a web page, perhaps a login. Take the link to the calendar itself, which often ends in .ics.",
    _P.NO_CALENDAR: "What is there is no calendar. Take the link that the platform calls iCal, or export.",
    _P.CUT_SHORT: "The calendar broke off in the middle. Wait a little, and add it again.",
}
"""Why a calendar could not be read, and what to do."""

IN_SHORT: Mapping[FeedProblem, str] = {
    _P.NO_ADDRESS: "has no address that could be asked",
    _P.NOT_HTTPS: "sends us to an address without https",
    _P.PRIVATE: "leads into a private network",
    _P.UNKNOWN_HOST: "is at a host that nobody knows",
    _P.UNREACHABLE: "cannot be reached",
    _P.NO_ANSWER: "does not answer in time",
    _P.REFUSED: "does not let us in",
    _P.NOT_THERE: "is not there any more",
    _P.FAILS: "answers with an error",
    _P.REDIRECTS: "sends us on and on",
    _P.TOO_LARGE: "is too large",
    _P.WEB_PAGE: "is a web page",
    _P.NO_CALENDAR: "is no calendar",
    _P.CUT_SHORT: "breaks off in the middle",
}
"""The same behind "It", of one that is read."""

KNOWN = "This calendar is read for that door already: see nightporter feeds list."


def unreadable(problem: str, detail: str) -> str:
    """Of a calendar that somebody wants to add."""
    known = next((text for one, text in PROBLEMS.items() if one.value == problem), PROBLEMS[_P.NO_CALENDAR])
    said = known.format(detail=detail) if detail else known.replace(" ({detail})", "")
    return f"The calendar could not be read, and was not added. {said}"


NO_FEEDS = "No calendar is read yet. Whoever runs Night Porter adds one: `nightporter feeds add`."


def feeds_shown(feeds: Sequence[tuple[Feed, Lock]], now: datetime) -> str:
    """The answer to `/pin feeds`, without addresses."""
    return "\n".join(f"• {feed_line(feed, lock, now)}" for feed, lock in feeds) or NO_FEEDS


def place(feed: Feed, lock: Lock) -> str:
    return f"{lock.name}, {feed.unit}" if feed.unit else lock.name


def feed_line(feed: Feed, lock: Lock, now: datetime) -> str:
    """One calendar in a list: whose, for which door, and how old what we know of it is."""
    known = sum(one.is_named and one.stands for one in feed.entries)
    count = f"{known} booking{'' if known == 1 else 's'}"
    return f"{NAMES[feed.platform]} for {place(feed, lock)} ({feed.id[-5:]}): {count}. {_health(feed, now)}"


def _health(feed: Feed, now: datetime) -> str:
    if feed.read_at is None:
        return "Not read yet."
    changed = f", last changed {_ago(feed.changed_at, now)}" if feed.changed_at else ""
    if feed.problem is None:
        return f"Read {_ago(feed.read_at, now)}{changed}."
    since = f"last read {_ago(feed.good_at, now)}" if feed.good_at else "never read"
    return f"It {IN_SHORT[feed.problem]}: {since}{changed}, tried {_ago(feed.read_at, now)}."


def _ago(at: datetime, now: datetime) -> str:
    return f"{age_words(at, now)} ago"


def sources_lines(health: SourcesHealth, doors: Mapping[str, str], now: datetime) -> list[tuple[str, bool]]:
    """How calendars and booking systems are, a line for each thing that is to be said, with whether somebody should do
    something about it: those first. `doors`: their names, by id."""
    said = [(failing_line(one, doors, now), True) for one in health.failing]
    for system in health.systems:
        heard = f"last heard {_ago(system.heard_at, now)}" if system.heard_at else "never heard"
        wait = f"; {_count(system.waiting, 'booking')} of it {'waits' if system.waiting == 1 else 'wait'}"
        said.append((f"{system.name}: {heard}{wait if system.waiting else ''}", system.waiting > 0))
    if health.oldest is not None:
        each = "it" if len(health.feeds) == 1 else "each"
        oldest = f"what is known of {each} is at most {age_words(health.oldest, now)} old"
        said.append((f"{_count(len(health.feeds), 'calendar')}: {oldest}", False))
    return sorted(said, key=lambda line: not line[1])


def failing_line(feed: FeedHealth, doors: Mapping[str, str], now: datetime) -> str:
    door = doors.get(feed.lock_id, "a door that is gone")
    since = f"last read {_ago(feed.good_at, now)}" if feed.good_at else "never read"
    where = f"{door}, {feed.unit}" if feed.unit else door
    return f"{NAMES[feed.platform]} for {where}: it {IN_SHORT[feed.problem or _P.NO_ANSWER]}, {since}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def feed_facts(feed: Feed, lock: Lock) -> dict[str, str]:
    """What the alert needs to know of a calendar."""
    facts = {"feed": f"{NAMES[feed.platform]} for {place(feed, lock)}", "problem": (feed.problem or _P.NO_ANSWER).value}
    return facts | {"good_at": feed.silent_since.isoformat(), "zone": lock.zone, "workspace": ""}


def feed_silent(facts: Mapping[str, str]) -> Notice:
    """The alert."""
    good_at = for_reader(datetime.fromisoformat(facts["good_at"]), ZoneInfo(facts["zone"]))
    return Notice(
        f"A calendar could not be read for a day: {facts['feed']}",
        (("Last read", good_at),),
        (
            f"It {IN_SHORT[FeedProblem(facts['problem'])]}. We try again every quarter of an hour.",
            "Stays that it has named stand as they were. What is booked, moved or cancelled there is not heard of.",
            "Until it is read again, look at the platform, and ask or withdraw by hand.",
            "Whoever runs Night Porter sees more in `nightporter feeds list`. A new link may be needed.",
        ),
    )


def feed_refused(facts: Mapping[str, str]) -> Notice:
    """A booking that no rule lets be a stay. `why`: the refusal's sentence."""
    starts, ends = (datetime.fromisoformat(facts[name]) for name in ("starts_at", "ends_at"))
    return Notice(
        f"A booking is no stay: {facts['guest']} at {facts['door']}",
        (("When", show_window(AccessWindow(starts, ends), ZoneInfo(facts["zone"]))), ("Sent by", facts["source"])),
        (facts["why"], "Nothing was asked for, or the stay is as it was. It is tried again at every reading."),
    )
