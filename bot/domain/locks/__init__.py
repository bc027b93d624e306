"""Locks: a door, how it is, whose account it belongs to, and what can be done at it through a bridge."""
