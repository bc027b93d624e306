"""Nouns and rules, settled on paper from the values at hand: pure, synchronous, standard library only."""
