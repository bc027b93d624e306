"""Seam (connect.getseam.com): igloohome locks and their offline PINs through its API, and its signed events."""
