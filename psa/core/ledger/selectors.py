"""Reads of both ledgers. Everything takes what it needs; nothing here asks the clock."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum

from psa.core.errors import NotFound
from psa.core.ledger.rules.periods import PeriodFact
from psa.core.ledger.rules.positions import ContractPosition
from psa.core.ledger.rules.posting_profiles import (
    JournalEvent,
    ProfileBook,
    Slot,
)
from psa.core.ledger.rules.posting_profiles import (
    PostingProfile as ProfileFact,
)
from psa.core.ledger.rules.types import (
    REVERSAL,
    ActualDraft,
    ActualType,
    BillingType,
    PeriodState,
    TransactionClass,
)
from psa.core.org import features

from .models import Actual, ActualClaim, ActualLink, FiscalPeriod, JournalLine, PostingProfile


def periods_by_entity(entity_ids: Iterable[int]) -> dict[int, list[PeriodFact]]:
    """The fiscal calendar of each entity, in order. One query."""
    calendars: dict[int, list[PeriodFact]] = defaultdict(list)
    rows = (
        FiscalPeriod.objects.filter(legal_entity_id__in=set(entity_ids))
        .order_by("starts_on")
        .values_list("legal_entity_id", "id", "name", "starts_on", "ends_on", "state")
    )
    for entity_id, period_id, name, starts_on, ends_on, state in rows:
        calendars[entity_id].append(
            PeriodFact(period_id, name, starts_on, ends_on, PeriodState(state))
        )
    return dict(calendars)


def get_period(*, period_id: int) -> FiscalPeriod:
    """A period with its legal entity. Raises NotFound."""
    period = FiscalPeriod.objects.select_related("legal_entity").filter(pk=period_id).first()
    if period is None:
        raise NotFound("There is no such fiscal period.")
    return period


def profile_book() -> ProfileBook:
    """All posting profiles, compiled for look-up. One query."""
    rows = PostingProfile.objects.values_list(
        "event", "slot", "category_id", "org_unit_id", "legal_entity_id", "account_id"
    )
    return ProfileBook(
        ProfileFact(
            slot=Slot(slot),
            gl_account_id=account_id,
            event=JournalEvent(event) if event else None,
            category=category_id,
            unit_id=unit_id,
            legal_entity_id=entity_id,
        )
        for event, slot, category_id, unit_id, entity_id, account_id in rows
    )


def live(actuals: "QuerySet[Actual]") -> "QuerySet[Actual]":
    """Those that are neither a reversal nor reversed: what stands."""
    reversal = Actual.all_tenants.filter(
        tenant_id=OuterRef("tenant_id"),
        source_kind=REVERSAL,
        source_id=OuterRef("id"),
        actual_type=OuterRef("actual_type"),
    )
    return _without(actuals.filter(reversal_of__isnull=True), "reversal_id", reversal)


def has_actuals_of_unit(unit_id: int) -> bool:
    """Whether anything was posted that the unit contracted or resourced. One query."""
    return Actual.objects.filter(
        Q(contracting_unit_id=unit_id) | Q(resourcing_unit_id=unit_id)
    ).exists()


def unclaimed(actuals: "QuerySet[Actual]") -> "QuerySet[Actual]":
    """Those that no live draft holds."""
    claim = ActualClaim.all_tenants.filter(
        tenant_id=OuterRef("tenant_id"), actual_id=OuterRef("id"), released_at__isnull=True
    )
    return _without(actuals, "claim_id", claim)


def _without(actuals: "QuerySet[Actual]", name: str, others: "QuerySet[Any]") -> "QuerySet[Actual]":
    """Rows for which ``others`` has none: one index look-up a row, whatever the statistics say.

    NOT EXISTS becomes an anti-join, which on tables not analysed yet compares each row with all.
    """
    return actuals.alias(**{name: Subquery(others.values("id")[:1])}).filter(
        **{f"{name}__isnull": True}
    )


def unbilled(*, contract_ids: Sequence[int], until_on: date) -> "QuerySet[Actual]":
    """Unbilled sales that stand, are free, and were worked up to and including ``until_on``."""
    rows = Actual.objects.filter(
        contract_id__in=contract_ids,
        actual_type=ActualType.UNBILLED_SALES,
        work_on__lte=until_on,
    )
    return unclaimed(live(rows))


def came_of(actual_ids: Iterable[int]) -> dict[int, int]:
    """Every row that invoices, credit notes and re-bills made of the given ones: new row → given row.

    The given ones are among them. One query a generation.
    """
    origin = {pk: pk for pk in actual_ids}
    youngest = list(origin)
    while youngest:
        links = ActualLink.objects.filter(from_actual_id__in=youngest).values_list(
            "from_actual_id", "to_actual_id"
        )
        found = {new: origin[old] for old, new in links}
        youngest = [pk for pk in found if pk not in origin]
        origin |= found
    return origin


def sales_of(actual_ids: Iterable[int], *, until_on: date) -> dict[int, Decimal]:
    """What of sales stands before a day, unbilled or billed, however often it was billed anew.

    By the given row, in its currency. Two queries and one a generation.
    """
    origin = came_of(actual_ids)
    found: dict[int, Decimal] = defaultdict(Decimal)
    rows = Actual.objects.filter(
        actual_type__in=(ActualType.UNBILLED_SALES, ActualType.BILLED_SALES),
        posted_on__lt=until_on,
    )
    for pk, amount in rows.filter(pk__in=origin).values_list("id", "amount"):
        found[origin[pk]] += amount
    reversals = rows.filter(source_kind=REVERSAL, source_id__in=origin)
    for reversed_id, amount in reversals.values_list("source_id", "amount"):
        found[origin[reversed_id]] += amount
    return dict(found)


@dataclass(frozen=True, slots=True)
class Holder:
    """What holds an actual: a live draft."""

    actual_id: int
    holder_kind: str
    holder_id: int


def holders_of(actual_ids: Iterable[int]) -> list[Holder]:
    """The live claims on these actuals. One query."""
    return [
        Holder(*row)
        for row in ActualClaim.objects.filter(
            actual_id__in=list(actual_ids), released_at__isnull=True
        ).values_list("actual_id", "holder_kind", "holder_id")
    ]


@dataclass(frozen=True, slots=True)
class TypeTotal:
    """Sum of one type of actual in one currency, with its entity and tenant value."""

    actual_type: str
    currency: str
    amount: Decimal
    entity_amount: Decimal
    tenant_amount: Decimal
    minutes: int


def totals_by_type(
    *,
    project_id: int | None = None,
    contract_id: int | None = None,
    contract_line_id: int | None = None,
    known_on: date | None = None,
) -> list[TypeTotal]:
    """Balances of a project, contract or line by type and currency. One query.

    ``known_on`` shows them as they were known at the end of that day: rows recorded later are
    left out. Raises  ValueError without any of the three.
    """
    rows = Actual.objects.all()
    if contract_line_id is not None:
        rows = rows.filter(contract_line_id=contract_line_id)
    elif contract_id is not None:
        rows = rows.filter(contract_id=contract_id)
    elif project_id is not None:
        rows = rows.filter(project_id=project_id)
    else:
        raise ValueError("totals_by_type needs a project, a contract or a line")
    if known_on is not None:
        rows = rows.filter(recorded_at__date__lte=known_on)
    grouped = rows.values("actual_type", "currency").annotate(
        amount=Sum("amount"),
        entity=Sum("entity_amount"),
        tenant_value=Sum("tenant_amount"),
        worked=Sum("minutes"),
    )
    return [
        TypeTotal(
            r["actual_type"], r["currency"], r["amount"], r["entity"], r["tenant_value"],
            r["worked"] or 0,
        )
        for r in grouped.order_by("actual_type", "currency")
    ]  # fmt: skip


def sums_by_line(
    *, contract_line_ids: Iterable[int], actual_types: Iterable[str]
) -> dict[tuple[int, str], Decimal]:
    """(contract line, type) → sum in the contract's currency. One query, for limits and pages."""
    rows = (
        Actual.objects.filter(
            contract_line_id__in=set(contract_line_ids), actual_type__in=list(actual_types)
        )
        .values_list("contract_line_id", "actual_type")
        .annotate(total=Sum("amount"))
    )
    return {(line_id, kind): total for line_id, kind, total in rows}


