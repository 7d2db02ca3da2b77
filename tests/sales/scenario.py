"""A deal of Amara's at Acme: customer, opportunity, and a quote of three lines in EUR."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sales.models import Account, Opportunity, Quote, QuoteLine
from sales.rules.line_terms import LineTermsInput, MilestoneInput
from sales.services import accounts, estimates, opportunities, quotes, sending
from sales.services.accounts import AccountFacts
from sales.services.estimates import DetailInput
from sales.services.opportunities import OpportunityFacts
from tests.factories import AT, Firm

FROM, TO = date(2026, 8, 1), date(2026, 10, 31)


@dataclass
class Deal:
    account: Account
    opportunity: Opportunity
    quote: Quote
    build: QuoteLine
    blueprint: QuoteLine
    support: QuoteLine


def account_facts(name: str = "Kessler Maschinenbau GmbH", **more) -> AccountFacts:
    return AccountFacts(
        **{"name": name, "country": "DE", "currency": "EUR", "address": "Werkstraße 1"} | more
    )


def opportunity_facts(firm: Firm, account: Account, **more) -> OpportunityFacts:
    values = {
        "name": "ERP core rollout",
        "account_id": account.pk,
        "contracting_unit_id": firm.units["UK"].pk,
        "currency": "EUR",
        "close_on": date(2026, 7, 31),
        "estimated_amount": Decimal(90000),
    }
    return OpportunityFacts(**(values | more))


def build_terms(**more) -> LineTermsInput:
    values = {
        "name": "Build",
        "billing_method": "time_and_material",
        "starts_on": FROM,
        "ends_on": TO,
        "transaction_classes": ("time", "expense"),
        "not_to_exceed_amount": Decimal(60000),
    }
    return LineTermsInput(**(values | more))


def blueprint_terms(**more) -> LineTermsInput:
    values = {
        "name": "Blueprint",
        "billing_method": "fixed_price",
        "starts_on": FROM,
        "ends_on": TO,
        "value_amount": Decimal(20000),
    }
    return LineTermsInput(**(values | more))


def support_terms(**more) -> LineTermsInput:
    values = {
        "name": "Support",
        "billing_method": "retainer",
        "starts_on": FROM,
        "ends_on": TO,
        "retainer_amount": Decimal(5000),
        "retainer_minutes": 2400,
        "retainer_overage_policy": "bill",
        "retainer_underuse_policy": "expire",
    }
    return LineTermsInput(**(values | more))


def milestones() -> list[MilestoneInput]:
    return [
        MilestoneInput("Design approved", date(2026, 8, 31), Decimal(8000)),
        MilestoneInput("Go live", date(2026, 10, 31), Decimal(12000)),
    ]


def make_opportunity(firm: Firm, who: str = "amara", name: str = "Kessler GmbH") -> Opportunity:
    """In the firm's scope."""
    actor = firm.actors[who]
    account = accounts.create_account(facts=account_facts(name), actor=actor, at=AT)
    return opportunities.create_opportunity(
        facts=opportunity_facts(firm, account), actor=actor, at=AT
    )


def make_deal(firm: Firm, who: str = "amara", *, is_sent: bool = False) -> Deal:
    """100 h senior and 50 h consultant on Build; 40 h senior on Blueprint. In the firm's scope."""
    actor = firm.actors[who]
    opportunity = make_opportunity(firm, who)
    quote = quotes.create_quote(
        opportunity_id=opportunity.pk, scope="Roll out the core.", actor=actor, at=AT
    )
    lines = [
        quotes.add_line(quote_id=quote.pk, terms=terms, actor=actor, at=AT)
        for terms in (build_terms(), blueprint_terms(), support_terms())
    ]
    for line, role, hours in ((lines[0], "SC", 100), (lines[0], "CO", 50), (lines[1], "SC", 40)):
        estimates.add_detail(
            line_id=line.pk,
            detail=DetailInput(starts_on=FROM, role_id=firm.roles[role].pk, minutes=hours * 60),
            actor=actor,
            at=AT,
        )
    quotes.set_milestones(line_id=lines[1].pk, milestones=milestones(), actor=actor, at=AT)
    if is_sent:
        sending.send_quote(quote_id=quote.pk, actor=actor, at=AT)
    quote.refresh_from_db()
    for line in lines:
        line.refresh_from_db()
    return Deal(opportunity.account, opportunity, quote, *lines)
