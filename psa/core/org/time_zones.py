"""The time zone a country keeps, from the time zone database that comes with Python's tzdata."""

from functools import cache
from importlib import resources
from typing import Final

UTC: Final = "UTC"
# Where the database lists a smaller place first, the zone in which most people live.
_MOST_PEOPLE: Final = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto",
    "RU": "Europe/Moscow", "UA": "Europe/Kyiv", "UZ": "Asia/Tashkent",
}  # fmt: skip


def time_zone_of(country: str) -> str:
    """The zone of the country, of several the one most people live in; UTC for one that is none."""
    return _MOST_PEOPLE.get(country.upper()) or _first_zones().get(country.upper(), UTC)


@cache
def _first_zones() -> dict[str, str]:
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    found: dict[str, str] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, zone)
    return found
