"""What the pages of pricing show, for one actor: lists, a list's lines, traces, the queue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.core import signing
from django.db.models import Count
from django.urls import reverse

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.audit.selectors import activity_of
from psa.core.errors import NotFound
from psa.core.money.rounding import EXACT, round_half_up
from psa.core.org.models import Resource
from psa.core.web import formats, states
from psa.core.web.activity import ActivityEntry
from psa.core.web.states import State

from . import book_rows, dimension_text, owner_names, replay
from .models import PriceLine, PriceList, PriceTrace, PricingDimension, UnpricedEntry
from .rules.trace import explain
from .rules.types import PriceContext, TraceStep
from .services import unpriced
from .services.traces import steps_of
from .visibility import may_see_prices, visible_list, visible_to

GRID_LINES: Final = 500
SHOWN_LINES: Final = 200
STATES: Final = {
    PriceList.Status.DRAFT.value: states.DRAFT,
    PriceList.Status.ACTIVE.value: states.ACTIVE,
    PriceList.Status.EXPIRED.value: State("Expired", icon="lock"),
}
_TRACE_SALT: Final = "pricing.trace"
METHOD_SIGNS: Final = {"price": "", "markup": "%", "at_cost": "At cost"}
# Steps of a sales price that tell the cost it builds on.
_COST_STEPS: Final = frozenset({"cost", "markup_over_cost", "line_markup", "override_markup"})
BUILDS_ON_COST: Final = "The price builds on the cost, which your role does not show."


@dataclass(frozen=True, slots=True)
class ListRow:
    """A price list as the list of lists shows it. `state` counts an ended list as expired."""

    id: int
    name: str
    context: str
    context_label: str
    owner: str
    currency: str
    time_unit: str
    valid_from: date
    valid_until: date | None
    state: str
    version: int
    line_count: int

    @property
    def badge(self) -> State:
        return STATES[self.state]


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line in words, and what its predecessor's line said."""

    id: int
    transaction_class: str
    role: str
    resourcing_unit: str
    category: str
    item: str
    dimensions: str
    unit: str
    method: str
    method_label: str
    value: Decimal
    former_value: Decimal | None = None
    change_percent: Decimal | None = None
    change: str = ""

    @property
    def shown_value(self) -> str:
        """The price as people write it; a markup with its sign, nothing for *at cost*."""
        if self.method == PriceLine.Method.AT_COST:
            return ""
        sign = " %" if self.method == PriceLine.Method.MARKUP else ""
        return f"{formats.quantity_text(shown_price(self.value))}{sign}"

    @property
    def shown_former(self) -> str:
        if self.former_value is None:
            return ""
        return formats.quantity_text(shown_price(self.former_value))


@dataclass(frozen=True, slots=True)
class ListPage:
    """One price list with everything its page shows."""

    row: ListRow
    hours_per_day: Decimal
    is_draft: bool
    is_used: bool
    may_manage: bool
    lock_version: int
    lines: tuple[LineRow, ...]
    dimensions: tuple[tuple[str, str], ...]
    versions: tuple[ListRow, ...]
    predecessor: ListRow | None
    entries: tuple[ActivityEntry, ...]

    @property
    def is_editable(self) -> bool:
        return self.is_draft and self.may_manage

    @property
    def line_count(self) -> int:
        return len(self.lines)

    @property
    def shown_lines(self) -> tuple[LineRow, ...]:
        """As many as a page reads at once; the rest is in the list of lines."""
        return self.lines[:SHOWN_LINES]

    @property
    def fits_grid(self) -> bool:
        return len(self.lines) <= GRID_LINES


@dataclass(frozen=True, slots=True)
class TracePage:
    """Why a rate is what it is, in sentences, for somebody who may see it."""

    id: int
    context_label: str
    sentences: tuple[str, ...]
    list_id: int | None


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """Work that waits for a price. Holds no price."""

    id: int
    source: str
    source_url: str | None
    resource: str
    role: str
    work_on: date
    context: str
    reason: str
    searched: tuple[str, ...]
    added_at: datetime
    add_url: str


def shown_price(value: Decimal) -> Decimal:
    """A price with its cents, and further decimals only where it has them."""
    cents = value.quantize(Decimal("0.01"))
    return cents if cents == value else value.normalize()


def list_rows(*, actor: Actor, as_of: date) -> list[ListRow]:
    """The lists the actor may see, newest start first. Two queries, and one per kind of owner."""
    rows = visible_to(actor).annotate(line_count=Count("lines")).order_by("-valid_from", "name")
    return _rows(list(rows), as_of)


