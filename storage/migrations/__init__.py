"""Alembic's revisions. A revision, once released, is never edited."""
