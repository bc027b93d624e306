"""What a menu of doors shows while somebody types."""

from bot.conversation.typed.lock_names import LockName, search_locks
from bot.conversation.typed.slack_text import first_words

NAMES = ["Front door", "Back door", "Garden gate", "Room 47", "Room 4-7", "Städel"]
LOCKS = [LockName(str(n), name, "Europe/Paris") for n, name in enumerate(NAMES)]


def found(typed: str, most: int = 100) -> list[str]:
    return [lock.name for lock in search_locks(typed, LOCKS, most)]


def test_names_that_hold_the_words_those_that_begin_so_first() -> None:
    assert found("door") == ["Back door", "Front door"]
    assert found("GARDEN-g") == ["Garden gate"]
    assert found("g") == ["Garden gate"]
    assert found("room 4") == ["Room 4-7", "Room 47"]
    assert found("stadel") == ["Städel"]


def test_all_while_nothing_is_typed() -> None:
    assert found("") == found("  ") == sorted(NAMES, key=str.casefold)
    assert len(found("", 2)) == 2


def test_near_names_where_none_holds_the_words() -> None:
    assert found("fornt dor") == ["Front door"]
    assert found("zzz") == []
    assert search_locks("a", [], 5) == []


def test_the_beginning_of_a_message() -> None:
    assert first_words("front-door for  Ana") == "front-door for Ana"
    assert first_words("x" * 3000) == ""
    assert len(first_words("word " * 3000)) == 599
    assert first_words("<tel:+33639981234|+33 6 39 98 12 34> now").startswith("+33639981234")
