"""Other people's words, both directions: one room per vendor, and none of them sees another."""
