"""A cell as HTML, made in Python so that a template can neither compute nor query."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from psa.core.web import formats, sentences
from psa.core.web.lists import values
from psa.core.web.lists.spec import Column, ListSpec
from psa.core.web.markup import escaped, format_html
from psa.core.web.states import HEALTH_LABELS, State, state_word

EMPTY = SafeString("")


@dataclass(frozen=True, slots=True)
class Cell:
    """`is_head` marks the cell that names the row. Itself it reads as the element of the table."""

    html: str
    css: str = ""
    is_head: bool = False

    def __str__(self) -> SafeString:
        """What a template writes for it: Django asks for the text first, and then whether it is safe."""
        start, end = _element(self.is_head, self.css)
        return SafeString(f"{start}{escaped(self.html)}{end}")

    def __html__(self) -> str:
        return str(self)


@lru_cache(maxsize=512)
def _element(is_head: bool, css: str) -> tuple[str, str]:
    shape = '<th scope="row"{}>' if is_head else "<td{}>"
    of_class = format_html(' class="{}"', css) if css else ""
    return format_html(shape, of_class), "</th>" if is_head else "</td>"


@lru_cache(maxsize=512)
def icon(name: str, css: str = "psa-i") -> SafeString:
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        css,
        static("vendor/icons.svg"),
        name,
    )


def state_html(state: State, *, quiet: bool = True) -> SafeString:
    css = "psa-state psa-state-q" if quiet else "psa-state"
    return format_html(
        '<span class="{}" data-s="{}">{}{}</span>',
        css,
        state.tone,
        icon(state.icon),
        state_word(state.label),
    )


def health_html(health: str) -> SafeString:
    known = health if health in HEALTH_LABELS else "none"
    return format_html(
        '<span class="psa-health" data-h="{}">{}</span>', known, gettext(HEALTH_LABELS[known])
    )


def flag_html(state: State) -> SafeString:
    tone = state.tone or "info"
    return format_html(
        '<span class="psa-flag" data-s="{}">{}{}</span>',
        tone,
        icon(state.icon, "psa-i psa-i-s"),
        state_word(state.label),
    )


@lru_cache(maxsize=1024)
def avatar_html(name: str, size: str = "") -> SafeString:
    """The disc with a person's initials; it says nothing to a screen reader."""
    return format_html(
        '<span class="psa-av{}" data-c="{}" aria-hidden="true">{}</span>',
        f" psa-av-{size}" if size else "",
        formats.avatar_colour(name),
        formats.initials(name),
    )


def person_html(name: str, size: str = "") -> SafeString:
    return format_html('<span class="psa-row">{}{}</span>', avatar_html(name, size), name)


def meter_html(percent: Decimal) -> SafeString:
    width = max(Decimal(0), min(Decimal(100), percent))
    return format_html(
        '<span class="psa-bar"><svg class="psa-meter" viewBox="0 0 100 5" '
        'preserveAspectRatio="none" aria-hidden="true"><rect class="v-go" width="{}" height="5"/>'
        "</svg><span>{}&nbsp;%</span></span>",
        f"{width:.1f}",
        formats.quantity_text(percent, 0),
    )


def _state_of(column: Column, value: Any) -> State:
    return column.states.get(value) or State(str(value))


def value_html(column: Column, row: Any) -> str:
    """What the cell says; a grey dash for nothing."""
    if column.kind == "money":
        pair = values.money_of(row, column)
        return formats.money_html(*pair, column.places) if pair else formats.NONE
    value = values.value_of(row, column)
    if column.kind == "flag" and not value:
        return EMPTY
    if value is None or value == "":
        return formats.NONE
    return plain_html(column, value)


def plain_html(column: Column, value: Any) -> str:
    match column.kind:
        case "hours" | "minutes":
            return formats.hours_text(int(value))
        case "date":
            return formats.day_text(value)
        case "datetime":
            return formats.moment_text(value)
        case "number":
            return formats.quantity_text(value, column.places)
        case "percent":
            places = 1 if column.places is None else column.places
            return f"{formats.quantity_text(value, places)}\u00a0%"
        case "meter":
            return meter_html(Decimal(value))
        case "state":
            return state_html(_state_of(column, value))
        case "flag":
            return flag_html(_state_of(column, value))
        case "health":
            return health_html(str(value))
        case "person":
            return person_html(str(value))
        case "code":
            return format_html('<span class="psa-code">{}</span>', value)
        case "text" if type(value) is str:
            return format_html("{}", sentences.told(value))
        case _:
            return format_html("{}", value)


def editable_html(column: Column, html: str, *, url: str, label: str) -> SafeString:
    """The value with the button that turns it into a field; `label` names the row."""
    return format_html(
        '<span class="psa-cell" data-cell>{}<button class="psa-cell-b" type="button" data-cell-edit="{}" '
        'aria-label="{}">{}</button></span>',
        html,
        url,
        gettext("Edit %(column)s of %(row)s")
        % {"column": sentences.label_told(column.label), "row": label},
        icon("pencil", "psa-i psa-i-s"),
    )


def cell(
    spec: ListSpec,
    column: Column,
    row: Any,
    *,
    is_head: bool,
    is_wide: bool,
    edit: tuple[str, str] | None = None,
    is_pinned: bool = False,
) -> Cell:
    """`edit` is the address that changes the cell and the row's name, where the reader may."""
    html = value_html(column, row)
    target = column.url(row) if column.url else None
    if column.kind == "link" and target is None and spec.row_url:
        target = spec.row_url(row)
    if target:
        html = format_html('<a class="psa-name" href="{}">{}</a>', target, html)
    elif column.why and (trace := column.why(row)):
        html = format_html(
            '<button class="psa-why" type="button" data-pop hx-get="{}" hx-target="#psa-pop-body" '
            'hx-swap="innerHTML" hx-select="unset" hx-push-url="false">{}'
            '<span class="psa-vh">, {}</span></button>',
            trace,
            html,
            gettext("why this number?"),
        )
    if edit:
        html = editable_html(column, html, url=edit[0], label=edit[1])
    css = _classes(
        column.kind, column.is_numeric, column.phone, is_head, is_wide, is_pinned, column.prose
    )
    return Cell(html, css, is_head)


@lru_cache(maxsize=512)
def _classes(
    kind: str,
    is_numeric: bool,
    on_phone: bool,
    is_head: bool,
    is_wide: bool,
    is_pinned: bool,
    is_prose: bool,
) -> str:
    css = []
    if is_pinned:
        css.append("psa-pin")
    if is_numeric:
        css.append("psa-num")
    if is_wide:
        css.append("psa-max")
    if kind == "meter":
        css.append("psa-wbar")
    if is_prose and not is_head:
        css.append("psa-2 psa-cell-prose")
    elif kind == "text" and not is_head:
        css.append("psa-2" if is_wide else "psa-2 psa-cell-text")
    if not on_phone:
        css.append("psa-desk-c")
    return " ".join(css)


def total_html(column: Column, value: Any, currency: str | None) -> str:
    if value is None:
        return EMPTY
    if column.kind == "money":
        return formats.money_html(Decimal(value), currency, column.places) if currency else EMPTY
    return plain_html(column, value)
