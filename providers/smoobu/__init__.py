"""Smoobu: reservations as its webhook tells of them, confirmed by its API."""
