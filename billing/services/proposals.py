"""Drafting invoices: one proposal per contract and paying customer, from what is unbilled."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Sum
from moneyed import Money

from billing import policies
from billing.events import BillingEvent
from billing.models import Proposal, ProposalLine, SkippedContract
from billing.rules.proposal import is_below_minimum, lines_for, net_total
from billing.rules.tax_determination import TaxSetupMissing
from billing.rules.types import ContractTerms, ProposedLine, UnbilledFact
from billing.selectors import limits, tax_determination, visibility
from billing.services import numbers
from billing.services.readiness import check_can_propose
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.services import claims
from psa.core.money import selectors as money
from psa.core.money.rounding import EXACT, round_to_minor
from psa.core.org.models import TenantParameters
from psa.core.tenancy.models import Tenant
from sales.models import Contract, ContractLine

HOLDER = "proposal"


class NothingToBill(DomainError):
    """The contract has no unbilled work up to the cut-off, and no draft either."""


@dataclass(frozen=True, slots=True)
class _Due:
    """What one contract may be invoiced, by paying customer."""

    lines: dict[int, list[ProposedLine]] = field(default_factory=dict)
    # By paying customer and contract line.
    tax_codes: dict[tuple[int, int], int] = field(default_factory=dict)


@transaction.atomic
def propose_invoices(
    *, contract_id: int, cutoff_on: date, run_key: str, actor: Actor, at: datetime
) -> list[Proposal]:
    """Draft the contract's invoices up to and including `cutoff_on`, and return its drafts.

    One draft per paying customer. A draft that exists gets what is new and keeps its lines;
    proposals in review are left alone. Running again adds nothing. A contract passed over (on
    hold, below the minimum, without tax code) is recorded for `run_key` with the reason, and [] is
    returned. Locks the contract.
    Raises  PermissionDenied, NotFound, NothingToBill; ActualHeld if another draft was faster.
    Source  docs/rules/billing.md, B-1 to B-4 and B-12.
    """
    visibility.get_contract(actor=actor, contract_id=contract_id)
    check_can_propose(actor, contract_id)
    contract: Contract = (
        Contract.objects.select_for_update(of=("self",), no_key=True)
        .select_related("legal_entity", "account")
        .get(pk=contract_id)
    )
    reason = policies.why_not_billable(contract) or limits.why_order_exhausted(contract)
    if reason:
        return _skip(contract, run_key, reason, actor)
    try:
        due = _due(contract, cutoff_on)
    except TaxSetupMissing as error:
        return _skip(contract, run_key, error.message, actor)
    SkippedContract.objects.filter(run_key=run_key, contract=contract).delete()
    drafts = _drafts(contract)
    if not due.lines and not drafts:
        raise NothingToBill(
            f"Contract {contract.number} has nothing to invoice up to {cutoff_on:%-d %b %Y}."
        )
    minimum = _minimum(contract, cutoff_on)
    reasons = []
    for account_id, lines in sorted(due.lines.items()):
        draft = drafts.get(account_id)
        if draft is None:
            reason = _why_wait(contract, lines, minimum)
            if reason:
                reasons.append(reason)
                continue
            draft = _new_draft(contract, account_id, cutoff_on, run_key, actor, at)
        _add_lines(draft, lines, due.tax_codes, actor)
        claims.claim(
            actual_ids=[line.actual_id for line in lines],
            holder_kind=HOLDER,
            holder_id=draft.pk,
            actor=actor,
        )
        if draft.cutoff_on < cutoff_on:
            draft.cutoff_on = cutoff_on
            draft.save(update_fields=["cutoff_on"])
        drafts[account_id] = draft
        audit.record(
            actor=actor,
            at=at,
            event=BillingEvent.PROPOSAL_DRAFTED,
            record_type="billing.Proposal",
            record_id=draft.pk,
            sentence=f"Drafted {_count_text(len(lines))} up to {cutoff_on:%-d %b %Y}",
        )
    if reasons:
        _skip(contract, run_key, "; ".join(reasons), actor)
    return sorted(drafts.values(), key=lambda proposal: proposal.pk)


def _drafts(contract: Contract) -> dict[int, Proposal]:
    rows = Proposal.objects.select_for_update().filter(
        contract=contract, state=Proposal.State.DRAFT
    )
    return {row.account_id: row for row in rows.order_by("id")}


def _due(contract: Contract, cutoff_on: date) -> _Due:
    """Four queries, however many rows are unbilled. Raises  TaxSetupMissing, MixedCurrency."""
    line_codes = dict(
        ContractLine.objects.filter(contract=contract)
        .order_by("position")
        .values_list("id", "tax_code")
    )
    terms = ContractTerms(contract.pk, contract.currency, tuple(line_codes))
    payers: dict[int, int] = {}
    facts = []
    line_id: Any
    for pk, on, minutes, quantity, price, currency, amount, line_id, account_id in (
        ledger.unbilled(contract_ids=[contract.pk], until_on=cutoff_on).values_list(
            "id", "work_on", "minutes", "quantity", "price", "currency", "amount",
            "contract_line_id", "account_id",
        )
    ):  # fmt: skip
        payers[pk] = account_id or contract.account_id
        facts.append(
            UnbilledFact(
                actual_id=pk,
                worked_on=on,
                minutes=minutes,
                units=quantity if minutes is None else None,
                unit_price=Money(price, currency),
                amount=Money(amount, currency),
                contract_line_id=line_id,
            )
        )
    found = lines_for(terms, facts, cutoff_on=cutoff_on)
    by_payer: dict[int, list[ProposedLine]] = defaultdict(list)
    for line in found:
        by_payer[payers[line.actual_id]].append(line)
    taxes = tax_determination.determination(contract.legal_entity, by_payer)
    codes = {
        (payer, line_id): taxes.code_for(line_codes[line_id], payer)
        for payer, lines in by_payer.items()
        for line_id in {line.contract_line_id for line in lines}
    }
    return _Due(dict(by_payer), codes)


def _minimum(contract: Contract, on: date) -> Money | None:
    """The firm's smallest invoice in the contract's currency, or None."""
    amount = TenantParameters.objects.values_list("minimum_invoice_amount", flat=True).first()
    if not amount:
        return None
    home = Tenant.objects.values_list("currency", flat=True).get(pk=contract.tenant_id)
    if home != contract.currency:
        terms = money.fx_terms()
        table = money.fx_table(
            currencies={home, contract.currency}, from_on=on, until_on=on, terms=terms
        )
        rate = table.rate(home, contract.currency, on, terms.base_currency, terms.max_age_days).rate
        amount = EXACT.multiply(amount, rate)
    return round_to_minor(Money(amount, contract.currency))


def _why_wait(contract: Contract, lines: Sequence[ProposedLine], minimum: Money | None) -> str:
    total = net_total(lines, currency=contract.currency)
    if total.amount <= 0:
        return "There is nothing of value to invoice yet"
    terms = ContractTerms(contract.pk, contract.currency, (), minimum)
    if is_below_minimum(terms, lines):
        return f"{total} is below the smallest invoice of {minimum}"
    return ""


def _skip(contract: Contract, run_key: str, reason: str, actor: Actor) -> list[Proposal]:
    SkippedContract.objects.update_or_create(
        tenant_id=actor.tenant_id,
        run_key=run_key,
        contract=contract,
        defaults={"reason": reason[:300]},
    )
    return []


def _new_draft(
    contract: Contract,
    account_id: int,
    cutoff_on: date,
    run_key: str,
    actor: Actor,
    at: datetime,
) -> Proposal:
    number = numbers.next_number(kind=f"proposal {cutoff_on.year}", actor=actor)
    draft: Proposal = Proposal.objects.create(
        tenant_id=actor.tenant_id,
        contract=contract,
        account_id=account_id,
        legal_entity_id=contract.legal_entity_id,
        currency=contract.currency,
        number=f"P-{cutoff_on.year}-{number:04d}",
        cutoff_on=cutoff_on,
        run_key=run_key,
        created_at=at,
    )
    return draft


# Complimentary and non-chargeable work has an amount of 0 already; it keeps its name here.
_INSERT_LINES = """
INSERT INTO billing_proposalline (
    tenant_id, proposal_id, position, actual_id, contract_line_id, project_id, task_id,
    resource_id, role_id, category_id, transaction_class, work_on, description, minutes, quantity,
    unit, price, original_amount, amount, treatment, remainder, reason, tax_code_id, flags)
