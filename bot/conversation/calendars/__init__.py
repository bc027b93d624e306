"""What people read about calendars of booking platforms: what each is called, and how it is."""
