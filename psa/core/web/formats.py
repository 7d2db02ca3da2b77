"""How money, hours, dates and shares read on a page, in the reader's language."""

import unicodedata
from contextvars import ContextVar
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import (
    get_currency_precision,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
)
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, to_locale

from psa.core.web.markup import format_html

NONE = mark_safe('<span class="psa-3">–</span>')
MINUS = "−"

_hours_as_decimal: ContextVar[bool] = ContextVar("hours_as_decimal", default=False)


def use_decimal_hours(decimal: bool) -> None:
    """Set, for the current request, whether hours read 7.5 (True) or 7:30 (False)."""
    _hours_as_decimal.set(decimal)


_region: ContextVar[Locale | None] = ContextVar("region", default=None)
# Whose names of months and days are used where no locale has the region's writing in the language.
_names: ContextVar[Locale | None] = ContextVar("names", default=None)
_FIRST_DAYS: ContextVar[int | None] = ContextVar("week_starts_on", default=None)


def use_region(region: str, language: str, week_starts_on: int | None = None) -> None:
    """Set, for the current request, how numbers and dates are written: as in `region`, in `language`.

    Nothing given: as the active language has it. British English is that already.
    """
    _FIRST_DAYS.set(week_starts_on)
    found = (
        None if region in ("", "en-gb") and language in ("", "en") else _locale(region, language)
    )
    _region.set(found)
    _names.set(_names_for(found, language) if found else None)


def region() -> str:
    """The reader's region and language in one word, to keep by what was written for it."""
    return f"{_region.get() or ''}{_names.get() or ''}"


@lru_cache(maxsize=128)
def _locale(region: str, language: str) -> Locale | None:
    """The region's locale with the language's names where such a pair exists; else the region's."""
    own, _, territory = region.partition("-")
    for code in (f"{language or own}_{territory.upper()}", f"{own}_{territory.upper()}", language):
        try:
            return Locale.parse(code)
        except (UnknownLocaleError, ValueError):
            continue
    return None


@lru_cache(maxsize=128)
def _names_for(region: Locale, language: str) -> Locale | None:
    """The language's own locale where the region's is in another: German read in Britain."""
    if language in ("", region.language):
        return None
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return None


def decimal_symbol() -> str:
    """The reader's decimal sign, for what they type: a point or a comma."""
    region = _region.get()
    return get_decimal_symbol(region) if region else "."


def first_weekday() -> int:
    """The day a week begins on for the reader, 0 for Monday."""
    chosen, region = _FIRST_DAYS.get(), _region.get()
    if chosen is not None:
        return chosen
    return int(region.first_week_day) if region else 0


def signed(text: str) -> str:
    """The text with a true minus in front instead of a hyphen."""
    return MINUS + text[1:] if text.startswith("-") else text


@lru_cache(maxsize=512)
def symbol_of(currency: str, language: str) -> str:
    """The currency's narrow symbol in the language, or its code when it has none."""
    try:
        symbol = get_currency_symbol(currency, locale=to_locale(language))
    except (UnknownLocaleError, ValueError):
        symbol = get_currency_symbol(currency, locale="en")
    return symbol if len(symbol) == 1 else currency + "\u00a0"


@lru_cache(maxsize=256)
def places_of(currency: str) -> int:
    """Digits of the currency's minor unit: EUR 2, JPY 0, KWD 3."""
    return int(get_currency_precision(currency))


def quantity_text(value: Decimal | int | float, places: int | None = None) -> str:
    """A grouped number in the reader's language; `places` decimals, by default as many as it has.

    Rounded half up for display only.
    """
    amount = value if isinstance(value, Decimal) else Decimal(str(value))
    if places is not None:
        amount = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        amount = amount.copy_abs() if amount == 0 else amount
    if region := _region.get():
        plain = f"{amount:,f}".replace(",", "\x00").replace(".", get_decimal_symbol(region))
        return signed(plain.replace("\x00", get_group_symbol(region)))
    if (get_language() or "en").startswith("en"):
        return signed(f"{amount:,f}")
    return signed(number_format(amount, decimal_pos=places, use_l10n=True, force_grouping=True))


def money_text(amount: Decimal, currency: str, places: int | None = None) -> str:
    """Plain text such as ``€1,234.50``, for titles and messages."""
    text = quantity_text(amount, places_of(currency) if places is None else places)
    sign = MINUS if text.startswith(MINUS) else ""
    return f"{sign}{symbol_of(currency, get_language() or 'en')}{text.removeprefix(MINUS)}"


def money_html(amount: Decimal, currency: str, places: int | None = None) -> SafeString:
    """The same with a muted symbol: ``<span class="psa-cur">€</span>1,234.50``."""
    if not isinstance(amount, Decimal):
        amount = Decimal(str(amount))
    return _money_html(amount, currency, places, _region.get(), get_language() or "en")


