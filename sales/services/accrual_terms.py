"""What accrual needs to know of contracts: locked, loaded in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q

from psa.core.ledger.rules.types import BillingMethod, BillingType
from psa.core.pricing.rules.types import AgreedRate, FixedRate, PriceMethod
from sales.models import (
    ChargeabilityRule as ChargeabilityRow,
)
from sales.models import (
    Contract,
    ContractAmendment,
    ContractLine,
    FundingShare,
    RateOverride,
)
from sales.rules.chargeability import ChargeabilityRule
from sales.rules.funding import FundingTerms
from sales.selectors import contract_rates, contract_terms, funding


@dataclass(frozen=True, slots=True)
class LineTerms:
    """A contract line as accrual sees it, with what its contract says."""

    id: int
    name: str
    contract_id: int
    contract_number: str
    account_id: int
    contracting_unit_id: int
    legal_entity_id: int
    currency: str
    status: str
    method: BillingMethod
    covers: frozenset[str]
    expense_policy: str
    expense_markup_percent: Decimal
    chargeability: tuple[ChargeabilityRule, ...]
    rate_overrides: dict[int, AgreedRate] = field(hash=False)
    # The exchange rates that its contract agreed.
    fixed_rates: tuple[FixedRate, ...] = ()
    # Of former versions: the day each was replaced, and its terms, oldest first.
    former: tuple[tuple[date, "FormerTerms"], ...] = ()
    # Who pays, unless its customer alone does.
    funding: FundingTerms | None = None

    def on(self, work_on: date) -> "LineTerms":
        """The terms that work of a day has: those of the version in force on it."""
        for until_on, terms in self.former:
            if work_on < until_on:
                return replace(
                    self,
                    expense_policy=terms.expense_policy,
                    expense_markup_percent=terms.expense_markup_percent,
                    chargeability=terms.chargeability,
                    rate_overrides=terms.rate_overrides,
                    former=(),
                )
        return self


@dataclass(frozen=True, slots=True)
class FormerTerms:
    """What priced a line's work before an amendment."""

    expense_policy: str
    expense_markup_percent: Decimal
    chargeability: tuple[ChargeabilityRule, ...]
    rate_overrides: dict[int, AgreedRate] = field(hash=False)


def lines_with_terms(
    line_ids: Collection[int], *, contract_ids: Collection[int] = ()
) -> dict[int, LineTerms]:
    """Lock the contracts, then their lines by id, and return the lines' terms. Five queries,
    and one more each where a contract was amended, agreed exchange rates, or has several payers.

    The locks are what keeps two approvals from passing one limit together; always in this order.
    """
    found = set(
        ContractLine.objects.filter(pk__in=line_ids).values_list("contract_id", flat=True)
    ) | set(contract_ids)
    amended = ContractAmendment.objects.filter(
        contract_id=OuterRef("pk"), status=ContractAmendment.Status.IN_FORCE
    )
    contracts = {
        c.pk: c
        for c in Contract.objects.select_for_update(no_key=True)
        .filter(pk__in=found)
        .annotate(
            is_amended=Exists(amended),
            is_shared=Exists(FundingShare.objects.filter(contract_id=OuterRef("pk"))),
        )
        .order_by("pk")
    }
    lines = list(
        ContractLine.objects.select_for_update(no_key=True)
        .filter(Q(pk__in=line_ids) | Q(contract_id__in=contract_ids))
        .order_by("pk")
    )
    rules: dict[int, list[ChargeabilityRule]] = defaultdict(list)
    for row in ChargeabilityRow.objects.filter(line_id__in=[line.pk for line in lines]):
        rules[row.line_id].append(
            ChargeabilityRule(
                BillingType(row.billing_type),
                row.resource_id,
                row.task_id,
                row.role_id,
                row.category_id,
            )
        )
    contract_of = {line.pk: line.contract_id for line in lines}
    overrides: dict[int, dict[int, AgreedRate]] = defaultdict(dict)
    for override in RateOverride.objects.filter(line_id__in=[line.pk for line in lines]):
        currency = contracts[contract_of[override.line_id]].currency
        overrides[override.line_id][override.role_id] = AgreedRate(
            "contract_line", override.pk, override.price, currency, override.unit
        )
    former = _former({pk: row for pk, row in contracts.items() if row.is_amended})
    fixed = contract_rates.fixed_rates_of(
        [pk for pk, row in contracts.items() if row.fx_policy == "fixed"]
    )
    shared = [pk for pk, row in contracts.items() if row.is_shared]
    payers = funding.terms_of(shared) if shared else {}
    return {
        line.pk: LineTerms(
            id=line.pk,
            name=line.name,
            contract_id=line.contract_id,
            contract_number=contracts[line.contract_id].number,
            account_id=contracts[line.contract_id].account_id,
            contracting_unit_id=contracts[line.contract_id].contracting_unit_id,
            legal_entity_id=contracts[line.contract_id].legal_entity_id,
            currency=contracts[line.contract_id].currency,
            status=contracts[line.contract_id].status,
            method=BillingMethod(line.billing_method),
            covers=frozenset(line.transaction_classes),
            expense_policy=line.expense_policy,
            expense_markup_percent=line.expense_markup_percent,
            chargeability=tuple(rules[line.pk]),
            rate_overrides=overrides[line.pk],
            fixed_rates=fixed.get(line.contract_id, ()),
            former=former.get(line.pk, ()),
            funding=payers.get(line.contract_id),
        )
        for line in lines
    }


def _former(contracts: dict[int, Contract]) -> dict[int, tuple[tuple[date, FormerTerms], ...]]:
    """By line, what priced its work before each amendment of its contract. One query, or none."""
    if not contracts:
        return {}
    found: dict[int, list[tuple[date, FormerTerms]]] = defaultdict(list)
    for contract_id, versions in contract_terms.former_terms(contracts).items():
        currency = contracts[contract_id].currency
        for until_on, version in versions:
            for line in version.lines:
                rules = tuple(
                    ChargeabilityRule(
                        BillingType(one.billing_type), one.resource_id, one.task_id, one.role_id,
                        one.category_id,
                    )
                    for one in line.rules
                )  # fmt: skip
                rates = {
                    one.role_id: AgreedRate("contract_line", one.id, one.price, currency, one.unit)
                    for one in line.rates
                }
                terms = FormerTerms(line.expense_policy, line.expense_markup_percent, rules, rates)
                found[line.id].append((until_on, terms))
    return {line_id: tuple(versions) for line_id, versions in found.items()}


def expense_rate(terms: LineTerms) -> AgreedRate:
    """What the line's expense policy makes of an expense's cost."""
    if terms.expense_policy == "markup":
        return AgreedRate(
            "contract_line",
            terms.id,
            terms.expense_markup_percent,
            terms.currency,
            "unit",
            PriceMethod.MARKUP_PERCENT,
        )
    return AgreedRate(
        "contract_line", terms.id, Decimal(0), terms.currency, "unit", PriceMethod.AT_COST
    )
