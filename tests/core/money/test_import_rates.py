"""The import of a rate history, and carrying rates on past its end."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from psa.core.access import actors
from psa.core.actor import Actor
from psa.core.errors import DomainError, PermissionDenied
from psa.core.money import fx, selectors, services
from psa.core.money.models import FxRate
from psa.core.tenancy.scope import tenant_scope
from psa.edges.setup.services import NewEntity, create_tenant
from tests.core.pricing.firm import AT
from tests.database import StandingScene

# A Friday, a Thursday; INR is missing on one day, as at weekends.
HISTORY = "date,USD,GBP,INR,\n2026-10-30,1.1172,0.8338,106.084,\n2026-10-29,1.113,0.83578,N/A,\n"


@pytest.fixture
def operator(standing_scene: StandingScene[Actor]) -> Iterator[Actor]:
    made = standing_scene(operator_of_acme)
    with tenant_scope(made.tenant_id):
        yield made


def operator_of_acme() -> Actor:
    tenant = create_tenant(
        slug="acme",
        name="Acme",
        currency="GBP",
        entities=[NewEntity("UK", "Acme", "GBP", "GB")],
        years=[2026],
        at=AT,
    )
    return actors.for_operator(tenant.pk)


def load(operator: Actor, content: str = HISTORY) -> services.RatesImport:
    return services.import_rates(content=content, base="EUR", source="ecb", actor=operator, at=AT)


def test_loads_each_day_and_currency(operator: Actor) -> None:
    assert load(operator) == services.RatesImport(5, 0, 0, ())
    assert FxRate.objects.get(to_currency="INR").rate == Decimal("106.084")


def test_changes_nothing_the_second_time(operator: Actor) -> None:
    load(operator)
    assert load(operator) == services.RatesImport(0, 0, 5, ())


def test_replaces_a_rate_that_was_corrected(operator: Actor) -> None:
    load(operator)
    done = load(operator, "date,USD\n2026-10-30,1.12\n")
    assert (done.added, done.changed) == (0, 1)
    assert FxRate.objects.get(to_currency="USD", on=date(2026, 10, 30)).rate == Decimal("1.12")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("30.10.2026,1", "not a date"),
        ("2026-10-30,0", "not a rate above 0"),
        ("2026-10-30,-1", "not a rate above 0"),
        ("2026-10-30,NaN", "not a rate above 0"),
        ("2026-10-30,1e400", "not a rate above 0"),
        ("2026-10-30,abc", "not a rate above 0"),
        ("2026-10-30,1,2", "3 cells"),
        ("2026-10-30,1\n2026-10-30,2", "second, different"),
    ],
)
def test_names_a_bad_row_and_keeps_the_good(operator: Actor, row: str, reason: str) -> None:
    done = load(operator, f"date,USD\n2026-10-28,1.1\n{row}\n")
    assert done.added >= 1
    [bad] = done.bad_rows
    assert bad.row in {3, 4}
    assert reason in bad.reason


@pytest.mark.parametrize(
    "content", ["", "day,USD\n", "date,NOPE\n2026-10-30,1\n", "date,USD,USD\n2026-10-30,1,1\n"]
)
def test_refuses_a_file_without_a_usable_header(operator: Actor, content: str) -> None:
    with pytest.raises(DomainError):
        load(operator, content)
    assert not FxRate.objects.exists()


def test_carries_the_last_rates_on_and_flags_them(operator: Actor) -> None:
    load(operator)
    assert services.carry_rates_to(date(2026, 11, 1), actor=operator) == 6  # INR, USD, GBP: 2 days
    assert services.carry_rates_to(date(2026, 11, 1), actor=operator) == 0
    assert set(FxRate.objects.filter(is_carried=True).values_list("on", flat=True)) == {
        date(2026, 10, 31), date(2026, 11, 1),
    }  # fmt: skip
    done = load(operator, "date,USD\n2026-11-01,1.2\n")
    assert done.changed == 1
    assert not FxRate.objects.get(to_currency="USD", on=date(2026, 11, 1)).is_carried


def test_gives_the_table_enough_days_before_the_first(operator: Actor) -> None:
    load(operator)
    terms = selectors.fx_terms()
    table = selectors.fx_table(
        currencies=["GBP", "USD"], from_on=date(2026, 11, 2), until_on=date(2026, 11, 9)
    )
    quote = table.rate("USD", "GBP", date(2026, 11, 6), terms.base_currency, terms.max_age_days)
    assert (quote.rate_on, quote.path) == (date(2026, 10, 30), ("USD", "EUR", "GBP"))
    with pytest.raises(fx.RateMissing):
        table.rate("USD", "GBP", date(2026, 11, 7), terms.base_currency, terms.max_age_days)


def test_is_refused_to_who_does_not_manage_parameters(operator: Actor) -> None:
    nobody = Actor(1, 1, operator.tenant_id, frozenset())
    with pytest.raises(PermissionDenied):
        load(nobody)


def test_command_reports_what_it_did(operator: Actor, tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(HISTORY + "2026-10-28,x,1,1,\n")
    out, err = StringIO(), StringIO()
    call_command(
        "import_rates", "--tenant", "acme", "--file", str(file), "--carry-to", "2026-11-01",
        stdout=out, stderr=err,
    )  # fmt: skip
    assert "7 rates added, 0 changed, 0 unchanged, 1 not usable, 6 carried on." in out.getvalue()
    assert "Row 4: USD is “x”" in err.getvalue()
    with pytest.raises(CommandError, match="no tenant"):
        call_command("import_rates", "--tenant", "nobody", "--file", str(file))


XML = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
 xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><gesmes:subject>Rates</gesmes:subject>
<Cube><Cube time="2026-10-30"><Cube currency="USD" rate="1.1172"/><Cube currency="GBP" rate="x"/></Cube>
<Cube time="2026-10-29"><Cube currency="USD" rate="1.113"/></Cube></Cube></gesmes:Envelope>"""


def test_reads_the_xml_of_the_central_bank(operator: Actor) -> None:
    done = load(operator, XML)
    assert (done.added, [bad.row for bad in done.bad_rows]) == (2, [2])
    assert FxRate.objects.get(to_currency="USD", on=date(2026, 10, 29)).rate == Decimal("1.113")


@pytest.mark.parametrize(
    "content",
    ["<a>", "<a/>", '<!DOCTYPE a [<!ENTITY b "c">]><a time="2026-10-30"><b currency="&b;"/></a>'],
)
def test_refuses_xml_without_rates_or_with_entities(operator: Actor, content: str) -> None:
    with pytest.raises(DomainError, match="XML"):
        load(operator, content)
