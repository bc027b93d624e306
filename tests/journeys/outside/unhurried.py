"""The bot as `python -m bot` starts it, but that no post waits for its turn and no card rests: that is machine time,
and no Slack here minds. That the bot keeps Slack's pace is tested in processes of its own (`test_slack_away`)."""

import runpy
from datetime import timedelta

from providers.slack import client

PACES = ("A_POST", "AN_UPDATE", "A_CARD")
"""In `providers.slack.client`."""

if __name__ == "__main__":
    for pace in PACES:
        setattr(client, pace, timedelta())
    runpy.run_module("bot", run_name="__main__", alter_sys=True)
