"""A judge of random histories: whatever is claimed of a PIN, the door itself is asked."""
