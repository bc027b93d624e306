"""Guesty: webhooks that name a reservation, and its Open API, which says what became of it."""