def list_page(*, actor: Actor, list_id: int, as_of: date) -> ListPage:
    """One list. NotFound alike if it is absent, another tenant's, or not the actor's to see."""
    row = visible_list(actor, list_id)
    family = _family(actor, row)
    versions = _rows(family, as_of)
    own = next(version for version in versions if version.id == row.pk)
    before = next((one for one in versions if one.id == row.predecessor_id), None)
    return ListPage(
        row=own,
        hours_per_day=row.hours_per_day,
        is_draft=row.status == PriceList.Status.DRAFT,
        is_used=row.is_used,
        may_manage=actor.has(PricingPermission.MANAGE_LISTS),
        lock_version=row.lock_version,
        lines=tuple(line_rows(row)),
        dimensions=dimension_names(),
        versions=tuple(versions),
        predecessor=before,
        entries=tuple(
            ActivityEntry(entry.actor_name, entry.sentence, entry.at)
            for entry in activity_of(record_type="pricing.PriceList", record_id=row.pk)
        ),
    )


def line_rows(price_list: PriceList) -> list[LineRow]:
    """The lines in words, beside those of the version before. Two queries."""
    former = {}
    if price_list.predecessor_id is not None:
        former = {_key(row): row for row in lines_of(price_list.predecessor_id)}
    rows = []
    for line in lines_of(price_list.pk):
        old = former.pop(_key(line), None) if former else None
        compared = price_list.predecessor_id is not None
        rows.append(_line_row(line, old.value if old else None, compared=compared))
    return rows


def price_of(price_list: PriceList, line_id: int) -> Decimal:
    """The price of one line of a list. Raises  NotFound."""
    rows = PriceLine.objects.filter(price_list=price_list, pk=line_id)
    value: Decimal | None = rows.values_list("value", flat=True).first()
    if value is None:
        raise NotFound(f"“{price_list.name}” has no such line.")
    return value


def roles_of(price_list: PriceList) -> dict[int, str]:
    """The roles that a list prices, by name. One query."""
    rows = PriceLine.objects.filter(price_list=price_list, role__isnull=False)
    return dict(rows.order_by("role__name").distinct().values_list("role_id", "role__name"))


def dimension_names() -> tuple[tuple[str, str], ...]:
    """Code and name of the dimensions beside role and unit, by priority. One query."""
    return tuple(
        PricingDimension.objects.exclude(code__in=("role", "resourcing_unit"))
        .order_by("priority")
        .values_list("code", "name")
    )


def trace_url(trace_id: int, *, actor: Actor) -> str:
    """The address of "Why this rate?" for somebody who was shown the rate on an own record.

    Rooms that have found a project or quote to be the actor's own hand this address out; it works
    for that member only. Who sees all rates needs no signature.
    """
    signature = signing.dumps([trace_id, actor.membership_id], salt=_TRACE_SALT)
    path = reverse("pricing:trace", urlconf=settings.TENANT_URLCONF, args=[trace_id])
    return f"{path}?for={signature}"


def trace_page(*, actor: Actor, trace_id: int, signature: str = "") -> TracePage:
    """A stored trace in words. Three queries.

    Raises  NotFound alike if it does not exist or the actor may not see rates of its kind.
    """
    found = PriceTrace.objects.filter(pk=trace_id).first()
    refused = NotFound("This price does not exist, or it is not yours to see.")
    if found is None:
        raise refused
    context, steps = steps_of(found.steps)
    if not may_see_prices(actor, context) and not _is_signed_for(actor, trace_id, signature):
        raise refused
    hides_cost = not actor.has(PricingPermission.VIEW_COST_RATES) and context is PriceContext.SALES
    shown = _without_cost(steps) if hides_cost else steps
    sentences = explain(shown, book_rows.names_of_values())
    if len(shown) < len(steps):
        sentences.append(BUILDS_ON_COST)
    listed = [int(dict(step.facts)["list_id"]) for step in steps if step.code == "list"]
    visible = visible_to(actor).filter(pk__in=listed).values_list("pk", flat=True)
    return TracePage(
        trace_id, f"{context.value.capitalize()} rate", tuple(sentences), visible.first()
    )


def waiting_rows(*, actor: Actor) -> list[WaitingRow]:
    """Work that waits for a price, oldest first. One query and one for people's names."""
    actor.require(PricingPermission.REPLAY_UNPRICED)
    rows = list(unpriced.waiting().select_related("role"))
    people = dict(
        Resource.objects.filter(pk__in={row.resource_id for row in rows}).values_list("id", "name")
    )
    return [_waiting_row(row, people.get(row.resource_id, "")) for row in rows]


