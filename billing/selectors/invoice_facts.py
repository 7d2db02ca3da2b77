"""What an invoice freezes when it is confirmed: parties and names, tax, exchange rate, journal."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from moneyed import Money

from billing.models import InvoiceTax
from billing.rules.tax import TaxableLine, TaxGroup, tax_groups
from billing.selectors import tax_codes
from projects.models import Project, Task
from psa.core.documents.language import language_of
from psa.core.ledger.rules.conversion import converted
from psa.core.ledger.rules.journals import Dimensions
from psa.core.ledger.rules.postings import InvoiceFact, InvoiceLineFact, InvoiceTaxFact
from psa.core.money import selectors as money
from psa.core.money.fx import FxQuote
from psa.core.org.bank_accounts import account_for
from psa.core.org.models import JobRole, LegalEntity, Resource, TransactionCategory
from sales.models import Account, Contract, ContractLine

# Revenue of such lines is what is invoiced; all others have an estimate of their own.
RIGHT_TO_INVOICE = "as_invoiced"


@dataclass(frozen=True, slots=True)
class Totals:
    """An invoice's amounts, in its currency and in the legal entity's at the invoice's rate."""

    net: Decimal
    tax: Decimal
    entity_total: Decimal
    entity_taxes: tuple[Decimal, ...]  # one a component, in the order of the groups
    groups: tuple[TaxGroup, ...]
    quote: FxQuote

    @property
    def entity_tax(self) -> Decimal:
        return sum(self.entity_taxes, Decimal(0))

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


def quote_of(contract: Contract, entity: LegalEntity, on: date) -> FxQuote:
    """The rate from the contract's into the entity's currency; 1, unasked, when they are the same.

    Raises  RateMissing.
    """
    if contract.currency == entity.currency:
        return FxQuote(
            contract.currency, entity.currency, Decimal(1), on, (contract.currency,), False
        )
    terms = money.fx_terms()
    table = money.fx_table(
        currencies={contract.currency, entity.currency}, from_on=on, until_on=on, terms=terms
    )
    return table.rate(
        contract.currency, entity.currency, on, terms.base_currency, terms.max_age_days
    )


def totals_of(
    nets: Sequence[tuple[Decimal, int]],
    *,
    currency: str,
    tax_on: date,
    quote: FxQuote,
) -> Totals:
    """Tax per code on the net sums, and everything in the entity's currency.

    `nets` are (line net, tax code id). Raises  TaxRateMissing naming code and date.
    """
    codes = tax_codes.facts({code_id for _, code_id in nets})
    groups = tax_groups(
        [TaxableLine(Money(net, currency), str(code_id)) for net, code_id in nets],
        codes,
        on=tax_on,
    )
    return totals_from(groups, quote)


def untaxed_totals(net: Decimal, quote: FxQuote) -> Totals:
    """The amounts of what a department pays: nothing is added to the net, its value is its day's."""
    return totals_from([TaxGroup("0", Money(net, quote.from_currency), (), "")], quote)


def totals_from(groups: Sequence[TaxGroup], quote: FxQuote) -> Totals:
    """The amounts of tax groups that are settled already (a credit note keeps its invoice's)."""
    net = sum((group.net.amount for group in groups), Decimal(0))
    taxes = [part.tax.amount for group in groups for part in group.components]
    tax = sum(taxes, Decimal(0))
    entity_currency = quote.to_currency
    return Totals(
        net=net,
        tax=tax,
        entity_total=converted(net + tax, quote.rate, entity_currency),
        entity_taxes=tuple(converted(amount, quote.rate, entity_currency) for amount in taxes),
        groups=tuple(groups),
        quote=quote,
    )


