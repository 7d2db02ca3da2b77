"""Trying what would be posted: the very service does it, its rows are looked at, all is undone."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Count, Max, Sum
from moneyed import Money

from psa.core.access.permissions import LedgerPermission
from psa.core.actor import Actor
from psa.core.audit.models import AuditEntry
from psa.core.errors import DomainError, NotFound, PermissionDenied

from .actual_records import sees_amount, sees_cost
from .models import Actual, JournalEntry, JournalLine

# Others may commit rows with higher ids meanwhile: one's own alone are still under way.
_OWN: Final = """
SELECT id FROM {table} WHERE id > %s AND pg_xact_status(
    ((pg_current_xact_id()::text::bigint & ~4294967295) | xmin::text::bigint)::text::xid8
) = 'in progress'
"""


@dataclass(frozen=True, slots=True)
class TriedActuals:
    """Actuals of one kind and currency; `amount` is left out where it is not the actor's to see."""

    actual_type: str
    count: int
    minutes: int
    amount: Money | None


@dataclass(frozen=True, slots=True)
class TriedPosting:
    """What one account of a legal entity would get."""

    entity: str
    account: str
    debit: Money | None
    credit: Money | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would be recorded, or why it would be refused. Nothing of it was kept."""

    refusal: str
    sentences: tuple[str, ...] = ()
    actuals: tuple[TriedActuals, ...] = ()
    postings: tuple[TriedPosting, ...] = ()
    hides_postings: bool = False


class _Undo(Exception):
    """Ends the savepoint; never seen outside."""


def rehearse(act: Callable[[], object], *, actor: Actor) -> Rehearsal:
    """Do `act` in a savepoint, gather what it recorded as far as the actor may see it, and undo it.

    Numbers, jobs, mails and whatever waits for the commit go with it; what the database checks
    at the commit is checked before the end. A DomainError is the finding, never raised.
    Raises  PermissionDenied and NotFound, as `act` does.
    """
    before = {model: _latest(model) for model in (AuditEntry, Actual, JournalEntry)}
    found = Rehearsal("")
    try:
        with transaction.atomic():
            act()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            found = _gathered(before, actor)
            raise _Undo
    except _Undo:
        return found
    except (NotFound, PermissionDenied):
        raise
    except DomainError as error:
        return Rehearsal(error.message)


def _latest(model: Any) -> int:
    return int(model.objects.aggregate(latest=Max("id"))["latest"] or 0)


def _own(model: Any, after_id: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_OWN.format(table=model._meta.db_table), [after_id])
        return [row[0] for row in cursor.fetchall()]


def _gathered(before: dict[Any, int], actor: Actor) -> Rehearsal:
    said = AuditEntry.objects.filter(pk__in=_own(AuditEntry, before[AuditEntry])).order_by("id")
    entry_ids = _own(JournalEntry, before[JournalEntry])
    # A journal tells costs too.
    sees_books = actor.has(LedgerPermission.VIEW_GL) and sees_cost(actor)
    return Rehearsal(
        refusal="",
        # An act may say the same of two records.
        sentences=tuple(dict.fromkeys(said.values_list("sentence", flat=True))),
        actuals=_actuals(_own(Actual, before[Actual]), actor),
        postings=_postings(entry_ids) if sees_books else (),
        hides_postings=bool(entry_ids) and not sees_books,
    )


def _actuals(ids: list[int], actor: Actor) -> tuple[TriedActuals, ...]:
    rows = (
        Actual.objects.filter(pk__in=ids)
        .values("actual_type", "currency")
        .annotate(count=Count("id"), time=Sum("minutes"), total=Sum("amount"))
        .order_by("actual_type", "currency")
    )
    return tuple(
        TriedActuals(
            row["actual_type"],
            row["count"],
            row["time"] or 0,
            Money(row["total"], row["currency"])
            if sees_amount(actor, row["actual_type"])
            else None,
        )
        for row in rows
    )


def _postings(entry_ids: list[int]) -> tuple[TriedPosting, ...]:
    rows = (
        JournalLine.objects.filter(entry_id__in=entry_ids)
        .values(
            "entry__legal_entity__code", "entry__legal_entity__currency",
            "account__code", "account__name",
        )
        .annotate(debits=Sum("debit"), credits=Sum("credit"))
        .order_by("entry__legal_entity__code", "account__code")
    )  # fmt: skip

    def side(amount: Decimal, currency: str) -> Money | None:
        return Money(amount, currency) if amount else None

    return tuple(
        TriedPosting(
            row["entry__legal_entity__code"],
            f"{row['account__code']} {row['account__name']}",
            side(row["debits"], row["entry__legal_entity__currency"]),
            side(row["credits"], row["entry__legal_entity__currency"]),
        )
        for row in rows
    )
