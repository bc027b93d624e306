"""What Prometheus may know: counts, never people."""

from prometheus_client import Counter, Gauge

NUDGES = Counter("nightporter_nudges_total", "Nudges attended to, by what they are about", ["subject"])
BUGS = Counter("nightporter_bugs_total", "Unexpected exceptions in workflows", ["subject"])
SWEPT = Counter("nightporter_swept_total", "Due rows that the clock nudged", ["subject"])
LAST_SWEEP = Gauge("nightporter_last_sweep_timestamp_seconds", "When the clock last swept")
ALERTS = Gauge("nightporter_alerts_open", "What needs a person and is not solved, by kind", ["kind"])
MISCONFIGURED = Gauge("nightporter_misconfigured", "1 while a vendor refuses what the operator has to mend", ["vendor"])
VENDORS = ("Slack", "Twilio", "Seam", "igloohome", "guesty", "smoobu")
ELSEWHERE = "Slack elsewhere"
"""In a workspace that is not the house's own."""
FAILURES = Gauge(
    "nightporter_vendor_failures", "Calls that a vendor failed since this process began, by kind", ["vendor", "kind"]
)
OVERDUE = Gauge("nightporter_pins_overdue", "PINs that should have been made a quarter of an hour ago, and are not")
UNDECIDED = Gauge("nightporter_oldest_undecided_seconds", "Age of the oldest request that waits for a decision")
TEXTS = Gauge("nightporter_texts", "Texts of the last day, by how far they have come", ["state"])
DUE = Gauge("nightporter_due_rows", "Rows whose time has come and that wait for a worker, 500 of each kind at most")
LAG = Gauge("nightporter_due_oldest_seconds", "How late the message or PIN is that has waited longest")
FEEDS = Gauge("nightporter_calendars", "Calendars that are read, by how the last try went", ["state"])
FEED_AGE = Gauge("nightporter_calendar_oldest_read_seconds", "Since when the calendar was not read that waits longest")
BOOKINGS = Gauge("nightporter_bookings_waiting", "Bookings that are no stay yet, by their booking system", ["source"])
HEARTBEAT = Gauge("nightporter_heartbeat_age_seconds", "Since when a process gave no sign of life", ["part"])
SIGNATURES = Counter("nightporter_signature_failures_total", "Requests whose signature did not fit", ["vendor"])
DELIVERIES = Counter("nightporter_deliveries_total", "What vendors handed us", ["vendor", "status"])
