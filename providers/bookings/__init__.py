"""How bookings come in: what all booking systems have in common. A room for each stands beside."""
