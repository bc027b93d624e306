"""igloohome's own API (iglooaccess), as far as locks, their offline PINs and their bridges are concerned.

Beside Seam's room it speaks for the same locks; a bot talks to one of the two. What is known of it stands in the
project's facts; where nothing is, the choice is said where it was made.
"""

from providers.sandbox.igloo_room.api import routes

__all__ = ["routes"]
