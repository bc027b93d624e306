"""Hospitable: reservations as its webhooks (API v2) tell of them."""
