"""Fixtures every room may use. Anything that only one folder needs stands in that folder."""
