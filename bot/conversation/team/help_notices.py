"""What staff read when a guest needs a person now, and when one wants to come later: everything that is known, on one
card. No PIN and no full phone number ever stands here; `bot.conversation.team.notices` knows these by their words."""

from collections.abc import Mapping
from datetime import date, datetime
from shlex import quote
from zoneinfo import ZoneInfo

from bot.conversation.team.stay_words import HOW_TO_CALL, Facts, about, person
from bot.conversation.team.talk_words import guest_said, send_button
from bot.conversation.times import show_moment
from bot.domain.locks.lock import Lock
from bot.domain.messages.notice import Button, Notice
from bot.domain.signs import calling_nobody
from bot.domain.sources.bookings import Unmet
from bot.domain.stays.guests import Guest
from bot.domain.stays.replying import ReplyWord

DECIDE_LATE, REFUSE_LATE = "late_yes", "late_no"

NAME_SENDER = "whose_text"
NOT_YOURS_TO_NAME = (
    "Only an approver, or whoever asked for that stay, can say whose text this is. Please ask one of them."
)
SENDER_NAMED = "Somebody has said already whose text this is: it stands under the text. Nothing is left to do."
WHOSE_TITLE = "Whose text is it?"
WHOSE_SUBMIT = "It is theirs"
WHOSE_STAY = "The stay"
NOT_OPENED = "The form did not open in time. Please try again."

ADD_CONTACT, CONTACT_LINK = "add_contact", "contact_link"
CONTACT_TITLE = "Whom to text?"
CONTACT_SUBMIT = "Ask for the PIN"

LATE_MOVED = "{guest} may come later: a new PIN is on its way for {window}, and only the newest counts."
LATE_KEPT = "{guest} is told that the stay remains as it was."
NOTHING_TO_MOVE = "Only a stay whose PIN nobody has used yet can begin later. Give it another time with /pin change."
STAY_DOES_NOT_RUN = (
    "A PIN on arrival can be made only while the stay lasts. Its card shows when; /pin change gives it another time."
)
ALREADY_ARRIVED = "The guest was there already, or the stay was given up: no second PIN is made. Look at its card."

_WANTS: Mapping[str, str] = {
    ReplyWord.STUCK: "cannot open the door",
    ReplyWord.HUMAN: "asks for a person",
    ReplyWord.HERE: "has arrived and cannot get in",
    ReplyWord.PIN: "asks for the PIN",
    ReplyWord.HELP: "calls for help",
}

_ANSWERED: Mapping[str, str] = {
    "here_over": "that the time there is over",
    "stuck_not_started": "when the PIN begins to work",
    "stuck_wrong_hour": "that the PIN's time is over",
    "stuck_missed": "that the PIN was not used in time",
    "ask_used": "to say whether the PIN opened",
    "stuck_once_used": "that the PIN opened once and opens no more",
    "stuck_locked": "to leave the keypad alone for 5 minutes",
    "stuck_end_key": "to press the last key",
    "stuck_replaced": "to use the newest PIN",
    "stuck_human": "that our team has been alerted, and to leave the keypad alone",
    "human": "that our team has been alerted",
}


def wants_help(facts: Facts) -> Notice:
    """`word`: what they texted; `lines`: what is known, a line each; `answered`: the text they have just got."""
    guest, what = facts["guest"], _WANTS.get(facts["word"], "needs a person")
    answered = _ANSWERED.get(facts.get("answered", ""))
    said = (f"We have just texted them {answered}.",) if answered else ()
    call = f"Call {guest} ({facts['phone']}), or press Send to guest. {HOW_TO_CALL}"
    return Notice(
        f"{guest} {what}: {facts['door']}",
        about(facts),
        (*facts["lines"].split("\n"), *said, call),
        (
            *((Button("opened", "It opened", facts["code"]),) if facts.get("may") == "opened" else ()),
            *((_another(facts),) if facts.get("may") in ("opened", "another") else ()),
            *(
                (Button("replace", "Replace the PIN", facts["code"], "primary"),)
                if facts.get("may") == "replace"
                else ()
            ),
            send_button(facts["request"]),
        ),
    )


def _another(facts: Facts) -> Button:
    """For whoever stands before a keypad that takes the PIN for nothing. Slack takes 300 characters."""
    ends = show_moment(datetime.fromisoformat(facts["ends_at"]), ZoneInfo(facts["zone"]))
    costs = (
        f"A new PIN starts in this hour, under the same approval, and {facts['guest'][:60]} gets it by text. The "
        f"one before opens {facts['door'][:60]} until {ends}, whatever you do, unless somebody deletes it at the lock."
    )
    return Button("another", "Give another PIN", facts["code"], "primary", costs)


def no_show(facts: Facts) -> Notice:
    """The stay is over, and its guest, who was to get the PIN on arrival, was never there."""
    remark = f"{facts['guest']} ({facts['phone']}) did not text HERE while it lasted, so no PIN was ever made."
    return Notice(f"Nobody came: {facts['guest']}, {facts['door']}", about(facts), (remark, HOW_TO_CALL))


