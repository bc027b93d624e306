"""Hostaway: reservations as its unified webhook tells of them."""
