"""The bot as `python -m bot` starts it where the shell has closed some of its streams: the first word names these by
their numbers, as `12`."""

import os
import runpy
import sys

if __name__ == "__main__":
    for number in map(int, sys.argv.pop(1)):
        os.close(number)
        setattr(sys, ("stdin", "stdout", "stderr")[number], None)  # as Python has them that was started so
    runpy.run_module("bot", run_name="__main__", alter_sys=True)