def unknown_said(facts: Facts) -> str:
    """The words of somebody who has no stay; `words` have lost their digits already."""
    return guest_said(facts, "They")


def unknown_text(facts: Facts) -> Notice:
    """Somebody has texted from a number without a stay, while a guest may be on the way."""
    answer = (
        "They had a stay before, and we told them that there is none for this number now."
        if "answered" in facts
        else "They get no answer from us."
    )
    remarks = [
        unknown_said(facts),
        f"{answer} If you know who it is, say so: the words then stand in the thread of their stay.",
    ]
    if "last" in facts:
        remarks.append("So many came within an hour that further ones are not shown until it is over.")
    button = Button(NAME_SENDER, "It is …", facts["text"], "primary")
    return Notice(f"A text from a number without a stay: {facts['phone']}", (), tuple(remarks), (button,))


def sender_named(by: str, guest: Guest, lock: Lock) -> str:
    """What the notice says from then on."""
    return f"{person(by)} says: it is {guest.name} at {lock.name}. The words stand in the thread of that stay."


def said_elsewhere(facts: Facts) -> str:
    """The same words in the thread."""
    return f"By {facts['phone']}, which {person(facts['by'])} says is this guest. {guest_said(facts, 'They')}"


def wants_later(facts: Facts) -> Notice:
    """A guest would come after their PIN has to be used for the first time."""
    zone = ZoneInfo(facts["zone"])
    wanted = show_moment(datetime.fromisoformat(facts["wanted"]), zone)
    deadline = show_moment(datetime.fromisoformat(facts.get("activate_by") or facts["ends_at"]), zone)
    value = f"{facts['code']}|{facts['wanted']}"
    return Notice(
        f"{facts['guest']} wants to come later: {facts['door']}",
        about(facts),
        (
            f"They would come {wanted}. As it stands, the PIN has to be used before {deadline}.",
            "If you agree, the stay begins at that hour, with a new PIN. Until then nothing changes.",
        ),
        (
            Button(DECIDE_LATE, "Let them come later", value, "primary"),
            Button(REFUSE_LATE, "Keep it as it is", value),
            send_button(facts["request"]),
        ),
    )


def contact_missing(facts: Facts) -> Notice:
    """A stay came by itself, without a number. `source`: what sent it."""
    return Notice(
        f"Nobody to text: {facts['guest']} at {facts['door']}",
        (*about(facts), ("Sent by", facts["source"])),
        (
            f"{facts['source']} names no phone number, so nothing was asked for, and no PIN will be made.",
            "Look it up where it was booked and enter it here, or have it sent once more with the number.",
            "Then it is decided as any other.",
        ),
        (
            Button(ADD_CONTACT, "Add name and number", facts["stay"], "primary"),
            Button(CONTACT_LINK, "Link for the guest", facts["stay"]),
        ),
    )


def link_for_guest(guest: str, link: str) -> str:
    """To the one who pressed, and nobody else."""
    if not link:
        return "There is no link: PUBLIC_URL is not set, so no guest could reach us. Add name and number here instead."
    return (
        f"Send this to {guest} where the stay was booked: {link}\nWhoever opens it can say a name and a number to text "
        "once, and nobody else confirms that the number is theirs. Then it is decided as any other."
    )


def booking_waits(facts: Facts) -> Notice:
    """`unmet`: why it is no stay. Nobody is named: what is no stay is not found by its guest's number, and would be
    left where that is erased."""
    source, listing, stands = facts["source"], calling_nobody(facts.get("listing", "")), "stands" in facts
    what = facts.get("listing_name") or listing
    begins = (("From", _day(facts["starts_at"])),) if "starts_at" in facts else ()
    match Unmet(facts["unmet"]):
        case Unmet.UNMAPPED:
            mapping = f"nightporter sources map {quote(source)} {quote(listing)} DOOR"
            sends = f"{source} has a booking that begins soon" if begins else f"{source} sends bookings"
            return Notice(
                f"{sends}: {what}, and nobody has said which door that is",
                (("Their id", listing), *begins),
                (
                    "They wait. As soon as there is a door, each becomes a stay; what is one already is as it was.",
                    f"Whoever runs Night Porter: {mapping}",
                ),
            )
        case Unmet.REFUSED:
            cannot = "What {} says of a stay cannot be done" if stands else "A booking from {} cannot become a stay"
            again = f"It is tried again every six hours. Change it at {source}, or do by hand what is to be done."
            return Notice(
                cannot.format(source), (("Booked", what), *begins), (facts["why"], *_as_it_was(stands), again)
            )
        case Unmet.UNREAD:
            without = ("Until it answers no PIN is made for that guest.",)
            return Notice(
                f"{source} does not say what became of a booking",
                (),
                (f"{facts['why']}.", "It is asked again every hour.", *(_as_it_was(stands) or without)),
            )


def _as_it_was(stands: bool) -> tuple[str, ...]:
    return ("The stay, and any PIN of it, is as it was.",) if stands else ()


def _day(starts_at: str) -> str:
    at = datetime.fromisoformat(starts_at) if "T" in starts_at else date.fromisoformat(starts_at)
    return f"{at:%a} {at.day} {at:%b %Y}"
