"""Every text to a phone: its words in each language, its letters and segments, names and times inside it."""
