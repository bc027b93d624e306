"""Approvals: who may ask, decide, change, see and unlock, and what time does to a request that waits."""