def _waiting_row(row: UnpricedEntry, person: str) -> WaitingRow:
    role = f"&role={row.role_id}" if row.role_id else ""
    return WaitingRow(
        id=row.pk,
        source=f"{replay.title_of(row.source_kind)} {row.source_id}",
        source_url=replay.url_of(row.source_kind, row.source_id),
        resource=person,
        role=row.role.name if row.role else "",
        work_on=row.work_on,
        context=PriceContext(row.context).value.capitalize(),
        reason=row.reason,
        searched=tuple(row.searched),
        added_at=row.added_at,
        add_url=f"{reverse('pricing:add_price')}?context={row.context}"
        f"&on={row.work_on.isoformat()}{role}",
    )


def _without_cost(steps: Sequence[TraceStep]) -> list[TraceStep]:
    return [step for step in steps if step.code not in _COST_STEPS]


def _is_signed_for(actor: Actor, trace_id: int, signature: str) -> bool:
    if not signature:
        return False
    try:
        signed: object = signing.loads(signature, salt=_TRACE_SALT)
    except signing.BadSignature:
        return False
    return signed == [trace_id, actor.membership_id]


def _family(actor: Actor, row: PriceList) -> list[PriceList]:
    """All versions of a list, newest first: lists of one owner, context and currency are few."""
    siblings = {
        one.pk: one
        for one in visible_to(actor)
        .filter(
            context=row.context,
            currency=row.currency,
            owner_kind=row.owner_kind,
            owner_id=row.owner_id,
        )
        .annotate(line_count=Count("lines"))
    }
    family = {row.pk}
    size = 0
    while size != len(family):
        size = len(family)
        for one in siblings.values():
            if one.predecessor_id in family:
                family.add(one.pk)
            if one.pk in family and one.predecessor_id in siblings:
                family.add(one.predecessor_id)
    return sorted((siblings[pk] for pk in family), key=lambda one: (-one.version, -one.pk))


def _rows(lists: Sequence[PriceList], as_of: date) -> list[ListRow]:
    names = owner_names.names_of((row.owner_kind, row.owner_id) for row in lists)
    return [
        ListRow(
            id=row.pk,
            name=row.name,
            context=row.context,
            context_label=row.get_context_display(),
            owner=names[row.owner_kind, row.owner_id],
            currency=row.currency,
            time_unit=row.time_unit,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            state=_state(row, as_of),
            version=row.version,
            line_count=row.line_count,  # type: ignore[attr-defined]
        )
        for row in lists
    ]


def _state(row: PriceList, as_of: date) -> str:
    ended = row.valid_until is not None and row.valid_until <= as_of
    if row.status == PriceList.Status.ACTIVE and ended:
        return PriceList.Status.EXPIRED.value
    return str(row.status)


def lines_of(list_id: int) -> Iterable[PriceLine]:
    """The lines of a list in the order of their names. One query."""
    rows: Iterable[PriceLine] = (
        PriceLine.objects.filter(price_list_id=list_id)
        .select_related("role", "resourcing_unit", "category")
        .order_by(
            "transaction_class", "role__name", "resourcing_unit__name", "category__name", "id"
        )
    )
    return rows


def _key(line: PriceLine) -> tuple[object, ...]:
    return (
        line.transaction_class, line.role_id, line.resourcing_unit_id, line.category_id, line.item,
        line.dimensions, line.unit, line.method,
    )  # fmt: skip


def _line_row(line: PriceLine, former: Decimal | None, *, compared: bool) -> LineRow:
    percent = None
    if former:
        exact = EXACT.divide(
            EXACT.multiply(EXACT.subtract(line.value, former), Decimal(100)), former
        )
        percent = round_half_up(exact, 2)
    changed = former is not None and former != line.value
    return LineRow(
        id=line.pk,
        transaction_class=line.transaction_class.capitalize(),
        role=line.role.name if line.role else "Any",
        resourcing_unit=line.resourcing_unit.name if line.resourcing_unit else "Any",
        category=line.category.name if line.category else "",
        item=line.item,
        dimensions=", ".join(dimension_text.from_text(line.dimensions).values()),
        unit=line.unit,
        method=line.method,
        method_label=line.get_method_display(),
        value=line.value,
        former_value=former,
        change_percent=percent,
        change="New" if compared and former is None else "Changed" if changed else "",
    )
