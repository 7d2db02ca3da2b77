"""Statements of account: of one customer, legal entity and currency, over a period."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from moneyed import Money

from billing.models import (
    Invoice,
    Payment,
    PaymentAllocation,
    ReceivableMove,
    StatementDelivery,
)
from billing.permissions import BillingPermission
from billing.rules.statement import Entry, EntryKind, Statement, statement
from billing.selectors import visibility
from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.documents import pdf
from psa.core.documents.language import language_of, long_day, said, written_in
from psa.core.errors import DomainError, NotFound
from psa.core.notifications.mailing import DeliveryView, views_of
from psa.core.org.models import LegalEntity
from sales.models import Account

ZERO = Decimal(0)
Kind = ReceivableMove.Kind


@dataclass(frozen=True, slots=True)
class Ledger:
    """A pair that a customer has an account in: a legal entity and a currency."""

    entity: LegalEntity
    currency: str

    @property
    def key(self) -> str:
        return f"{self.entity.pk}-{self.currency}"


@dataclass(frozen=True, slots=True)
class StatementPage:
    account: Account
    entity: LegalEntity
    currency: str
    ledgers: list[Ledger]
    statement: Statement

    @property
    def language(self) -> str:
        """What its document and mail are written in."""
        return language_of(self.account.language, self.entity.language)

    @property
    def filename(self) -> str:
        until = self.statement.until_on
        return f"statement-{self.account.code}-{self.entity.code}-{self.currency}-{until}".lower()


def statement_page(
    *,
    actor: Actor,
    account_id: int,
    until_on: date,
    from_on: date | None = None,
    entity_id: int | None = None,
    currency: str = "",
) -> StatementPage:
    """The statement asked for; without entity and currency that of the latest invoice, and without
    a first day that of the three months before. Eleven queries, however long the account is.

    Raises  NotFound for an account that the customer does not have, and for who may not see the
            prices of all contracts; DomainError for days in the wrong order.
    """
    actor.require(BillingPermission.VIEW)
    if not actor.has(PricingPermission.VIEW_BILL_RATES):
        raise NotFound("A statement shows the prices of all contracts; ask who may see them.")
    account: Account = visibility.one(visibility.customers(), account_id, "customer")
    first_on = from_on or _months_before(until_on)
    if first_on > until_on:
        raise DomainError("The first day is after the last.", field="from_on")
    ledgers = _ledgers(account_id) or _none_yet(account)
    found = [
        one
        for one in ledgers
        if (entity_id in (None, one.entity.pk)) and currency in ("", one.currency)
    ]
    if not found:
        raise NotFound(f"{account.name} was never invoiced there.")
    entity, code = found[0].entity, found[0].currency
    which = {"account_id": account_id, "legal_entity_id": entity.pk, "currency": code}
    return StatementPage(
        account, entity, code, ledgers,
        statement(
            opening=_balance(which, until_on=first_on - timedelta(days=1)),
            entries=_entries(which, first_on, until_on),
            open_items=_open_items(which, until_on),
            from_on=first_on,
            until_on=until_on,
        ),
    )  # fmt: skip


def _months_before(until_on: date) -> date:
    """The first day of the month two before that of `until_on`."""
    index = until_on.year * 12 + until_on.month - 1 - 2
    return date(index // 12, index % 12 + 1, 1)


def _ledgers(account_id: int) -> list[Ledger]:
    """Those with an invoice or a payment, the one last invoiced first. Three queries."""
    pairs = dict.fromkeys(
        Invoice.objects.filter(account_id=account_id)
        .order_by("-issued_on", "-id")
        .values_list("legal_entity_id", "currency")
    )
    pairs |= dict.fromkeys(
        Payment.objects.filter(account_id=account_id)
        .order_by("-id")
        .values_list("legal_entity_id", "currency")
    )
    entities = LegalEntity.objects.in_bulk({entity_id for entity_id, _ in pairs})
    return [Ledger(entities[entity_id], code) for entity_id, code in pairs]


def _none_yet(account: Account) -> list[Ledger]:
    """Who was never invoiced has an empty account in their own currency."""
    return [Ledger(entity, account.currency) for entity in LegalEntity.objects.order_by("id")[:1]]


def _moves(which: dict[str, Any]) -> QuerySet[ReceivableMove]:
    return ReceivableMove.objects.filter(**{f"invoice__{name}": v for name, v in which.items()})


def _balance(which: dict[str, Any], *, until_on: date) -> Decimal:
    """What was open at the end of a day. Three queries."""
    invoiced = Invoice.objects.filter(**which, issued_on__lte=until_on).aggregate(
        n=Sum("total_amount", default=ZERO)
    )["n"]
    paid = Payment.objects.filter(**which, received_on__lte=until_on).aggregate(
        n=Sum("amount", default=ZERO)
    )["n"]
    moved = _moves(which).filter(moved_on__lte=until_on)
    taken: Decimal = moved.aggregate(n=Sum("amount", default=ZERO))["n"]
    return Decimal(invoiced - paid - taken)


def _entries(which: dict[str, Any], from_on: date, until_on: date) -> list[Entry]:
    """What moved the account in the period. Three queries."""
    found = [
        Entry(
            row.issued_on,
            EntryKind(row.kind),
            row.number,
            row.total_amount,
            row.pk,
            row.due_on if row.kind == Invoice.Kind.INVOICE else None,
            row.snapshot["contract"]["name"],
        )
        for row in Invoice.objects.filter(**which, issued_on__range=(from_on, until_on))
    ]
    found += [
        Entry(
            row.received_on,
            EntryKind.PAYMENT if row.reverses_id is None else EntryKind.PAYMENT_REVERSED,
            row.number,
            -row.amount,
            row.pk,
            about=row.reference,
        )
        for row in Payment.objects.filter(**which, received_on__range=(from_on, until_on))
    ]
    found += [
        Entry(moved_on, EntryKind(kind), number, -amount, invoice_id)
        for moved_on, kind, number, amount, invoice_id in _moves(which)
        .filter(moved_on__range=(from_on, until_on))
        .values_list("moved_on", "kind", "invoice__number", "amount", "invoice_id")
    ]
    return found


def _open_items(which: dict[str, Any], as_of: date) -> list[tuple[date, Decimal]]:
    """(due date, what was open at the end of the day) of each invoice. One query."""

    def total(rows: QuerySet[Any], key: str, amount: str) -> Coalesce:
        summed = rows.filter(**{key: OuterRef("pk")}).order_by().values(key)
        return Coalesce(Subquery(summed.annotate(n=Sum(amount)).values("n")), Value(ZERO))

    rows = (
        Invoice.objects.filter(**which, kind=Invoice.Kind.INVOICE, issued_on__lte=as_of)
        .annotate(
            credited=total(
                Invoice.objects.filter(issued_on__lte=as_of), "corrects", "total_amount"
            ),
            paid=total(
                PaymentAllocation.objects.filter(payment__received_on__lte=as_of),
                "invoice",
                "amount",
            ),
            moved=total(ReceivableMove.objects.filter(moved_on__lte=as_of), "invoice", "amount"),
        )
        .annotate(left=F("total_amount") + F("credited") - F("paid") - F("moved"))
        .filter(~Q(left=0))
    )
    return [(due_on, left) for due_on, left in rows.values_list("due_on", "left")]


def deliveries_of(account_id: int) -> tuple[DeliveryView, ...]:
    """The last ten statements that went out, the newest first. One query."""
    rows = (
        StatementDelivery.objects.filter(account_id=account_id)
        .select_related("sent_by")
        .order_by("-id")[:10]
    )
    return views_of(rows)


def waiting_ids(limit: int = 200) -> list[int]:
    """Statements that wait for the mail server, oldest first. One query."""
    return list(
        StatementDelivery.objects.filter(state=StatementDelivery.State.WAITING)
        .order_by("id")
        .values_list("id", flat=True)[:limit]
    )


def usual_message(page: StatementPage) -> str:
    """What a statement says to its reader, in their language, when the sender writes nothing else."""
    with written_in(page.language):
        sentence = said(
            "please find attached the statement of your account with us up to {day}. It shows {total} "
            "open.",
            day=long_day(page.statement.until_on),
            total=pdf.money(Money(page.statement.closing, page.currency)),
        )
        greeting, farewell = said("Dear Sir or Madam,"), said("Kind regards")
    return f"{greeting}\n\n{sentence}\n\n{farewell}\n{page.entity.name}\n"


def subject_of(account: Account, entity: LegalEntity) -> str:
    """The subject of the e-mail that it goes out with, in the customer's language."""
    with written_in(language_of(account.language, entity.language)):
        return said("Statement of account from {seller}", seller=entity.name)
