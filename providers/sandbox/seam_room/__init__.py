"""Seam, as far as an igloohome lock is concerned: its API, its events and its webhooks.

It plays Seam and igloohome's cloud at once, so it knows the locks' keys and mints PINs with `algopin`, but the doors
never ask it anything. It keeps Seam's words; what they are worth to anyone belongs outside.
"""

from providers.sandbox.seam_room.api import routes

__all__ = ["routes"]
