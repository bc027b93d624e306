"""Planning: what a lock accepts, on its own clock, and what to offer where it does not. Knows no guest and no row."""
