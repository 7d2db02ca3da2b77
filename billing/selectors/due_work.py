"""What contracts may be invoiced up to a date, read together and judged one by one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from moneyed import Money

from billing.rules.proposal import is_below_minimum, lines_for, net_total
from billing.rules.tax_determination import Buyer
from billing.rules.types import ContractTerms, ProposedLine, UnbilledFact
from billing.selectors import tax_determination
from billing.selectors.tax_determination import Supplied, TaxDetermination
from psa.core.ledger import selectors as ledger
from psa.core.money import selectors as money
from psa.core.money.rounding import EXACT, currency_of, round_to_minor
from psa.core.org.models import TenantParameters
from psa.core.tenancy.models import Tenant
from sales.models import Contract, ContractLine


@dataclass(frozen=True, slots=True)
class Due:
    """What one contract may be invoiced, by paying customer."""

    lines: dict[int, list[ProposedLine]] = field(default_factory=dict)
    # By paying customer: the code of each line, by its actual.
    tax_codes: dict[int, dict[int, int]] = field(default_factory=dict)


class DueWork:
    """The unbilled work of a batch of contracts up to and including `cutoff_on`.

    Three queries, two more per legal entity, and those of the minimum once a currency, however many
    contracts and rows there are.
    """

    def __init__(self, contracts: Sequence[Contract], cutoff_on: date) -> None:
        self.cutoff_on = cutoff_on
        ids = [contract.pk for contract in contracts]
        self._code_of_line: dict[int, dict[int, str]] = defaultdict(dict)
        for contract_id, line_id, code in (
            ContractLine.objects.filter(contract__in=ids)
            .order_by("contract_id", "position")
            .values_list("contract_id", "id", "tax_code")
        ):
            self._code_of_line[contract_id][line_id] = code
        self._facts: dict[int, list[UnbilledFact]] = defaultdict(list)
        self._payer: dict[int, int | None] = {}
        self._supplied: dict[int, Supplied] = {}
        self._read(ids)
        self._payers = {contract.account_id for contract in contracts}
        self._payers |= {pk for pk in self._payer.values() if pk is not None}
        self._buyers: dict[int, Buyer] | None = None
        self._taxes: dict[int, TaxDetermination] = {}
        self._minimums: dict[str, Money | None] = {}
        self._smallest: tuple[Decimal | None, str] | None = None

    def _read(self, contract_ids: Sequence[int]) -> None:
        contract_id: Any
        line_id: Any
        for (
            contract_id, pk, on, minutes, quantity, price, code, amount, line_id, account_id, kind,
            category_id,
        ) in ledger.unbilled(contract_ids=contract_ids, until_on=self.cutoff_on).values_list(
            "contract_id", "id", "work_on", "minutes", "quantity", "price", "currency",
            "amount", "contract_line_id", "account_id", "transaction_class", "category_id",
        ):  # fmt: skip
            self._supplied[pk] = Supplied(kind, category_id)
            currency = currency_of(code)
            self._payer[pk] = account_id
            self._facts[contract_id].append(
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

    def of(self, contract: Contract) -> Due:
        """Raises  TaxSetupMissing, MixedCurrency."""
        code_of = self._code_of_line[contract.pk]
        found = lines_for(
            ContractTerms(contract.pk, contract.currency, tuple(code_of)),
            self._facts[contract.pk],
            cutoff_on=self.cutoff_on,
        )
        by_payer: dict[int, list[ProposedLine]] = defaultdict(list)
        for line in found:
            by_payer[self._payer[line.actual_id] or contract.account_id].append(line)
        return Due(dict(by_payer), self._tax_codes(contract, by_payer, code_of))

    def minimum(self, contract: Contract) -> Money | None:
        """The firm's smallest invoice in the contract's currency, or None. Raises  RateMissing."""
        if contract.currency not in self._minimums:
            self._minimums[contract.currency] = self._minimum(contract)
        return self._minimums[contract.currency]

    def _tax_codes(
        self,
        contract: Contract,
        by_payer: Mapping[int, Sequence[ProposedLine]],
        code_of: Mapping[int, str],
    ) -> dict[int, dict[int, int]]:
        if not by_payer:
            return {}
        if self._buyers is None:
            self._buyers = tax_determination.buyers(self._payers)
        entity = contract.legal_entity
        if entity.pk not in self._taxes:
            codes = tax_determination.codes_of(entity)
            self._taxes[entity.pk] = TaxDetermination(
                entity, codes, self._buyers, tax_determination.by_kind(entity)
            )
        taxes = self._taxes[entity.pk]
        decided: dict[tuple[int, int, Supplied], int] = {}
        found: dict[int, dict[int, int]] = {}
        for payer, lines in by_payer.items():
            found[payer] = {}
            for line in lines:
                what = self._supplied[line.actual_id]
                key = (payer, line.contract_line_id, what)
                if key not in decided:
                    decided[key] = taxes.code_for(code_of[line.contract_line_id], payer, what)
                found[payer][line.actual_id] = decided[key]
        return found

    def _minimum(self, contract: Contract) -> Money | None:
        if self._smallest is None:
            self._smallest = (
                TenantParameters.objects.values_list("minimum_invoice_amount", flat=True).first(),
                Tenant.objects.values_list("currency", flat=True).get(pk=contract.tenant_id),
            )
        amount, home = self._smallest
        if not amount:
            return None
        if home != contract.currency:
            terms = money.fx_terms()
            table = money.fx_table(
                currencies={home, contract.currency},
                from_on=self.cutoff_on,
                until_on=self.cutoff_on,
                terms=terms,
            )
            rate = table.rate(
                home, contract.currency, self.cutoff_on, terms.base_currency, terms.max_age_days
            ).rate
            amount = EXACT.multiply(amount, rate)
        return round_to_minor(Money(amount, contract.currency))


def why_wait(contract: Contract, lines: Sequence[ProposedLine], minimum: Money | None) -> str:
    """Why these lines make no invoice of their own yet; "" when they do."""
    total = net_total(lines, currency=contract.currency)
    if total.amount <= 0:
        return "There is nothing of value to invoice yet"
    terms = ContractTerms(contract.pk, contract.currency, (), minimum)
    if is_below_minimum(terms, lines):
        return f"{total} is below the smallest invoice of {minimum}"
    return ""
