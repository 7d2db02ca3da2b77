"""What rules of the firm may be about in sales: contracts, quotes, opportunities, accounts."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from psa.core.actor import Actor
from psa.core.automation.amounts import in_firm_currency
from psa.core.automation.rules.conditions import Kind
from psa.core.automation.subjects import Facts, Field, Gate, Subject, register

from .models import Account, Contract, ContractAmendment, Opportunity, Quote
from .selectors import amendments, commitments, visibility

AMOUNT = Field("amount", "Amount in the firm's currency", Kind.NUMBER)
CURRENCY = Field("currency", "Currency", Kind.TEXT)
CUSTOMER = Field("customer", "Customer", Kind.TEXT)
UNIT = Field("unit", "Unit", Kind.TEXT)
COUNTRY = Field("country", "Customer's country", Kind.TEXT)
INDUSTRY = Field("industry", "Customer's industry", Kind.TEXT)
OWNER = (("owner", "Its owner"),)


def _people(owner_id: int | None) -> dict[str, tuple[int, ...]]:
    return {"owner": (owner_id,) if owner_id else ()}


def _customer(account: Account) -> dict[str, Any]:
    return {
        "customer": account.name,
        "country": account.country,
        "industry": account.industry or None,
    }


def load_contracts(ids: Collection[int], on: date) -> Mapping[int, Facts]:
    rows = list(Contract.objects.filter(pk__in=ids).select_related("account", "contracting_unit"))
    sums = commitments.contract_amounts([row.pk for row in rows])
    amounts = in_firm_currency(
        [(sums.get(row.pk, Decimal(0)), row.currency) for row in rows], on=on
    )
    return {
        row.pk: Facts(
            f"{row.number} {row.name}",
            "sales:contract",
            row.pk,
            {
                "amount": amount,
                "currency": row.currency,
                "unit": row.contracting_unit.name,
                "starts_on": row.starts_on,
                "ends_on": row.ends_on,
                "payment_terms_days": row.payment_terms_days,
                **_customer(row.account),
            },
            _people(row.owner_id),
        )
        for row, amount in zip(rows, amounts, strict=True)
    }


def load_quotes(ids: Collection[int], on: date) -> Mapping[int, Facts]:
    rows = list(
        Quote.objects.filter(pk__in=ids).select_related(
            "opportunity__account", "opportunity__contracting_unit"
        )
    )
    sums = commitments.quote_amounts([row.pk for row in rows])
    amounts = in_firm_currency(
        [(sums.get(row.pk, Decimal(0)), row.currency) for row in rows], on=on
    )
    return {
        row.pk: Facts(
            f"{row.number} version {row.version} {row.opportunity.name}",
            "sales:quote",
            row.pk,
            {
                "amount": amount,
                "currency": row.currency,
                "unit": row.opportunity.contracting_unit.name,
                "valid_until": row.valid_until,
                **_customer(row.opportunity.account),
            },
            _people(row.opportunity.owner_id),
        )
        for row, amount in zip(rows, amounts, strict=True)
    }


def load_opportunities(ids: Collection[int], on: date) -> Mapping[int, Facts]:
    rows = list(
        Opportunity.objects.filter(pk__in=ids).select_related(
            "account", "contracting_unit", "stage"
        )
    )
    amounts = in_firm_currency([(row.estimated_amount, row.currency) for row in rows], on=on)
    return {
        row.pk: Facts(
            f"{row.number} {row.name}",
            "sales:opportunity",
            row.pk,
            {
                "amount": amount,
                "currency": row.currency,
                "unit": row.contracting_unit.name,
                "stage": row.stage.name,
                "close_on": row.close_on,
                **_customer(row.account),
            },
            _people(row.owner_id),
        )
        for row, amount in zip(rows, amounts, strict=True)
    }


def load_accounts(ids: Collection[int], on: date) -> Mapping[int, Facts]:
    return {
        row.pk: Facts(
            row.name,
            "sales:account",
            row.pk,
            {"kind": row.kind, "currency": row.currency, **_customer(row)},
            _people(row.owner_id),
        )
        for row in Account.objects.filter(pk__in=ids)
    }


def load_amendments(ids: Collection[int], on: date) -> Mapping[int, Facts]:
    rows = list(
        ContractAmendment.objects.filter(pk__in=ids).select_related(
            "contract__account", "contract__contracting_unit"
        )
    )
    amounts = in_firm_currency(
        [(amendments.value_difference(row), row.contract.currency) for row in rows], on=on
    )
    return {
        row.pk: Facts(
            f"{amendments.code_of(row)} {row.title}",
            "sales:amendment",
            row.pk,
            {
                "amount": amount,
                "currency": row.contract.currency,
                "unit": row.contract.contracting_unit.name,
                "effective_on": row.effective_on,
                **_customer(row.contract.account),
            },
            _people(row.contract.owner_id),
        )
        for row, amount in zip(rows, amounts, strict=True)
    }


def _sees_amendment(actor: Actor, record_id: int) -> bool:
    return ContractAmendment.objects.filter(
        pk=record_id, contract__in=visibility.contracts_visible_to(actor).values("pk")
    ).exists()


def _sees_contract(actor: Actor, record_id: int) -> bool:
    return visibility.contracts_visible_to(actor).filter(pk=record_id).exists()


def _sees_quote(actor: Actor, record_id: int) -> bool:
    return visibility.quotes_visible_to(actor).filter(pk=record_id).exists()


register(
    Subject(
        "sales.Contract",
        "Contract",
        (
            ("sales.contract.created", "Contract created"),
            ("sales.contract.confirmed", "Contract confirmed"),
            ("sales.contract.held", "Contract put on hold"),
            ("sales.contract.resumed", "Contract resumed"),
            ("sales.contract.limit_raised", "Limit of a contract raised"),
        ),
        (
            AMOUNT,
            CURRENCY,
            CUSTOMER,
            COUNTRY,
            INDUSTRY,
            UNIT,
            Field("starts_on", "Starts", Kind.DATE),
            Field("ends_on", "Ends", Kind.DATE),
            Field("payment_terms_days", "Payment terms, days", Kind.NUMBER),
        ),
        OWNER,
        load_contracts,
    ),
    Subject(
        "sales.ContractAmendment",
        "Contract amendment",
        (
            ("sales.amendment.drafted", "Amendment drafted"),
            ("sales.amendment.accepted", "Amendment accepted by the client"),
            ("sales.amendment.in_force", "Amendment in force"),
        ),
        (
            Field("amount", "Change of the value in the firm's currency", Kind.NUMBER),
            CURRENCY,
            CUSTOMER,
            COUNTRY,
            INDUSTRY,
            UNIT,
            Field("effective_on", "Takes effect", Kind.DATE),
        ),
        OWNER,
        load_amendments,
    ),
    Subject(
        "sales.Quote",
        "Quote",
        (("sales.quote.sent", "Quote sent"), ("sales.quote.created", "Quote created")),
        (
            AMOUNT,
            CURRENCY,
            CUSTOMER,
            COUNTRY,
            INDUSTRY,
            UNIT,
            Field("valid_until", "Valid until", Kind.DATE),
        ),
        OWNER,
        load_quotes,
    ),
    Subject(
        "sales.Opportunity",
        "Opportunity",
        (
            ("sales.opportunity.created", "Opportunity created"),
            ("sales.opportunity.moved", "Opportunity moved to another stage"),
            ("sales.opportunity.won", "Opportunity won"),
            ("sales.opportunity.lost", "Opportunity lost"),
        ),
        (
            AMOUNT,
            CURRENCY,
            CUSTOMER,
            COUNTRY,
            INDUSTRY,
            UNIT,
            Field("stage", "Stage", Kind.TEXT),
            Field("close_on", "Expected close", Kind.DATE),
        ),
        OWNER,
        load_opportunities,
    ),
    Subject(
        "sales.Account",
        "Account",
        (
            ("sales.account.created", "Account created"),
            ("sales.account.edited", "Account edited"),
        ),
        (CURRENCY, CUSTOMER, COUNTRY, INDUSTRY, Field("kind", "Kind", Kind.TEXT)),
        OWNER,
        load_accounts,
    ),
    Gate(
        "sales.contract.confirm",
        "A contract is confirmed",
        "sales.Contract",
        _sees_contract,
        ("sales.contract.confirmed", "sales.contract.created"),
    ),
    Gate(
        "sales.amendment.put_in_force",
        "An amendment comes into force",
        "sales.ContractAmendment",
        _sees_amendment,
        ("sales.amendment.in_force", "sales.amendment.drafted"),
    ),
    Gate(
        "sales.quote.win",
        "A quote is won",
        "sales.Quote",
        _sees_quote,
        ("sales.quote.sent",),
    ),
)
