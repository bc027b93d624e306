"""A port of this machine that nobody uses just now."""

import os
import random
from socket import socket

from tests.janitor import MARK, folder_of_the_run

BELOW_WHAT_IS_GIVEN = range(12_000, 32_000)
"""The system gives whoever calls somebody a port from 32768 (Linux) or 49152 on. Between the choice and the server that
takes it lie seconds of a process's start: one of the system's would be anybody's meanwhile."""


def free_port() -> int:
    """No test of the same run is given it again."""
    while True:
        port = random.SystemRandom().choice(BELOW_WHAT_IS_GIVEN)
        with socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if _is_ours(port):
            return port


def _is_ours(port: int) -> bool:
    if MARK not in os.environ:
        return True
    given = folder_of_the_run() / "ports"
    given.mkdir(exist_ok=True)
    try:
        (given / str(port)).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
