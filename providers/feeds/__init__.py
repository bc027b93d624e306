"""Calendars of booking platforms (iCalendar, RFC 5545): fetched from public addresses only, and read in a thread. What
an event means is `bot.domain.sources.feed_bookings`."""
