"""Stays that come by themselves: who sends them, and what was said of each."""
