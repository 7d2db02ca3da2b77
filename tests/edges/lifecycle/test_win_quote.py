from decimal import Decimal

import pytest

from billing.models import ContractMilestone, RetainerPeriod
from projects.models import ContractLineLink, Project, Task
from psa.core.automation.models import AutomationRule
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.org.models import TenantParameters
from psa.core.pricing.models import PriceLine, PriceList
from psa.edges.lifecycle import services as lifecycle
from psa.edges.lifecycle.services import NewProject
from revenue.models import Obligation
from sales.models import (
    Contract,
    ContractFxRate,
    FundingSource,
    Opportunity,
    Quote,
    RateOverride,
)
from sales.policies import AlreadyWon
from tests.factories import AT, TODAY, Firm
from tests.sales.scenario import FROM, make_deal


def win(firm: Firm, quote: Quote, who: str = "amara", choice: str = "share_lists", **more):
    project = NewProject("ERP core rollout", firm.resources["priya"].pk, FROM)
    return lifecycle.win_quote(
        **{
            "quote_id": quote.pk,
            "pricing_choice": choice,
            "project": project,
            "at": AT,
            "won_on": TODAY,
            "actor": firm.actors[who],
        }
        | more
    )


def nothing_was_made() -> bool:
    made = (Contract, Project, ContractMilestone, RetainerPeriod, Obligation, RateOverride)
    return not any(model.objects.exists() for model in made) and (
        Opportunity.objects.get().stage.outcome == "open"
    )


def test_makes_contract_project_schedules_and_obligations(acme):
    with acme.scope():
        deal = make_deal(acme, is_sent=True)
        won = win(acme, deal.quote)
        contract = Contract.objects.get(pk=won.contract_id)
        assert contract.status == "confirmed"
        lines = {line.name: line for line in contract.lines.all()}
        assert lines["Build"].not_to_exceed_amount == Decimal(60000)
        assert lines["Build"].value_amount == Decimal("20588.23")
        assert list(
            ContractMilestone.objects.order_by("position").values_list("name", "amount")
        ) == [("Design approved", 8000), ("Go live", 12000)]
        periods = RetainerPeriod.objects.order_by("starts_on")
        assert [(p.amount, p.included_minutes) for p in periods] == [(5000, 2400)] * 3
        assert sorted(Obligation.objects.values_list("method", "price_amount")) == [
            ("as_invoiced", Decimal("20588.23")),
            ("cost_to_cost", Decimal(20000)),
            ("straight_line", Decimal(15000)),
        ]
        assert FundingSource.objects.get().share_percent == 100
        assert deal.account.__class__.objects.get(pk=deal.account.pk).kind == "customer"
        assert Opportunity.objects.get().stage.code == "won"


def test_plans_costs_in_the_entity_s_currency(acme):
    # 40 h senior at cost GBP 62.50 is EUR 2,941.18 on the quote, GBP 2,500.00 in the books.
    with acme.scope():
        win(acme, make_deal(acme, is_sent=True).quote)
        fixed = Obligation.objects.get(method="cost_to_cost")
        assert fixed.planned_cost_amount == Decimal("2500.00")
        # EUR 7,352.94 + 2,941.18 + 2,941.18 = 13,235.30, at 0.85
        assert Project.objects.get().budget_cost_amount == Decimal("11250.01")


def test_gives_lines_that_cover_the_same_class_a_task_each(acme):
    with acme.scope():
        win(acme, make_deal(acme, is_sent=True).quote)
        assert list(
            Task.objects.order_by("position").values_list("outline", "name", "effort_minutes")
        ) == [("1", "Build", 9000), ("2", "Blueprint", 2400), ("3", "Support", 0)]
        links = set(
            ContractLineLink.objects.values_list(
                "task__name", "transaction_class", "contract_line__name"
            )
        )
        assert links == {
            ("Build", "time", "Build"),
            ("Blueprint", "time", "Blueprint"),
            ("Support", "time", "Support"),
            (None, "expense", "Build"),
        }


def test_makes_no_project_if_none_is_wanted(acme):
    with acme.scope():
        won = win(acme, make_deal(acme, is_sent=True).quote, project=None)
        assert won.project_id is None
        assert not Project.objects.exists()


def test_keeps_the_quoted_rates_on_the_lines(acme):
    with acme.scope():
        win(acme, make_deal(acme, is_sent=True).quote, choice="keep_quoted")
        rates = RateOverride.objects.order_by("line__position", "price")
        # Senior GBP 125, consultant GBP 100 an hour at 0.85.
        assert [(r.line.name, r.role.code, r.price) for r in rates] == [
            ("Build", "CO", Decimal("117.647059")),
            ("Build", "SC", Decimal("147.058824")),
            ("Blueprint", "SC", Decimal("147.058824")),
        ]


