"""How patient the sandboxes of journeys are."""

PATIENCE = 9.0
"""Seconds. Slack waits three: that the sandbox does so, too, is tested in tests/sandbox. Here a busy machine is no
fault, and an acknowledgement that waits for a vendor (whose patience is ten) still is."""

AS_FAST_AS_IT_COMES = {"burst": 100_000, "per_second": 1000, "tiers": False}
"""For bots that take no turns at the chat."""
