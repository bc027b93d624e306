"""Questions at the terminal, from within the running loop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread


@contextmanager
def interruptible() -> Iterator[None]:
    """Around a question: Ctrl-C ends it. The loop's own handler would only cancel what comes after the answer, and the
    question would stand there as if nothing had been pressed."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
