"""Rates by type: which one a day takes, and that spot stands in without hiding it."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from psa.core.errors import DomainError
from psa.core.money import fx, selectors, services
from psa.core.money.fx import FxTable, RateMissing, TypedFxTable
from psa.core.money.models import FxRate
from tests.edges.api.callers import caller
from tests.factories import AT, Firm

SPOT = FxTable.from_rows(
    [
        ("EUR", "GBP", date(2026, 5, 29), Decimal("0.85")),
        ("EUR", "USD", date(2026, 5, 29), Decimal("1.10")),
    ]
)
MAY_31 = date(2026, 5, 31)


def table(rate_type: str, on: date, rate: str = "0.86") -> TypedFxTable:
    own = FxTable.from_rows([("EUR", "GBP", on, Decimal(rate))])
    return TypedFxTable(rate_type, own, SPOT)


@pytest.mark.parametrize("rate_type", [fx.AVERAGE, fx.MONTH_END])
@pytest.mark.parametrize("dated_on", [date(2026, 5, 1), date(2026, 5, 29), MAY_31])
def test_a_months_rate_counts_for_every_day_of_it(rate_type: str, dated_on: date) -> None:
    for asked_on in (date(2026, 5, 1), date(2026, 5, 30), MAY_31):
        quote = table(rate_type, dated_on).rate("EUR", "GBP", asked_on)
        assert (quote.rate, quote.rate_type, quote.carried) == (Decimal("0.86"), rate_type, False)


def test_spot_stands_in_and_says_so() -> None:
    of_april = table(fx.MONTH_END, date(2026, 4, 30))
    quote = of_april.rate("EUR", "GBP", MAY_31)
    assert (quote.rate, quote.rate_type, quote.rate_on) == (
        Decimal("0.85"), "spot", date(2026, 5, 29),
    )  # fmt: skip
    # A pair with one leg of the type is spot whole: two types never meet in one rate.
    crossed = table(fx.MONTH_END, MAY_31).rate("USD", "GBP", MAY_31)
    assert (crossed.rate_type, crossed.path) == ("spot", ("USD", "EUR", "GBP"))
    with pytest.raises(RateMissing):
        of_april.rate("EUR", "JPY", MAY_31)


def test_a_budget_rate_counts_until_the_next_one_for_a_year() -> None:
    budget = table(fx.BUDGET, date(2026, 1, 1))
    assert budget.rate("GBP", "EUR", MAY_31).rate_type == "budget"
    late = TypedFxTable(fx.BUDGET, budget.own, FxTable.from_rows([]))
    with pytest.raises(RateMissing):
        late.rate("EUR", "GBP", date(2027, 1, 3))


def test_a_type_of_the_firms_own_ages_as_spot_does() -> None:
    own = table("group", date(2026, 5, 25))
    assert own.rate("EUR", "GBP", MAY_31).rate_type == "group"
    assert own.rate("EUR", "GBP", MAY_31, max_age_days=5).rate_type == "spot"


def test_a_type_is_a_short_word() -> None:
    assert fx.rate_type_of("Month end") == "month_end"
    for wrong in ("", "9th", "far_too_long_a_word", "a-b"):
        with pytest.raises(DomainError, match="A rate type has"):
            fx.rate_type_of(wrong)


def test_one_day_has_a_rate_of_each_type(acme: Firm) -> None:
    ada = acme.actors["ada"]
    with acme.scope():
        given = {"from_currency": "EUR", "to_currency": "GBP", "on": MAY_31, "actor": ada, "at": AT}
        before = FxRate.objects.filter(to_currency="GBP", on=MAY_31, rate_type="spot").values(
            "rate"
        )
        spot = list(before)
        services.set_rate(rate=Decimal("0.91"), rate_type="month_end", **given)
        services.set_rate(rate=Decimal("0.92"), rate_type="month_end", **given)
        assert list(before.all()) == spot
        typed = selectors.typed_fx_table(
            rate_type="month_end", currencies=["EUR", "GBP"], from_on=MAY_31, until_on=MAY_31
        )
        assert typed.rate("EUR", "GBP", MAY_31).rate == Decimal("0.92")
        assert ("month_end", "Month end") in selectors.rate_types()


def test_by_command_page_and_program(
    acme: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "budget.csv"
    path.write_text("date,GBP\n2026-01-01,0.80\n", "utf-8")
    arguments = ["import_rates", "--tenant=acme", f"--file={path}"]
    call_command(*arguments, "--type=budget")
    call_command(*arguments, "--type=budget")
    assert "0 rates added, 0 changed, 1 unchanged" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Only spot rates are carried on"):
        call_command(*arguments, "--type=budget", "--carry-to=2026-02-01")
    client = acme.client("ada")
    rate = {"from_currency": "EUR", "to_currency": "GBP", "on": "2026-05-31", "rate": "0.7"}
    new = acme.url("setup/rates/new/")
    assert client.post(new, {**rate, "rate_type": "average"}).status_code == 302
    assert client.post(new, {**rate, "rate_type": "spot", "own_type": "group"}).status_code == 302
    assert client.post(new, {**rate, "rate_type": "spot", "own_type": "9"}).status_code == 422
    listed = client.get(acme.url("setup/rates/?f.rate_type=group")).content.decode()
    assert "Group" in listed
    ada = caller(acme, "ada")
    assert ada.post("/exchange-rates", {**rate, "rate_type": "budget"})["rate_type"] == "budget"
    with acme.scope():
        types = FxRate.objects.filter(rate__in=("0.7", "0.8")).values_list("rate_type", flat=True)
        assert sorted(types) == ["average", "budget", "budget", "group"]
