"""Parked work finds room again: a limit was raised, or what used it was taken back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualDraft, ActualType, reverse
from psa.core.ledger.services import links, posting
from psa.core.money.rounding import allocate
from psa.core.tenancy.models import Tenant
from sales import policies
from sales.rules import funding as rules
from sales.rules.funding import FundingTerms, PaidPart
from sales.rules.not_to_exceed import Limit, Work, oldest_first, split_by_limits
from sales.selectors import funding, visibility
from sales.selectors import limits as contract_limits

from . import accrual_terms
from .accrual_drafts import quantities_of

RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Release:
    """What a release did, in the contract's currency."""

    released: Decimal
    still_parked: Decimal
    batch_id: int | None


def release_freed_room(
    *, contract_ids: Iterable[int | None], actor: Actor, at: datetime, today_on: date
) -> Decimal:
    """After room may have come free: release what fits, oldest first, of those that park any.

    One query when nothing is parked. Returns what was released, over contracts of one currency.
    """
    with_parked = (
        Actual.objects.filter(
            contract_id__in={pk for pk in contract_ids if pk is not None},
            actual_type=ActualType.PARKED_SALES,
        )
        .order_by("contract_id")
        .values_list("contract_id", flat=True)
        .distinct()
    )
    return sum(
        (
            release(contract_id=pk, actor=actor, at=at, today_on=today_on).released
            for pk in list(with_parked)
        ),
        Decimal(0),
    )


@transaction.atomic
def release_chosen_work(
    *, contract_id: int, actual_ids: Sequence[int], actor: Actor, at: datetime, today_on: date
) -> Release:
    """Fill a limit's room with the parked work that was picked, in that order, not the oldest.

    Raises  NotFound, PermissionDenied; DomainError if nothing was picked or none of it fits.
    Source  docs/rules/sales.md, S-7.
    """
    contract = visibility.get_contract(actor=actor, contract_id=contract_id)
    policies.check_may_release_parked(actor, contract)
    if not actual_ids:
        raise DomainError("Pick the work that is to fill the room.", field="actuals")
    done = release(
        contract_id=contract_id, actor=actor, at=at, today_on=today_on, chosen=actual_ids
    )
    if not done.released:
        raise DomainError(
            f"The limits of contract {contract.number} leave no room for that work. Raise a limit "
            "first.",
            field="actuals",
        )
    audit.record(
        actor=actor, at=at, event="sales.contract.parked_released", record_type="sales.Contract",
        record_id=contract.pk, sentence="chose the parked work that fills the limit",
    )  # fmt: skip
    return done


def release(
    *,
    contract_id: int,
    actor: Actor,
    at: datetime,
    today_on: date,
    chosen: Sequence[int] | None = None,
) -> Release:
    """Accrue parked work that the contract's limits have room for now, oldest first.

    ``chosen`` are parked actuals that the project manager picked instead, in that order. A row that
    fits in part is released in part. Each released row is reversed and posted anew (unbilled, and
    parked for the rest), dated ``today_on``, with its work date kept. A row that waits for one payer
    stays that payer's; one that no payer had room for is shared out as its day's split says.
    Source  docs/rules/sales.md, S-7.
    """
    accrual_terms.lines_with_terms((), contract_ids=[contract_id])
    limits = contract_limits.limits_of([contract_id]).get(contract_id, [])
    rows = {
        row.pk: row
        for row in ledger.live(
            Actual.objects.filter(contract_id=contract_id, actual_type=ActualType.PARKED_SALES)
        )
    }
    works = {pk: _work(row) for pk, row in rows.items()}
    wanted = oldest_first(works.values()) if chosen is None else _works_of(chosen, works)
    moving = _moving(wanted, rows, limits, funding.terms_of([contract_id]).get(contract_id))
    released = sum((part.split.accrued.amount for _, parts in moving for part in parts), Decimal(0))
    parked = sum((row.amount for row in rows.values()), Decimal(0))
    if not moving:
        return Release(Decimal(0), parked, None)
    home = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    drafts: list[ActualDraft] = []
    origins: list[int] = []
    for ref, parts in moving:
        for draft in _released(ref, ledger.as_draft(rows[ref]), parts, home):
            drafts.append(draft)
            origins.append(ref)
    posted = posting.post(drafts=drafts, actor=actor, at=at, kind=RELEASE, post_on=today_on)
    links.link_new(
        [(origin, "released", new) for origin, new in zip(origins, posted.actual_ids, strict=True)],
        actor=actor,
    )
    return Release(released, parked - released, posted.batch_id)


