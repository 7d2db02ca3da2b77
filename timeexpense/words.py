"""In the reader's language: what the scripts of the week say, and how a table's amount came about."""

import json
import re
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from django.utils.translation import get_language, gettext

from psa.core.web import formats

# Names in braces are filled in by the script.
_WORDS = {
    "saving": "Saving…",
    "saved": "Saved {time}",
    "removed": "Removed {time}",
    "echo": "{typed} is {text}",
    "not_saved": "Not saved",
    "no_answer": "Not saved: the server did not answer. It is kept here and tried again.",
    "kept": "{count} not saved. What you typed is kept on this device and tried again.",
    "marked": "{count} not saved; look at the marked cells",
    "reload": "Not saved. Reload the page.",
    "time_first": "Enter the time first; a comment needs time beside it.",
    "suggested": "Suggested from {source}",
    "changed": "You had typed “{typed}” here; it holds {held} by now.",
    "nothing": "nothing",
    "back_one": "1 cell was typed and not saved last time; it is back and being saved.",
    "back_many": "{count} cells were typed and not saved last time; they are back and being saved.",
    "elsewhere": "Typed and not saved in other weeks: {count}. Open them to save it.",
}


def grid_words() -> str:
    """The texts by name, as JSON for an attribute."""
    return json.dumps({name: gettext(text) for name, text in _WORDS.items()})


# "Germany: 2 × 28.00 + 2 × 14.00 − 5.60 for meals. Source", "40 miles × 0.45 + 60 miles × 0.25. Source"
_CALCULATED = re.compile(
    r"(?:(?P<place>[^×]+?): )?(?P<sum>\d[^×:]*×[^:]*?)\. (?P<source>.*)", re.DOTALL
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def calculation_told(text: str) -> str:
    """How a mileage or a per diem was calculated, as kept with it, for the reader.

    The source is cited as the table has it.
    """
    found = _CALCULATED.fullmatch(text)
    if found is None:
        return text
    sums = _NUMBER.sub(lambda number: formats.quantity_text(Decimal(number[0])), found["sum"])
    for word, told in (("miles", gettext("miles")), ("for meals", gettext("for meals"))):
        sums = sums.replace(word, told)
    place = f"{place_told(found['place'])}: " if found["place"] else ""
    return f"{place}{sums}. {found['source']}"


def place_told(place: str) -> str:
    """“United Kingdom, London” with the country as the reader calls it."""
    country, comma, town = place.partition(", ")
    return f"{_country_told(country, (get_language() or 'en').partition('-')[0])}{comma}{town}"


@lru_cache(maxsize=512)
def _country_told(name: str, language: str) -> str:
    english = Locale("en").territories
    code = next((code for code in english if english[code] == name), "")
    return str(Locale.parse(language).territories.get(code, name))
