"""Reconciling contract assets and liabilities with what was recognised and billed."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import QuerySet, Sum

from billing.models import InvoiceLine
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import FiscalPeriod, JournalLine
from psa.core.ledger.rules.conversion import spread
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.rules.proofs import Proof, contract_position_proof, prove
from psa.core.org.models import LegalEntity
from revenue.cost_selectors import carried_by_contract
from revenue.models import Obligation, RevenueEstimate
from sales.models import Contract

from .accruals import accrual_facts
from .proof_sums import Sums, lines_on, named

ZERO = Decimal(0)
POSITION_SLOTS = (Slot.CONTRACT_ASSET, Slot.CONTRACT_LIABILITY)


def position_proof(entity: LegalEntity, as_of: date) -> Proof:
    """Contract asset − liability = posted estimates − billed, by contract, in the entity's currency.

    Billing is worth what its invoices' rates say, plus what invoiced assets gained since they were
    recognised. Accruals and revaluation, taken back on day 1, are left out.
    """
    booked = (
        lines_on(entity, as_of, POSITION_SLOTS)
        .exclude(entry__event__in=ledger.OUTSIDE_POSITIONS)
        .values_list("contract_id")
        .annotate(total=Sum("debit") - Sum("credit"))
    )
    recognised = dict(
        _posted_estimates(entity, as_of)
        .values_list("obligation__contract_line__contract_id")
        .annotate(Sum("entity_period_revenue"))
    )
    left = dict(booked)
    billed = _billed_position(entity, as_of)
    for contract_id, gain in (
        JournalLine.objects.filter(
            entry__legal_entity=entity,
            entry__entry_on__lte=as_of,
            memo=Slot.CONTRACT_EXCHANGE,
        )
        .values_list("contract_id")
        .annotate(gain=Sum("credit") - Sum("debit"))
    ):
        billed[contract_id] -= gain
    names = dict(
        Contract.objects.filter(pk__in={*left, *recognised, *billed}).values_list("id", "number")
    )
    return contract_position_proof(
        currency=entity.currency,
        contract_assets=named(left, names),
        contract_liabilities={},
        recognised=named(recognised, names),
        billed_net=named(billed, names),
    )


def foreign_position_proofs(entity: LegalEntity, as_of: date) -> list[Proof]:
    """The same of each foreign currency, in that currency: no rate can hide a difference."""
    booked: dict[str, Sums] = defaultdict(dict)
    earned: dict[str, Sums] = defaultdict(dict)
    billed: dict[str, Sums] = defaultdict(dict)
    contracts = {
        pk: (number, currency)
        for pk, number, currency in Contract.objects.filter(legal_entity=entity)
        .exclude(currency=entity.currency)
        .values_list("id", "number", "currency")
    }
    if not contracts:
        return []
    for contract_id, currency, total in (
        lines_on(entity, as_of, POSITION_SLOTS)
        .exclude(entry__event__in=ledger.OUTSIDE_POSITIONS)
        .filter(contract_id__in=contracts)
        .values_list("contract_id", "currency")
        .annotate(total=Sum("currency_amount"))
    ):
        number, own = contracts[contract_id or 0]
        if currency == own:
            booked[currency][number] = total
    for contract_id, total in (
        _posted_estimates(entity, as_of)
        .filter(obligation__contract_line__contract_id__in=contracts)
        .values_list("obligation__contract_line__contract_id")
        .annotate(Sum("period_revenue"))
    ):
        number, own = contracts[contract_id]
        earned[own][number] = total
    for contract_id, total in (
        InvoiceLine.objects.filter(
            invoice__legal_entity=entity,
            invoice__issued_on__lte=as_of,
            invoice__contract_id__in=contracts,
        )
        .exclude(contract_line__recognition_method=Obligation.Method.AS_INVOICED)
        .values_list("invoice__contract_id")
        .annotate(Sum("net_amount"))
    ):
        number, own = contracts[contract_id]
        billed[own][number] = total
    return [
        replace(
            contract_position_proof(
                currency=currency,
                contract_assets=booked[currency],
                contract_liabilities={},
                recognised=earned[currency],
                billed_net=billed[currency],
            ),
            name=f"contract_position {currency}",
        )
        for currency in sorted({*booked, *earned, *billed})
    ]


def accrual_proofs(entity: LegalEntity, as_of: date) -> list[Proof]:
    """At the end of an accrued period: the accrual = net unbilled of right-to-invoice lines."""
    period = FiscalPeriod.objects.filter(
        legal_entity=entity, ends_on=as_of + timedelta(days=1)
    ).first()
    if period is None:
        return []
    booked = dict(
        JournalLine.objects.filter(
            entry__legal_entity=entity,
            entry__event=JournalEvent.SALES_ACCRUAL,
            entry__entry_on=as_of,
            entry__reverses__isnull=True,
            memo=Slot.CONTRACT_ASSET,
        )
        .values_list("contract_id")
        .annotate(total=Sum("debit") - Sum("credit"))
    )
    if not booked:
        # Nothing was accrued yet; the close's own step says what waits.
        return []
    unbilled: dict[int | None, Decimal] = {
        contract_id: sum((row.entity_amount for row in rows), ZERO)
        for contract_id, rows in accrual_facts(period).items()
    }
    names = dict(Contract.objects.filter(pk__in={*booked, *unbilled}).values_list("id", "number"))
    return [
        prove(
            "accrual",
            currency=entity.currency,
            kind="contract",
            left_label="Accrued at the period's end",
            right_label="Net unbilled, right to invoice",
            left=named(booked, names),
            right=named(unbilled, names),
        )
    ]


def contract_cost_proof(entity: LegalEntity, as_of: date) -> Proof:
    """Capitalised contract costs in the books = what their records carry, by contract."""
    booked = dict(
        lines_on(entity, as_of, (Slot.CAPITALISED_CONTRACT_COST,))
        .values_list("contract_id")
        .annotate(total=Sum("debit") - Sum("credit"))
    )
    carried = carried_by_contract(entity.pk, as_of)
    names = dict(Contract.objects.filter(pk__in={*booked, *carried}).values_list("id", "number"))
    return prove(
        "contract_costs",
        currency=entity.currency,
        kind="contract",
        left_label="Capitalised contract costs",
        right_label="Costs capitalised less charged",
        left=named(booked, names),
        right=named(carried, names),
    )


def _posted_estimates(entity: LegalEntity, as_of: date) -> "QuerySet[RevenueEstimate]":
    return RevenueEstimate.objects.filter(
        state=RevenueEstimate.State.POSTED,
        period__legal_entity=entity,
        period__ends_on__lte=as_of + timedelta(days=1),
    )


def _billed_position(entity: LegalEntity, as_of: date) -> dict[int | None, Decimal]:
    """Billed net of tax on lines that are not right-to-invoice, at each invoice's rate."""
    groups: dict[int, dict[tuple[object, ...], Decimal]] = defaultdict(dict)
    contract_of: dict[int, tuple[int, Decimal]] = {}
    rows = (
        InvoiceLine.objects.filter(invoice__legal_entity=entity, invoice__issued_on__lte=as_of)
        .order_by("invoice_id", "position")
        .values_list(
            "invoice_id", "invoice__contract_id", "invoice__entity_total_amount",
            "invoice__entity_tax_amount", "project_id", "category_id",
            "contract_line__recognition_method", "net_amount",
        )
    )  # fmt: skip
    for invoice_id, contract_id, total, tax, project_id, category_id, method, net in rows:
        contract_of[invoice_id] = (contract_id, total - tax)
        key = (project_id, category_id, method == Obligation.Method.AS_INVOICED)
        sums = groups[invoice_id]
        sums[key] = sums.get(key, ZERO) + net
    billed: dict[int | None, Decimal] = defaultdict(Decimal)
    for invoice_id, sums in groups.items():
        contract_id, entity_net = contract_of[invoice_id]
        shares = spread(entity_net, list(sums.values()), entity.currency)
        for (_, _, is_right), share in zip(sums, shares, strict=True):
            if not is_right:
                billed[contract_id] += share
    return billed