def tax_rows(invoice_id: int, tenant_id: int, totals: Totals) -> list[InvoiceTax]:
    """One row per component of each tax group."""
    parts = [(group, part) for group in totals.groups for part in group.components]
    return [
        InvoiceTax(
            tenant_id=tenant_id,
            invoice_id=invoice_id,
            tax_code_id=int(group.tax_code),
            name=part.name,
            tax_percent=part.tax_percent,
            net_amount=group.net.amount,
            tax_amount=part.tax.amount,
            entity_tax_amount=entity_tax,
        )
        for (group, part), entity_tax in zip(parts, totals.entity_taxes, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class BilledPart:
    """One line's part of the journal: its net, and what its billed rows are worth as stored."""

    contract_line_id: int
    project_id: int | None
    category_id: int | None
    net: Decimal
    stored_entity_amount: Decimal


def journal_fact(
    parts: Iterable[BilledPart],
    *,
    contract: Contract,
    account_id: int,
    totals: Totals,
    recognition: dict[int, str],
) -> InvoiceFact:
    """The invoice as its journal sees it: summed by project, category and kind of obligation."""
    sums: dict[tuple[int | None, int | None, bool], list[Decimal]] = defaultdict(
        lambda: [Decimal(0), Decimal(0)]
    )
    for part in parts:
        is_right = recognition[part.contract_line_id] == RIGHT_TO_INVOICE
        pair = sums[part.project_id, part.category_id, is_right]
        pair[0] += part.net
        pair[1] += part.stored_entity_amount
    currency = contract.currency
    lines = []
    for (project_id, category_id, is_right), (net, stored) in sums.items():
        lines.append(
            InvoiceLineFact(
                net=Money(net, currency),
                dimensions=Dimensions(
                    project_id=project_id,
                    contract_id=contract.pk,
                    unit_id=contract.contracting_unit_id,
                    category_id=category_id,
                    customer_id=account_id,
                ),
                stored_entity_amount=stored if is_right else None,
                contract_id=None if is_right else contract.pk,
            )
        )
    taxes = [part.tax for group in totals.groups for part in group.components]
    return InvoiceFact(
        lines=tuple(lines),
        taxes=tuple(
            InvoiceTaxFact(tax, entity_amount=entity_tax)
            for tax, entity_tax in zip(taxes, totals.entity_taxes, strict=True)
        ),
        entity_total=totals.entity_total,
        rate=totals.quote.rate,
        receivable_dimensions=receivable_dimensions(contract, account_id),
    )


def receivable_dimensions(contract: Contract, account_id: int) -> Dimensions:
    """What the receivable, its tax and its payments are analysed by."""
    return Dimensions(
        contract_id=contract.pk, unit_id=contract.contracting_unit_id, customer_id=account_id
    )


def recognition_by_line(contract_id: int) -> dict[int, str]:
    """Contract line → recognition method. One query."""
    return dict(
        ContractLine.objects.filter(contract_id=contract_id).values_list("id", "recognition_method")
    )


class NamedLine(Protocol):
    """Whatever names people and work by id."""

    @property
    def project_id(self) -> int | None: ...
    @property
    def task_id(self) -> int | None: ...
    @property
    def resource_id(self) -> int | None: ...
    @property
    def role_id(self) -> int | None: ...
    @property
    def category_id(self) -> int | None: ...


def snapshot(
    *,
    contract: Contract,
    account: Account,
    entity: LegalEntity,
    lines: Iterable[NamedLine],
    totals: Totals,
) -> dict[str, Any]:
    """Everything the document prints that could change later. Six queries at most."""
    is_main = account.pk == contract.account_id
    return {
        "seller": {
            "name": entity.name,
            "address": entity.address,
            "country": entity.country,
            "tax_id": entity.tax_id,
            "registration": entity.registration,
            **account_for(entity, contract.currency).as_dict(),
            "email": entity.email,
        },
        "buyer": {
            "name": (contract.bill_to_name if is_main else "")
            or account.legal_name
            or account.name,
            "address": (contract.bill_to_address if is_main else "") or account.address,
            "country": account.country,
            "tax_id": account.tax_id,
            "email": (contract.bill_to_email if is_main else "") or account.email,
        },
        "contract": {"number": contract.number, "name": contract.name, "po": contract.po_number},
        "language": language_of(account.language, entity.language),
        "payment_terms_days": contract.payment_terms_days,
        "tax_notes": [group.exemption_reason for group in totals.groups if group.exemption_reason],
        "names": _names(list(lines)),
    }


def _names(lines: Sequence[NamedLine]) -> dict[str, dict[str, str]]:
    wanted: tuple[tuple[str, Any, str], ...] = (
        ("project", Project, "project_id"),
        ("task", Task, "task_id"),
        ("resource", Resource, "resource_id"),
        ("role", JobRole, "role_id"),
        ("category", TransactionCategory, "category_id"),
    )
    names = {}
    for word, model, attribute in wanted:
        ids = {pk for line in lines if (pk := getattr(line, attribute)) is not None}
        rows = model.objects.filter(pk__in=ids).values_list("id", "name") if ids else ()
        names[word] = {str(pk): name for pk, name in rows}
    return names
