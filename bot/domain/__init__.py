"""Nouns and rules, settled on paper from the values at hand: pure, synchronous, standard library only.

Three nouns that every room speaks of stand here: `windows`, `pins`, `refusals`. The rooms import one way:
approvals → stays → messages → locks → planning.
"""
