"""Reconciling what departments bear with what was charged to them."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from billing.models import CHARGES, Invoice
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.rules.proofs import Proof, prove
from psa.core.org.models import LegalEntity
from sales.models import Contract

from .proof_sums import lines_on, named


def recharge_proofs(entity: LegalEntity, as_of: date) -> list[Proof]:
    """Expense of departments, and income of the units that worked, = charges less what was taken
    back and what units lent each other, by contract; so the two accounts net to 0. None where
    nothing was charged.
    """
    charged: dict[int | None, Decimal] = defaultdict(Decimal)
    charged |= dict(
        Invoice.objects.filter(legal_entity=entity, kind__in=CHARGES, issued_on__lte=as_of)
        .order_by()
        .values_list("contract_id")
        .annotate(Sum("entity_total_amount"))
    )
    for contract_id, total in (
        Actual.objects.filter(
            legal_entity_id=entity.pk, posted_on__lte=as_of, batch__journalled_at__isnull=False,
            posting_event=JournalEvent.INTERNAL_LENDING,
        )
        .order_by()
        .values_list("contract_id")
        .annotate(total=Sum("entity_amount"))
    ):  # fmt: skip
        charged[contract_id] += total
    booked = {
        slot: dict(
            lines_on(entity, as_of, (slot,))
            .order_by()
            .values_list("contract_id")
            .annotate(total=Sum("debit") - Sum("credit"))
        )
        for slot in (Slot.RECHARGE_EXPENSE, Slot.RECHARGE_INCOME)
    }
    if not charged and not any(booked.values()):
        return []
    names = dict(
        Contract.objects.filter(pk__in=set(charged).union(*booked.values())).values_list(
            "id", "number"
        )
    )
    return [
        prove(
            name,
            currency=entity.currency,
            kind="contract",
            left_label=label,
            right_label="Charges and lent work less what was taken back",
            left=named({pk: sign * total for pk, total in booked[slot].items()}, names),
            right=named(charged, names),
        )
        for name, label, slot, sign in (
            ("recharge_expense", "Expense of departments", Slot.RECHARGE_EXPENSE, 1),
            ("recharge_income", "Income from departments", Slot.RECHARGE_INCOME, -1),
        )
    ]
