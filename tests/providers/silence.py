"""What an exception must not say: nobody's number, no PIN, no words of a message, no address with its query."""

import traceback

PHONE = "+33639980011"
PIN = "481529063"
BODY = f"Hello Cleo, your PIN for the front door is {PIN}"
NAME = "Cleopatra"
SECRETS = (PHONE, PHONE[1:], PIN, BODY, NAME, "?", "Bearer", "seam_test_key", "xoxb-secret", "a-twilio-token")


def assert_silent(error: BaseException) -> None:
    """As it would be logged: with its text, its arguments and whatever is chained to it."""
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    said = [str(error), repr(error), *map(str, error.args), *traceback.format_exception_only(error)]
    for secret in SECRETS:
        assert not any(secret in words for words in said), f"{type(error).__name__} says {secret!r}"
