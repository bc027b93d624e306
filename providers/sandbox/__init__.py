"""The outside world in one process, on loopback: Seam, Twilio, Slack, doors with keypads, a clock, faults.

It never imports the bot and the bot's core never imports it. A little nastier than reality on purpose.
"""
