"""`python -m bot`, but no post waits for its turn at Slack: what is measured is the bot, and not Slack's pace, which
the naive bot beside it keeps as little.

    python -m tests.benchmarks.unhurried serve
"""

from datetime import timedelta

from bot.cli import main
from providers.slack import client

if __name__ == "__main__":
    client.A_POST = client.AN_UPDATE = timedelta()
    main()