SELECT a.tenant_id, %(proposal)s, %(after)s + w.position, a.id, a.contract_line_id, a.project_id,
    a.task_id, a.resource_id, a.role_id, a.category_id, a.transaction_class, a.work_on,
    a.description, a.minutes, a.quantity, a.unit, a.price, a.amount, a.amount, a.billing_type,
    'write_off', '', w.tax_code_id,
    to_jsonb(array_remove(ARRAY[
        CASE WHEN a.transaction_class = 'expense' AND EXISTS (
            SELECT FROM org_transactioncategory c
            WHERE c.id = a.category_id AND a.amount > c.receipt_required_over
        ) AND EXISTS (
            SELECT FROM timeexpense_expenseentry e
            WHERE a.source_kind = 'expense_entry' AND e.id = a.source_id AND NOT e.has_receipt
        ) THEN 'no_receipt' END,
        CASE WHEN a.transaction_class = 'time' AND extract(isodow FROM a.work_on) > 5
             THEN 'weekend' END,
        CASE WHEN a.transaction_class = 'time' AND count(*) OVER (
            PARTITION BY a.resource_id, a.task_id, a.work_on, a.minutes, a.description
        ) > 1 THEN 'duplicate' END,
        CASE WHEN btrim(a.description) = '' THEN 'blank_description' END,
        CASE WHEN a.posted_on > a.work_on AND a.transaction_class <> 'fee'
             THEN 'late_entry' END
    ], NULL))
FROM unnest(%(actuals)s::bigint[], %(tax_codes)s::bigint[])
     WITH ORDINALITY AS w(actual_id, tax_code_id, position)
JOIN ledger_actual a ON a.tenant_id = %(tenant)s AND a.id = w.actual_id
"""


def _add_lines(
    draft: Proposal,
    lines: Sequence[ProposedLine],
    tax_codes: dict[tuple[int, int], int],
    actor: Actor,
) -> None:
    """Copy the actuals into lines, in the order given, with what a reviewer should look at."""
    last = ProposalLine.objects.filter(proposal=draft).aggregate(n=Max("position"))["n"] or 0
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT_LINES,
            {
                "proposal": draft.pk,
                "after": last,
                "tenant": actor.tenant_id,
                "actuals": [line.actual_id for line in lines],
                "tax_codes": [tax_codes[draft.account_id, line.contract_line_id] for line in lines],
            },
        )


def _count_text(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"


def total_of(proposal: Proposal) -> Decimal:
    """Net sum of the chargeable lines. One query."""
    total = ProposalLine.objects.filter(
        proposal=proposal, treatment=ProposalLine.Treatment.CHARGEABLE
    ).aggregate(total=Sum("amount"))["total"]
    return total or Decimal(0)