# The columns of an actual that a draft has too, under the draft's names.
_DRAFT_COLUMNS: dict[str, str] = {
    field.name: {"type": "actual_type", "price_trace": "price_trace_id"}.get(field.name, field.name)
    for field in fields(ActualDraft)
    if field.name not in ("tenant_currency", "tenant_rate")
}


def as_drafts(actual_ids: Sequence[int]) -> dict[int, ActualDraft]:
    """Posted actuals as frozen drafts, by id: what a reversal mirrors. One query."""
    rows = Actual.objects.filter(pk__in=list(actual_ids)).values_list(
        "id", *_DRAFT_COLUMNS.values()
    )
    names = list(_DRAFT_COLUMNS)
    kind, klass, billing = (
        names.index(name) for name in ("type", "transaction_class", "billing_type")
    )
    drafts = {}
    for pk, *values in rows:
        values[kind] = ActualType(values[kind])
        values[klass] = TransactionClass(values[klass])
        values[billing] = BillingType(values[billing])
        drafts[pk] = ActualDraft(**dict(zip(names, values, strict=True)))
    return drafts


def as_draft(row: Actual) -> ActualDraft:
    """One posted actual as a frozen draft, rates and values as stored."""
    return ActualDraft(
        type=ActualType(row.actual_type),
        work_on=row.work_on,
        legal_entity_id=row.legal_entity_id,
        transaction_class=TransactionClass(row.transaction_class),
        currency=row.currency,
        amount=row.amount,
        source_kind=row.source_kind,
        source_id=row.source_id,
        revision=row.revision,
        leg=row.leg,
        contracting_unit_id=row.contracting_unit_id,
        resourcing_unit_id=row.resourcing_unit_id,
        project_id=row.project_id,
        task_id=row.task_id,
        contract_id=row.contract_id,
        contract_line_id=row.contract_line_id,
        funding_source_id=row.funding_source_id,
        account_id=row.account_id,
        resource_id=row.resource_id,
        role_id=row.role_id,
        category_id=row.category_id,
        billing_type=BillingType(row.billing_type),
        minutes=row.minutes,
        quantity=row.quantity,
        unit=row.unit,
        price=row.price,
        list_amount=row.list_amount,
        entity_amount=row.entity_amount,
        entity_currency=row.entity_currency,
        entity_rate=row.entity_rate,
        entity_rate_on=row.entity_rate_on,
        tenant_amount=row.tenant_amount,
        price_trace=row.price_trace_id,
        reversal_of_id=row.reversal_of_id,
        description=row.description,
        item=row.item,
        posting_event=row.posting_event,
        recoverable_tax=row.recoverable_tax,
        entity_recoverable_tax=row.entity_recoverable_tax,
    )


