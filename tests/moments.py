"""When tests begin, whatever the hour and the day are: no clock changes for months around it."""

from datetime import UTC, datetime

START = datetime(2026, 12, 1, 9, 20, 30, tzinfo=UTC)
"""A Tuesday's morning in Paris."""