@lru_cache(maxsize=4096)
def _money_html(
    amount: Decimal, currency: str, places: int | None, _reads_as: Locale | None, language: str
) -> SafeString:
    """Its places are always said, so that equal amounts read alike."""
    text = quantity_text(amount, places_of(currency) if places is None else places)
    sign = MINUS if text.startswith(MINUS) else ""
    symbol = symbol_of(currency, language)
    return format_html(
        '{}<span class="psa-cur">{}</span>{}', sign, symbol, text.removeprefix(MINUS)
    )


def money_code_html(amount: Decimal, currency: str, places: int | None = None) -> SafeString:
    """As documents write it: ``1,234.50 <span class="psa-cur">EUR</span>``."""
    text = quantity_text(amount, places_of(currency) if places is None else places)
    return format_html('{} <span class="psa-cur">{}</span>', text, currency)


def hours_text(minutes: int) -> str:
    """450 minutes as ``7:30``, or as ``7.5`` for those who read decimals (two places at most)."""
    return _hours_text(minutes, _hours_as_decimal.get(), _region.get(), get_language())


@lru_cache(maxsize=4096)
def _hours_text(
    minutes: int, as_decimal: bool, _reads_as: Locale | None, _language: str | None
) -> str:
    if as_decimal:
        hours = (Decimal(minutes) / 60).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        return quantity_text(hours.normalize() if hours % 1 else hours.to_integral_value())
    whole, rest = divmod(abs(minutes), 60)
    sign = MINUS if minutes < 0 else ""
    return f"{sign}{quantity_text(whole)}:{rest:02d}"


def day_text(on: date) -> str:
    """``9 Jul 2026``."""
    return _day_text(on, _region.get(), _names.get(), get_language())


@lru_cache(maxsize=4096)
def _day_text(on: date, region: Locale | None, names: Locale | None, _language: str | None) -> str:
    if region and names:
        return format_date(on, region.date_formats["medium"].pattern, locale=names)
    if region:
        return format_date(on, "medium", locale=region)
    return date_format(on, "j M Y")


def day_short_text(on: date) -> str:
    """``Thu 9 Jul``, for what is near."""
    region, names = _region.get(), _names.get()
    if region and names:
        return format_date(on, region.datetime_skeletons["MMMEd"].pattern, locale=names)
    if region:
        return format_skeleton("MMMEd", on, locale=region)
    return date_format(on, "D j M")


def day_of_month_text(on: date) -> str:
    """``9 Jul``, under the name of its weekday."""
    if region := _region.get():
        return format_skeleton("MMMd", on, locale=region)
    return date_format(on, "j M")


def weekday_text(on: date) -> str:
    """``Thursday, 9 July``, where the year is plain."""
    if region := _region.get():
        day = format_skeleton("MMMMd", on, locale=region)
        return f"{format_date(on, 'EEEE', locale=region)}, {day}"
    return date_format(on, "l, j F")


def span_text(first: date, last: date) -> str:
    """``6 to 12 July``, or ``29 June to 5 July``."""
    if region := _region.get():
        return format_interval(first, last, "MMMMd", locale=region)
    start = f"{first.day}" if first.month == last.month else date_format(first, "j F")
    return " to ".join((start, date_format(last, "j F")))


def moment_text(at: datetime) -> str:
    """``9 Jul 2026 14:05`` in the reader's time zone."""
    aware = at if timezone.is_aware(at) else at.replace(tzinfo=UTC)
    local = timezone.localtime(aware)
    if _region.get():
        return f"{day_text(local.date())} {local:%H:%M}"
    return date_format(local, "j M Y H:i")


def percent_text(share: Decimal | float, places: int = 1) -> str:
    """A share of one: 0.302 as ``30.2 %``."""
    value = share if isinstance(share, Decimal) else Decimal(str(share))
    return f"{quantity_text(value * 100, places)}\u00a0%"


def amount_and_currency(value: Any) -> tuple[Decimal, str]:
    """Amount and code of a Money.

    Raises  TypeError for a bare number: an amount without its currency is a mistake in the caller.
    """
    try:
        return Decimal(value.amount), str(value.currency)
    except AttributeError as error:
        message = f"money needs an amount with its currency, not {type(value).__name__}"
        raise TypeError(message) from error


def initials(name: str) -> str:
    """``PR`` for Priya Raman; the first letters of the first and the last word."""
    words = [w for w in name.split() if w[0].isalnum()]
    if not words:
        return "?"
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else words[0][1:2])
    return letters.upper()


def avatar_colour(name: str) -> int:
    """1 to 6, always the same for one name."""
    plain = unicodedata.normalize("NFKD", name)
    return sum(ord(c) * (i + 1) for i, c in enumerate(plain)) % 6 + 1


# The first that occurs names it: what imitates another comes before what it imitates.
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS", "Firefox"),
             ("Chrome/", "Chrome"), ("CriOS", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
            ("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


def browser_text(user_agent: str) -> str:
    """A browser and its system in words, such as “Firefox on Windows”."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return " on ".join(filter(None, (browser, system))) or "Another program"
