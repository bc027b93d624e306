"""How a provider may fail us: four kinds of trouble, each with what may be done next. What a rule refuses is a
`bot.domain.refusals.Refusal`; anything else is a bug."""

LONGEST_WAIT = 600.0
"""Seconds."""


class ProviderError(Exception):
    """A provider cannot. The text names the vendor and the kind of trouble, never a person, a number or a PIN.

    `another_sender`: a text that this sender cannot get through may go by another.
    """

    another_sender = False


def seconds_to_wait(error: Exception, own: float, left: float = float("inf")) -> float:
    """How long a provider is left alone: as long as it named, else our `own` pause. `left` seconds from now somebody
    needs it, as a guest at the start of a stay: its word counts no longer than that, and our own pause does."""
    named = getattr(error, "retry_after", None)
    return min(named, max(left, own)) if named else own


class Unavailable(ProviderError):
    """Nothing was done; later may work. `retry_after` in seconds, where the vendor named one: at most `LONGEST_WAIT`,
    so that one who wants a day, or whose clock is wrong, is asked again before that."""

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = None if retry_after is None else min(retry_after, LONGEST_WAIT)


class Rejected(ProviderError):
    """Nothing was done and asking again will not help. `code` is the vendor's own."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class NotInstalled(Rejected):
    """The app is not, or no longer, installed in this workspace: nothing can be said there."""


class Gone(Rejected):
    """What we wanted to change is not there any more."""


class SlotFull(Rejected):
    """The lock takes no more PINs for this start, whatever our ledger says: somebody used the vendor's own app."""


class LockFull(Rejected):
    """The lock takes no more PINs at all, whatever our ledger says."""


class OptedOut(Rejected):
    """The person has told their carrier that they want no texts from us; only they can undo it."""


class OutcomeUnknown(ProviderError):
    """It may have been done: look it up before asking again."""


class Misconfigured(ProviderError):
    """The operator has to change something (credentials, permissions). `code` is the vendor's own, where it matters."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code
