"""Calendars as platforms write them, and as nobody should (facts on bookings, section 4)."""

FIRST = "DTSTART;VALUE=DATE:20261204"
AIRBNB = """BEGIN:VCALENDAR
PRODID:-//Airbnb Inc//Hosting Calendar 1.0//EN
CALSCALE:GREGORIAN
VERSION:2.0
BEGIN:VEVENT
DTSTAMP:20261128T180000Z
DTSTART;VALUE=DATE:20261204
DTEND;VALUE=DATE:20261208
SUMMARY:Reserved
UID:1418fb94e984-00000000000000000000000000000001@airbnb.com
DESCRIPTION:Reservation URL: https://www.airbnb.com/hosting/reservations/de
 tails/HMTEST1234\\nPhone Number (Last 4 Digits): 1234
END:VEVENT
BEGIN:VEVENT
DTSTAMP:20261128T180000Z
DTSTART;VALUE=DATE:20261210
DTEND;VALUE=DATE:20261212
SUMMARY:Airbnb (Not available)
UID:7f662ec65913-00000000000000000000000000000002@airbnb.com
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")

LOGIN = b"<!DOCTYPE html><html><body>Please log in</body></html>"


def calendar(*events: str, head: str = "") -> bytes:
    """Events by their lines."""
    inside = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n{head}{inside}END:VCALENDAR\n".replace(
        "\n", "\r\n"
    ).encode()


def night(uid: str = "u1", summary: str = "Ana Sample", more: str = "") -> str:
    """One event from the 4th to the 6th."""
    return f"UID:{uid}\n{FIRST}\nDTEND;VALUE=DATE:20261206\nSUMMARY:{summary}{more}"
