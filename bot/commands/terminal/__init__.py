"""What commands share: how they open the house, what they say at the terminal and in the log, and how they end."""
