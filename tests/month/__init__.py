"""A simulated month: the core on a real database and a moved clock, guests who do as guests do, and a judge."""