# Entries on the position's accounts that are taken back on day 1 and never meet an invoice.
OUTSIDE_POSITIONS = (JournalEvent.SALES_ACCRUAL, JournalEvent.REVALUATION)


def contract_positions(
    *, currencies: Mapping[int, str], legal_entity_id: int
) -> dict[int, ContractPosition]:
    """Contract asset and liability of each contract (id → its currency) in the entity's books.

    One query, and one for the accounts: those that the profiles name for the two slots, so a firm
    with several asset accounts by category still gets one position.
    """
    asset_ids: set[int] = set()
    liability_ids: set[int] = set()
    for slot, account_id in PostingProfile.objects.filter(
        slot__in=(Slot.CONTRACT_ASSET, Slot.CONTRACT_LIABILITY)
    ).values_list("slot", "account_id"):
        (asset_ids if slot == Slot.CONTRACT_ASSET else liability_ids).add(account_id)
    rows = (
        JournalLine.objects.filter(
            contract_id__in=set(currencies),
            account_id__in=asset_ids | liability_ids,
            entry__legal_entity_id=legal_entity_id,
        )
        .exclude(entry__event__in=OUTSIDE_POSITIONS)
        .values_list("contract_id", "account_id", "currency")
        .annotate(booked=Sum("debit") - Sum("credit"), amount=Sum("currency_amount"))
    )
    sums: dict[int, list[Decimal]] = {pk: [Decimal(0)] * 4 for pk in currencies}
    for contract_id, account_id, currency, booked, amount in rows:
        first, sign = (0, 1) if account_id in asset_ids else (1, -1)
        balances = sums[contract_id]
        balances[first + 2] += sign * booked
        if currency == currencies[contract_id]:
            balances[first] += sign * amount
    return {pk: ContractPosition(*balances) for pk, balances in sums.items()}


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A period with what still stands in the way of its close."""

    id: int
    entity_code: str
    name: str
    starts_on: date
    ends_on: date
    state: str


def of_the_books(begin_on: date | None) -> "QuerySet[Actual]":
    """Actuals that journals are made of: none of what was posted before the books began."""
    found = Actual.objects.filter(~Q(posting_event=""))
    return found.filter(posted_on__gte=begin_on) if begin_on else found


def unjournalled_count(*, period: FiscalPeriod) -> int:
    """Actuals of the period whose batch no posting run has journalled. Two queries."""
    books = features.books()
    if not books.are_kept:
        return 0
    counted: int = (
        of_the_books(books.begin_on)
        .filter(
            legal_entity_id=period.legal_entity_id,
            posted_on__gte=period.starts_on,
            posted_on__lt=period.ends_on,
            batch__journalled_at__isnull=True,
        )
        .aggregate(n=Count("id"))["n"]
    )
    return counted
