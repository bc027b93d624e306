"""Lodgify: bookings as its webhooks tell of them."""
