"""Booking platforms as people call them."""

from collections.abc import Mapping

from bot.domain.sources.feeds import Platform

NAMES: Mapping[Platform, str] = {
    Platform.AIRBNB: "Airbnb",
    Platform.BOOKING: "Booking.com",
    Platform.VRBO: "Vrbo",
    Platform.GOOGLE: "Google Calendar",
    Platform.GENERIC: "a calendar",
}

_NOBODY = {Platform.AIRBNB: "Airbnb guest", Platform.BOOKING: "Booking.com guest", Platform.VRBO: "Vrbo guest"}


def nobodys_name(source: str) -> str:
    """What a guest is called whose platform does not say."""
    return next((name for platform, name in _NOBODY.items() if platform.value == source), "Guest")