def _work(row: Actual) -> Work:
    assert row.contract_line_id is not None  # only work under a contract line is parked
    return Work(
        ref=row.pk,
        amount=Money(row.amount, row.currency),
        contract_line_id=row.contract_line_id,
        transaction_class=ledger.as_draft(row).transaction_class,
        account_id=row.account_id,
        minutes=row.minutes,
        work_on=row.work_on,
    )


def _works_of(chosen: Sequence[int], works: Mapping[int, Work]) -> list[Work]:
    """The works that were picked, in that order; ids that wait no longer are left out."""
    return [works[pk] for pk in chosen if pk in works]


def _moving(
    wanted: Sequence[Work],
    rows: Mapping[int, Actual],
    limits: Sequence[Limit],
    terms: FundingTerms | None,
) -> list[tuple[int, tuple[PaidPart, ...]]]:
    """Of the rows in this order, those that find room, and what of each becomes of it."""
    found: list[tuple[int, tuple[PaidPart, ...]]] = []
    for work in wanted:
        row = rows[work.ref]
        payers = None
        if terms is not None and row.funding_source_id is None:
            payers = terms.payers(row.contract_line_id, row.work_on)
        if payers is None:
            result = split_by_limits([work], limits)
            parts: tuple[PaidPart, ...] = (
                PaidPart(row.funding_source_id, row.account_id, result.splits[0]),
            )
            limits = result.limits
        else:
            parts, limits = rules.pay(work, payers, limits)
        if any(part.split.accrued.amount for part in parts):
            found.append((work.ref, parts))
    return found


def _released(
    ref: int, parked: ActualDraft, parts: Sequence[PaidPart], home: str
) -> list[ActualDraft]:
    """The mirror of the parked row, and of each part the unbilled row and what stays parked.

    The rates are those stored when the work was approved; entity and tenant value, quantity and
    minutes of the parts sum to the parked row's.
    """
    legs = [
        (place, kind, part, amount, minutes)
        for place, part in enumerate(parts, start=1)
        for kind, amount, minutes in (
            (ActualType.UNBILLED_SALES, part.split.accrued.amount, part.split.accrued_minutes),
            (ActualType.PARKED_SALES, part.split.parked.amount, part.split.parked_minutes),
        )
        if amount
    ]
    amounts = [amount for _, _, _, amount, _ in legs]
    entity = _shared(parked.entity_amount, parked.entity_currency, amounts)
    tenant = _shared(parked.tenant_amount, home, amounts)
    quantities = quantities_of(parked.quantity, amounts)
    return [
        reverse(ref, parked),
        *(
            replace(
                parked,
                type=kind,
                amount=amount,
                list_amount=amount,
                minutes=minutes,
                quantity=quantities[index],
                entity_amount=entity[index],
                tenant_amount=tenant[index],
                account_id=part.account_id,
                funding_source_id=part.funding_source_id,
                source_kind=RELEASE,
                source_id=ref,
                revision=1,
                leg=place,
            )
            for index, (place, kind, part, amount, minutes) in enumerate(legs)
        ),
    ]


def _shared(amount: Decimal | None, currency: str, shares: Sequence[Decimal]) -> list[Decimal]:
    return [part.amount for part in allocate(Money(amount or 0, currency), shares)]
