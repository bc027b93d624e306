"""Rows: tables, sessions, transactions, migrations. Nothing ending in Row leaves this folder."""
