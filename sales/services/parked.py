"""Parked work finds room again: a limit was raised, or what used it was taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from moneyed import Money

from psa.core.actor import Actor
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual, ActualLink
from psa.core.ledger.rules.types import ActualDraft, ActualType, reverse
from psa.core.ledger.services import posting
from sales.rules.not_to_exceed import Work, WorkSplit, release_chosen, release_parked

from . import accrual_terms

RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Release:
    """What a release did, in the contract's currency."""

    released: Decimal
    still_parked: Decimal
    batch_id: int | None


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
    limits = accrual_terms.limits_of([contract_id]).get(contract_id, [])
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
    drafts: list[ActualDraft] = []
    origins: list[int] = []
    for part in moving:
        for draft in _released(ledger.as_draft(rows[part.ref]), part):
            drafts.append(draft)
            origins.append(part.ref)
    posted = posting.post(drafts=drafts, actor=actor, at=at, kind=RELEASE, post_on=today_on)
    ActualLink.objects.bulk_create(
        [
            ActualLink(
                tenant_id=actor.tenant_id, kind="released", from_actual_id=origin, to_actual_id=new
            )
            for origin, new in zip(origins, posted.actual_ids, strict=True)
        ]
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


def _released(parked: ActualDraft, part: WorkSplit) -> list[ActualDraft]:
    """The mirror of the parked row, the unbilled row, and what stays parked."""
    whole = parked.amount
    rows = [reverse(part.ref, parked)]
    for kind, amount, minutes in (
        (ActualType.UNBILLED_SALES, part.accrued.amount, part.accrued_minutes),
        (ActualType.PARKED_SALES, part.parked.amount, part.parked_minutes),
    ):
        if not amount:
            continue
        quantity = parked.quantity
        if quantity is not None:
            quantity = round(quantity * amount / whole, 4)
        rows.append(
            replace(
                parked,
                type=kind,
                amount=amount,
                list_amount=amount,
                minutes=minutes,
                quantity=quantity,
                entity_amount=None,
                tenant_amount=None,
                source_kind=RELEASE,
                source_id=part.ref,
                revision=1,
                leg=1,
            )
        )
    return rows