def test_copies_the_lists_to_the_contract(acme):
    with acme.scope():
        won = win(acme, make_deal(acme, is_sent=True).quote, choice="copy_lists")
        copy = PriceList.objects.get(owner_kind="contract", owner_id=won.contract_id)
        assert copy.currency == "GBP"
        assert PriceLine.objects.filter(price_list=copy).count() == 3


def test_happens_once(acme):
    with acme.scope():
        deal = make_deal(acme, is_sent=True)
        won = win(acme, deal.quote)
        with pytest.raises(AlreadyWon) as refused:
            win(acme, deal.quote)
        assert refused.value.contract_id == won.contract_id
        assert Contract.objects.count() == 1


def test_refuses_a_draft(acme):
    with acme.scope():
        deal = make_deal(acme)
        with pytest.raises(Conflict, match="still a draft"):
            win(acme, deal.quote)
        assert nothing_was_made()


def test_leaves_nothing_when_the_project_is_refused(acme):
    with acme.scope():
        deal = make_deal(acme, is_sent=True)
        with pytest.raises(DomainError):
            win(acme, deal.quote, project=NewProject("Rollout", 999_999, FROM))
        assert nothing_was_made()
        assert Quote.objects.get().status == "sent"


def test_leaves_nothing_when_a_rate_is_missing(acme):
    from psa.core.money.models import FxRate

    with acme.scope():
        deal = make_deal(acme, is_sent=True)
        FxRate.objects.all().delete()
        # What a rule cannot compare, it asks about.
        with pytest.raises(DomainError, match="wants the approval"):
            win(acme, deal.quote)
        AutomationRule.objects.update(is_active=False)
        with pytest.raises(DomainError, match="exchange rate"):
            win(acme, deal.quote)
        assert nothing_was_made()


def test_leaves_nothing_when_an_obligation_is_refused(acme):
    with acme.scope():
        deal = make_deal(acme, is_sent=True)
        deal.quote.lines.filter(name="Blueprint").update(recognition_method="guess")
        with pytest.raises(DomainError, match="recognise revenue"):
            win(acme, deal.quote)
        assert nothing_was_made()


def test_leaves_nothing_when_milestones_do_not_sum(acme):
    with acme.scope():
        deal = make_deal(acme, is_sent=True)
        deal.quote.lines.filter(name="Blueprint").update(value_amount=21000)
        with pytest.raises(DomainError, match="lack"):
            win(acme, deal.quote)
        assert nothing_was_made()


def test_refuses_an_unknown_pricing_choice(acme):
    with acme.scope():
        deal = make_deal(acme, is_sent=True)
        with pytest.raises(DomainError) as refused:
            win(acme, deal.quote, choice="guess")
        assert refused.value.field == "pricing_choice"
        assert nothing_was_made()


@pytest.mark.parametrize("who", ["priya", "ben", "rae", "bill", "fay", "paul", "ada", "mei", "sam"])
def test_is_for_who_may_win(acme, who):
    with acme.scope():
        deal = make_deal(acme, is_sent=True)
        with pytest.raises((PermissionDenied, NotFound)):
            win(acme, deal.quote, who)
        assert nothing_was_made()


def test_another_firm_finds_no_quote(acme, globex):
    from dataclasses import replace

    with acme.scope():
        quote = make_deal(acme, is_sent=True).quote
    otto = globex.actors["otto"]
    with globex.scope(), pytest.raises(NotFound):
        lifecycle.win_quote(
            quote_id=quote.pk,
            pricing_choice="share_lists",
            project=None,
            at=AT,
            won_on=TODAY,
            actor=replace(otto, permissions=otto.permissions | {"sales.win", "sales.view"}),
        )


def test_keeps_the_days_exchange_rates_where_the_firm_fixes_them(acme):
    with acme.scope():
        TenantParameters.objects.update(fx_policy="fixed")
        won = win(acme, make_deal(acme, is_sent=True).quote)
        contract = Contract.objects.get(pk=won.contract_id)
        rates = {row.from_currency: row for row in contract.fixed_rates.all()}
        assert "EUR" not in rates and rates["GBP"].to_currency == "EUR"
        assert round(rates["GBP"].rate * Decimal("0.85"), 6) == 1
        assert rates["GBP"].agreed_on == TODAY
    page = acme.client("amara").get(acme.url(f"sales/contracts/{contract.pk}/")).content.decode()
    assert "1 GBP = " in " ".join(page.split())


def test_keeps_no_rates_where_each_work_date_has_its_own(acme):
    with acme.scope():
        won = win(acme, make_deal(acme, is_sent=True).quote)
        assert not ContractFxRate.objects.filter(contract_id=won.contract_id).exists()
