"""What the team reads in chat: cards, notices, a stay's history, Home. Only for one person's eyes: `answers`."""
