"""What Prometheus may know: counts, never people."""

from prometheus_client import Counter, Gauge

NUDGES = Counter("nightporter_nudges_total", "Nudges attended to, by what they are about", ["subject"])
BUGS = Counter("nightporter_bugs_total", "Unexpected exceptions in workflows", ["subject"])
SWEPT = Counter("nightporter_swept_total", "Due rows that the clock nudged", ["subject"])
LAST_SWEEP = Gauge("nightporter_last_sweep_timestamp_seconds", "When the clock last swept")
ALERTS = Gauge("nightporter_alerts_open", "What needs a person and is not solved, by kind", ["kind"])
MISCONFIGURED = Gauge("nightporter_misconfigured", "1 while a vendor refuses what the operator has to mend", ["vendor"])
VENDORS = ("Slack", "Twilio", "Seam", "igloohome")
DELIVERIES = Counter("nightporter_deliveries_total", "What vendors handed us", ["vendor", "status"])
