"""NotUnderstood: what a person typed has no meaning, or more than one; it carries the question to ask them.

A Refusal says that a rule says no; this only says that we did not read the words. No rule of a lock lives here.
"""


class NotUnderstood(ValueError):
    """`part` is the piece of text in doubt (as we read it), `question` one sentence that a person can answer."""

    def __init__(self, part: str, question: str) -> None:
        super().__init__(question)
        self.part = part
        self.question = question
