"""Where one's own calendar stands in the palette."""

from psa.core.web.navigation import Command, register_commands

register_commands(
    Command("My calendar address", "calendars:feed", None, "calendar", "ical outlook google feed")
)
