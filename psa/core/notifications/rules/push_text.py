"""What a notification may say on a locked screen: no amount, whatever its text holds."""

import re

_SYMBOL = "[€£$¥₹]"
_CODE = r"(?:[A-Z]{3})"
_NUMBER = r"[-−]?\d[\d.,'’\u00a0\u202f ]*"
_AMOUNT = re.compile(
    rf"{_SYMBOL}\s*{_NUMBER}|{_NUMBER}{_SYMBOL}|\b{_CODE}\s?{_NUMBER}|{_NUMBER}\b{_CODE}\b"
)
LONGEST = 140


def names_an_amount(text: str) -> bool:
    """Whether a currency stands beside a number. A project code that looks like it counts as well."""
    return _AMOUNT.search(text) is not None


def on_screen(*, title: str, body: str, label: str) -> tuple[str, str]:
    """Title and text for the screen of a device: without those parts that name an amount.

    `label` is the event's own words and stands for a title that cannot be shown.
    """
    shown = label if names_an_amount(title) else title
    text = "" if names_an_amount(body) or body == title else body
    return _short(shown), _short(text)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= LONGEST else words[: LONGEST - 1].rstrip() + "…"
