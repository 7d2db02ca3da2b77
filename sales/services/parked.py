"""Parked work finds room again: a limit was raised, or what used it was taken back."""

from collections.abc import Iterable, Sequence
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
from sales.rules.not_to_exceed import Work, WorkSplit, release_chosen, release_parked
from sales.selectors import limits as contract_limits
from sales.selectors import visibility

from . import accrual_terms

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
    parked for the rest), dated ``today_on``, with its work date kept.
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
    if chosen is None:
        result = release_parked(list(works.values()), limits)
    else:
        result = release_chosen([works[pk] for pk in chosen if pk in works], limits)
    moving = [part for part in result.splits if part.accrued.amount]
    released = sum((part.accrued.amount for part in moving), Decimal(0))
    parked = sum((row.amount for row in rows.values()), Decimal(0))
    if not moving:
        return Release(Decimal(0), parked, None)
    home = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    drafts: list[ActualDraft] = []
    origins: list[int] = []
    for part in moving:
        for draft in _released(ledger.as_draft(rows[part.ref]), part, home):
            drafts.append(draft)
            origins.append(part.ref)
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


def _released(parked: ActualDraft, part: WorkSplit, home: str) -> list[ActualDraft]:
    """The mirror of the parked row, the unbilled row, and what stays parked.

    The rates are those stored when the work was approved; entity and tenant value, quantity and
    minutes of the two parts sum to the parked row's.
    """
    shares = [part.accrued.amount, part.parked.amount]
    entity = _shared(parked.entity_amount, parked.entity_currency, shares)
    tenant = _shared(parked.tenant_amount, home, shares)
    first = parked.quantity
    if first is not None:
        first = round(first * part.accrued.amount / parked.amount, 4)
    rest = None if parked.quantity is None or first is None else parked.quantity - first
    parts = (
        (ActualType.UNBILLED_SALES, part.accrued_minutes, first),
        (ActualType.PARKED_SALES, part.parked_minutes, rest),
    )
    return [
        reverse(part.ref, parked),
        *(
            replace(
                parked,
                type=kind,
                amount=shares[index],
                list_amount=shares[index],
                minutes=minutes,
                quantity=quantity,
                entity_amount=entity[index],
                tenant_amount=tenant[index],
                source_kind=RELEASE,
                source_id=part.ref,
                revision=1,
                leg=1,
            )
            for index, (kind, minutes, quantity) in enumerate(parts)
            if shares[index]
        ),
    ]


def _shared(amount: Decimal | None, currency: str, shares: Sequence[Decimal]) -> list[Decimal]:
    return [part.amount for part in allocate(Money(amount or 0, currency), shares)]
