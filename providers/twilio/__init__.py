"""Twilio: texts out through its official SDK, guests' texts and delivery reports in through signed requests."""
