"""Reconciling what legal entities charge each other for lent work."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum

from projects.models import Project
from psa.core.ledger.models import Actual, JournalLine
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.rules.proofs import Proof, prove
from psa.core.org.models import LegalEntity
from psa.core.tenancy.models import Tenant
from revenue.lending import lent_facts
from revenue.models import IntercompanyInvoice, IntercompanyPayment, IntercompanySettlement

from .intercompany_invoices import SOURCE
from .intercompany_payments import SOURCE as PAYMENT
from .proof_sums import Sums, lines_on, named

ZERO = Decimal(0)
BALANCES = (
    Slot.INTERCOMPANY_ACCRUED_INCOME, Slot.INTERCOMPANY_RECEIVABLE,
    Slot.INTERCOMPANY_ACCRUED_COST, Slot.INTERCOMPANY_PAYABLE,
)  # fmt: skip


def lending_proof(entity: LegalEntity, as_of: date) -> Proof:
    """What the lender charged = what it cost the borrower, by project, of all that this entity
    lends and borrows; in the tenant's currency, which both sides keep beside their own.

    By the day of the work: the two entities' periods may close apart.
    """
    charged: dict[int | None, Decimal] = defaultdict(Decimal)
    borrowed: dict[int | None, Decimal] = defaultdict(Decimal)
    for fact in lent_facts(as_of=as_of):
        if entity.pk in (fact.lender_id, fact.borrower_id):
            charged[fact.project_id] += fact.charged
            borrowed[fact.project_id] += fact.borrowed
    names = dict(Project.objects.filter(pk__in={*charged, *borrowed}).values_list("id", "code"))
    return prove(
        "lent_work",
        currency=Tenant.objects.values_list("currency", flat=True).get(pk=entity.tenant_id),
        kind="project",
        left_label="Charged for lent work",
        right_label="Cost of borrowed work",
        left=named(charged, names),
        right=named(borrowed, names),
    )


def intercompany_proof(entity: LegalEntity, as_of: date) -> Proof:
    """Intercompany accounts = what was lent and borrowed, less what of it was invoiced, and the
    invoices less what was paid, by account. What was revalued is taken back on day 1 and left out.
    """
    booked = (
        lines_on(entity, as_of, BALANCES)
        .exclude(entry__event=JournalEvent.REVALUATION)
        .values_list("memo")
        .annotate(total=Sum("debit") - Sum("credit"))
    )
    kept = dict.fromkeys(BALANCES, ZERO)
    for event, total in (
        Actual.objects.filter(
            legal_entity_id=entity.pk, posted_on__lte=as_of, batch__journalled_at__isnull=False,
            posting_event__in=(JournalEvent.BORROWED_COST, JournalEvent.INTERCOMPANY_SALES),
        )
        .order_by()
        .values_list("posting_event")
        .annotate(total=Sum("entity_amount"))
    ):  # fmt: skip
        if event == JournalEvent.INTERCOMPANY_SALES:
            kept[Slot.INTERCOMPANY_ACCRUED_INCOME] += total
        else:
            kept[Slot.INTERCOMPANY_ACCRUED_COST] -= total
    issued = IntercompanyInvoice.objects.filter(issued_on__lte=as_of)
    lent = issued.filter(lender=entity).aggregate(all=Sum("lender_entity_amount", default=ZERO))
    borrowed = issued.filter(borrower=entity).aggregate(
        all=Sum("borrower_entity_amount", default=ZERO)
    )
    lines = issued.filter(Q(lender=entity) | Q(borrower=entity)).aggregate(
        lent=Sum("lines__lender_entity_amount", filter=Q(lender=entity), default=ZERO),
        borrowed=Sum("lines__borrower_entity_amount", filter=Q(borrower=entity), default=ZERO),
    )
    paid = IntercompanySettlement.objects.filter(payment__paid_on__lte=as_of).aggregate(
        lent=Sum("lender_booked_amount", filter=Q(payment__lender=entity), default=ZERO),
        borrowed=Sum("borrower_booked_amount", filter=Q(payment__borrower=entity), default=ZERO),
    )
    kept[Slot.INTERCOMPANY_RECEIVABLE] = lent["all"] - paid["lent"]
    kept[Slot.INTERCOMPANY_PAYABLE] = paid["borrowed"] - borrowed["all"]
    kept[Slot.INTERCOMPANY_ACCRUED_INCOME] -= lines["lent"]
    kept[Slot.INTERCOMPANY_ACCRUED_COST] += lines["borrowed"]
    return prove(
        "intercompany",
        currency=entity.currency,
        kind="account",
        left_label="Intercompany accounts",
        right_label="Lent work not invoiced, and unpaid invoices",
        left={slot.replace("_", " "): total for slot, total in booked},
        right={slot.replace("_", " "): total for slot, total in kept.items()},
    )


def agreed_proofs(entity: LegalEntity, as_of: date) -> list[Proof]:
    """What the lender's books say is receivable = what the borrower's say is payable, by invoice and
    payment, in the currency of the invoices: one proof a currency, none where nothing was invoiced.
    """
    invoices = IntercompanyInvoice.objects.filter(
        Q(lender=entity) | Q(borrower=entity), issued_on__lte=as_of
    )
    currency_of = dict(invoices.values_list("number", "currency"))
    if not currency_of:
        return []
    payments = IntercompanyPayment.objects.filter(
        Q(lender=entity) | Q(borrower=entity), paid_on__lte=as_of
    )
    currency_of |= dict(payments.values_list("number", "currency"))
    sides: dict[str, tuple[Sums, Sums]] = {
        currency: ({}, {}) for currency in sorted(set(currency_of.values()))
    }
    for number, memo, total in (
        JournalLine.objects.filter(
            entry__source_kind__in=(SOURCE, PAYMENT), entry__source_ref__in=list(currency_of),
            memo__in=(Slot.INTERCOMPANY_RECEIVABLE, Slot.INTERCOMPANY_PAYABLE),
        )
        .order_by()
        .values_list("entry__source_ref", "memo")
        .annotate(total=Sum("currency_amount"))
    ):  # fmt: skip
        left, right = sides[currency_of[number]]
        if memo == Slot.INTERCOMPANY_RECEIVABLE:
            left[number] = total
        else:
            right[number] = -total
    return [
        prove(
            "intercompany_agreed",
            currency=currency,
            kind="invoice",
            left_label="Receivable in the lender's books",
            right_label="Payable in the borrower's books",
            left=left,
            right=right,
        )
        for currency, (left, right) in sides.items()
    ]
