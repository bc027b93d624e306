"""What staff read where a guest wants no texts, and where the rules have replaced a PIN by themselves. No PIN and no
full phone number ever stands here; `bot.conversation.notices` knows these by their words."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.stay_words import Facts, about
from bot.conversation.times import show_moment
from bot.domain.notice import Notice


def opted_out(facts: Facts) -> Notice:
    guest = facts["guest"]
    remark = (
        f"{guest} ({facts['phone']}) wants no texts from us, so none goes out. Call them: with the PIN, once it is "
        "made, and before it must be used. They can undo it by texting START."
    )
    return Notice(f"{guest} has opted out of our texts", about(facts), (remark,))


def replaced_alone(facts: Facts) -> Notice:
    deadline = show_moment(datetime.fromisoformat(facts["activate_by"]), ZoneInfo(facts["zone"]))
    remarks = (
        f"Not used before {deadline}: that PIN opens nothing any more.",
        f"By your rules a new one is being made, on the word of the same approver; {facts['guest']} gets it by text.",
    )
    return Notice(f"PIN missed and replaced: {facts['guest']}, {facts['door']}", about(facts), remarks)
