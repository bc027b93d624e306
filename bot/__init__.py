"""Night Porter: what we decide, and what we say. Vendors' words live in `providers`, rows in `storage`."""
