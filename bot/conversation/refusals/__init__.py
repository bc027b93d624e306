"""Every sentence in which a rule says no, and an example of each."""
