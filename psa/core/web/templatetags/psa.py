"""Filters and tags of every template; templates compute nothing."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, pgettext

from psa.core.web import formats, forms, sentences
from psa.core.web.drawn_once import drawn_once
from psa.core.web.lists import cells
from psa.core.web.states import HEALTH_LABELS

register = template.Library()
register.tag(drawn_once)


@register.filter
def money(value: Any, places: int | None = None) -> str | SafeString:
    if value is None or value == "":
        return formats.NONE
    return formats.money_html(*formats.amount_and_currency(value), places)


@register.filter
def money_code(value: Any, places: int | None = None) -> str | SafeString:
    if value is None or value == "":
        return formats.NONE
    return formats.money_code_html(*formats.amount_and_currency(value), places)


@register.filter
def money_text(value: Any, places: int | None = None) -> str:
    if value is None or value == "":
        return "–"
    return formats.money_text(*formats.amount_and_currency(value), places)


@register.filter
def hours(minutes: int | str | None) -> str | SafeString:
    return formats.NONE if minutes is None or minutes == "" else formats.hours_text(int(minutes))


@register.filter
def day(on: date | None) -> str | SafeString:
    return formats.day_text(on) if on else formats.NONE


@register.filter
def day_short(on: date | None) -> str | SafeString:
    return formats.day_short_text(on) if on else formats.NONE


@register.filter
def moment(at: datetime | None) -> str | SafeString:
    return formats.moment_text(at) if at else formats.NONE


@register.filter
def as_json(value: Any) -> str:
    """For a data attribute that a module reads; escaped like any text."""
    return json.dumps(value)


@register.filter
def browser(user_agent: str) -> str:
    return formats.browser_text(user_agent)


@register.filter
def percent(share: Decimal | float | None, places: int = 1) -> str | SafeString:
    return formats.NONE if share in (None, "") else formats.percent_text(share, places)


@register.filter
def percent_of_100(points: Decimal | float | None, places: int = 1) -> str | SafeString:
    if points is None or points == "":
        return formats.NONE
    return f"{formats.quantity_text(points, places)}\u00a0%"


@register.filter
def number(value: Decimal | int | None, places: int | None = None) -> str | SafeString:
    return formats.NONE if value in (None, "") else formats.quantity_text(value, places)


@register.filter
def initials(name: str) -> str:
    return formats.initials(name or "")


@register.filter
def avatar_colour(name: str) -> int:
    return formats.avatar_colour(name or "")


@register.simple_tag
def icon(name: str, size: str = "", css: str = "") -> SafeString:
    """What ``<c-icon name="…" />`` draws, without a component's cost: for what every page repeats."""
    names = ["psa-i", *([f"psa-i-{size}"] if size else []), *([css] if css else [])]
    return cells.icon(name, " ".join(names))


@register.simple_tag
def avatar(name: str, size: str = "") -> SafeString:
    return cells.avatar_html(name or "", size)


@register.simple_tag
def person(name: str, size: str = "") -> SafeString:
    """A name behind its avatar."""
    return cells.person_html(name or "", size)


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """The field's widget with our classes and the ids of its help and error."""
    return forms.render_control(field)


@register.filter
def is_group(field: BoundField) -> bool:
    return forms.is_group(field)


@register.filter
def is_check(field: BoundField) -> bool:
    return forms.is_check(field)


@register.filter
def affix(field: BoundField) -> str:
    """The currency an amount field is typed in."""
    return getattr(field.field, "currency", "")


@register.filter
def health_label(health: str) -> str:
    return gettext(HEALTH_LABELS.get(health, HEALTH_LABELS["none"]))


@register.filter
def words(text: Any) -> str:
    """A label or sentence from Python in the reader's language; what is not known stays as it is.

    A text that was safe stays so: an attribute of a component may hold an amount that is drawn.
    """
    if not text:
        return ""
    told = sentences.told(str(text))
    return SafeString(told) if isinstance(text, SafeString) else told


@register.filter
def month(title: str) -> str:
    """The title of a period, “January 2026”, in the reader's language."""
    return sentences.month_told(str(title))


@register.filter
def day_of_month(on: date) -> str:
    return formats.day_of_month_text(on)


@register.filter
def state_words(label: Any) -> str:
    """A state in the reader's language: “Open” is Offen here, and Öffnen on a button."""
    if isinstance(label, sentences.AsWritten):
        return label
    known = pgettext("state", str(label)) if label else ""
    return words(label) if known == str(label) else known


@register.filter
def weekday(on: date) -> str:
    return formats.weekday_text(on)


@register.filter
def deed(what: Any) -> str:
    """What somebody did, after their name: “ created the contract”; in German “ hat den Vertrag …”.

    Where only the sentence by itself has its German it follows a colon: “: Rechnung 7 bestätigt”.
    """
    text = str(what or "")
    told = sentences.told(text)
    if told != text or not text[:1].islower() or (get_language() or "en").startswith("en"):
        return f" {told}"
    whole = text[:1].upper() + text[1:]
    known = next(
        (one for end in ("", ".") if (one := sentences.told(whole + end)) != whole + end), ""
    )
    return f": {known.removesuffix('.')}" if known else f" {text}"


@register.filter
def within(text: Any) -> str:
    """The same inside a sentence: English in small letters, German as its nouns are written."""
    told = words(text)
    return told.lower() if (get_language() or "en").startswith("en") else told


@register.filter
def svg_number(value: Decimal | float | str) -> str:
    """A number between 0 and 100 as SVG writes it, whatever the language and its decimal sign."""
    return f"{max(Decimal(0), min(Decimal(100), Decimal(str(value).replace(',', '.')))):.1f}"
