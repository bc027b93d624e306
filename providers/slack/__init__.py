"""Slack: notices out through its official SDK. What people press and type comes in through `listeners`."""
