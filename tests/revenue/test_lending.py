"""Work lent between legal entities: its rows, journals, who owes whom, and both margins."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from psa.core.errors import PermissionDenied
from psa.core.ledger.models import Actual, FiscalPeriod, JournalLine
from psa.core.ledger.services import posting, posting_run
from psa.core.money.models import FxRate
from psa.core.org.models import LegalEntity, Resource, TenantParameters
from psa.core.pricing import owners
from psa.core.pricing.models import PriceLine, PriceList
from revenue.lending import lending
from revenue.services.proofs import run_proofs
from tests.timeexpense.conftest import MONDAY, NOW, Scene, make_scene
from timeexpense.services import approvals, recalls

WEEK = date(2026, 7, 31)


def make_lending_scene() -> Scene:
    """The worked figures of spec 10: India costs 2,000 INR an hour, and lends for 30 GBP."""
    made = make_scene(currency="GBP")
    with made.firm.scope():
        india = made.firm.entities["DE"]
        LegalEntity.objects.filter(pk=india.pk).update(currency="INR", code="IN")
        FxRate.objects.filter(to_currency="INR").update(rate=Decimal(85))  # 1 GBP = 100 INR
        Resource.objects.filter(pk=made.firm.resources["ben"].pk).update(
            org_unit=made.firm.units["DE"]
        )
        price(made, "cost", "INR", "2000", "unit", made.firm.units["DE"].pk)
        price(made, "sales", "GBP", "90", "contract", made.work.contract.pk)
    return made


@pytest.fixture
def scene(db):
    made = make_lending_scene()
    with made.firm.scope():
        yield made


def price(scene: Scene, context: str, currency: str, value: str, kind: str, owner_id: int) -> None:
    made = PriceList.objects.create(
        tenant=scene.firm.tenant, name=f"{context} {kind}", context=context, currency=currency,
        time_unit="hour", owner_kind=kind, owner_id=owner_id, valid_from=date(2025, 1, 1),
        status="active",
    )  # fmt: skip
    PriceLine.objects.create(
        tenant=scene.firm.tenant, price_list=made, role=scene.firm.roles["SC"], unit="hour",
        value=Decimal(value),
    )  # fmt: skip


def lend_at(scene: Scene, value: str, currency: str = "GBP", method: str = "price") -> None:
    entities = scene.firm.entities
    price(
        scene, "transfer", currency, value, owners.ENTITY_PAIR,
        owners.pair_id(entities["DE"].pk, entities["UK"].pk),
    )  # fmt: skip
    PriceLine.objects.filter(price_list__context="transfer").update(method=method)


def approve(scene: Scene, minutes: int = 600) -> int:
    (entry_id,) = scene.submitted(scene.draft(minutes=minutes))
    done = approvals.approve_entries(
        entries=[("time", entry_id)], actor=scene.actor("priya"), at=NOW
    )
    assert done.approved_count == 1, done.refused
    return entry_id


def rows(entry_id: int) -> dict[str, tuple[str, str, Decimal, Decimal]]:
    """Type → entity, currency, amount, amount in the entity's currency."""
    codes = dict(LegalEntity.objects.values_list("id", "code"))
    return {
        row.actual_type: (codes[row.legal_entity_id], row.currency, row.amount, row.entity_amount)
        for row in Actual.objects.filter(source_kind="time_entry", source_id=entry_id)
    }


def journal(scene: Scene) -> None:
    posting_run.journal_batches(
        batch_ids=posting_run.waiting_batches(), actor=scene.actor("fay"), at=NOW
    )


def balances() -> dict[str, dict[str, Decimal]]:
    """Entity code → account code → debit less credit."""
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in JournalLine.objects.select_related("account", "entry__legal_entity"):
        found[line.entry.legal_entity.code][line.account.code] += line.debit - line.credit
    return found


def test_posts_the_worked_figures_of_both_entities(scene: Scene) -> None:
    lend_at(scene, "30")
    entry_id = approve(scene)
    assert rows(entry_id) == {
        "cost": ("UK", "GBP", 300, 300),
        "resourcing_unit_cost": ("IN", "INR", 20000, 20000),
        "inter_organisation_sales": ("IN", "GBP", 300, 30000),
        "unbilled_sales": ("UK", "GBP", 900, 900),
    }
    journal(scene)
    books = balances()
    assert books["IN"] == {"5000": 20000, "5100": -20000, "1160": 30000, "4050": -30000}
    assert books["UK"] == {"5050": 300, "2160": -300}
    # In the transaction's currency what one is owed is what the other owes.
    assert not sum(
        JournalLine.objects.filter(account__code__in=("1160", "2160")).values_list(
            "currency_amount", flat=True
        )
    )


def test_shows_who_owes_whom_and_both_margins(scene: Scene, django_assert_max_num_queries) -> None:
    lend_at(scene, "30")
    approve(scene)
    with django_assert_max_num_queries(9):
        page = lending(actor=scene.actor("fay"), as_of=WEEK)
    [row] = page.rows
    assert (row.lender, row.borrower, row.minutes) == ("IN", "UK", 600)
    assert [m.amount for m in (row.cost, row.charged, row.lender_margin)] == [200, 300, 100]
    [owed] = page.owed
    assert (owed.amount.amount, owed.owed.amount, owed.difference.amount) == (300, 300, 0)
    [margin] = page.margins
    assert (margin.entity_margin.amount, margin.group_margin.amount) == (600, 700)
    assert page.difference.amount == 0
    assert lending(actor=scene.actor("fay"), as_of=date(2026, 7, 5)).rows == ()
    with pytest.raises(PermissionDenied):
        lending(actor=scene.actor("ben"), as_of=WEEK)


def test_all_reconciles_in_both_entities_and_after_a_recall(scene: Scene) -> None:
    lend_at(scene, "30")
    entry_id = approve(scene)
    for again in (False, True):
        if again:
            recalls.grant_recall(
                kind="time", entry_id=entry_id, actor=scene.actor("priya"), at=NOW, reason="Wrong"
            )
        journal(scene)
        for code in ("UK", "DE"):
            found = run_proofs(
                legal_entity_id=scene.firm.entities[code].pk, as_of=WEEK, actor=scene.actor("fay"),
                at=NOW,
            )  # fmt: skip
            assert [p.name for p in found if not p.holds] == []
    [row] = lending(actor=scene.actor("fay"), as_of=WEEK).rows
    assert (row.minutes, row.charged.amount, row.difference.amount) == (0, 0, 0)
    assert balances()["UK"]["5050"] == 0


def test_names_the_project_whose_two_sides_differ(scene: Scene) -> None:
    lend_at(scene, "30")
    approve(scene)
    cost = Actual.objects.get(actual_type="cost")
    posting.reverse_actuals(actual_ids=[cost.pk], actor=scene.actor("fay"), at=NOW)
    for code in ("UK", "DE"):
        found = {
            proof.name: proof
            for proof in run_proofs(
                legal_entity_id=scene.firm.entities[code].pk, as_of=WEEK, actor=scene.actor("fay"),
                at=NOW,
            )
        }  # fmt: skip
        [row] = found["lent_work"].breaking
        assert (row.ref, row.left, row.right) == ("P-1", 300, 0)


@pytest.mark.parametrize(
    ("agreed", "charged"),
    [(None, Decimal(20000)), (("INR", "15", "markup"), Decimal(23000))],
)
def test_charges_cost_without_an_agreement_and_the_pairs_markup_with_one(
    scene: Scene, agreed: tuple[str, str, str] | None, charged: Decimal
) -> None:
    if agreed:
        currency, value, _ = agreed
        lend_at(scene, value, currency, PriceLine.Method.MARKUP.value)
    found = rows(approve(scene))
    assert found["inter_organisation_sales"] == ("IN", "INR", charged, charged)
    # 1 GBP = 100 INR: what the borrower books is in its own currency.
    assert found["cost"] == ("UK", "INR", charged, charged / 100)


def test_work_for_an_own_project_is_not_lent(scene: Scene) -> None:
    entry = scene.submitted(scene.draft("bea"), name="bea")
    approvals.approve_entries(entries=[("time", entry[0])], actor=scene.actor("priya"), at=NOW)
    assert set(rows(entry[0])) == {"cost", "unbilled_sales"}


def test_each_entity_posts_to_its_own_earliest_open_period(scene: Scene) -> None:
    lend_at(scene, "30")
    india = scene.firm.entities["DE"]
    FiscalPeriod.objects.filter(legal_entity=india, starts_on__lt=date(2026, 8, 1)).update(
        state="closed"
    )
    TenantParameters.objects.update(late_work_policy="open_period")
    entry_id = approve(scene)
    posted = {
        (row.legal_entity_id == india.pk, row.posted_on, row.work_on)
        for row in Actual.objects.filter(source_id=entry_id)
    }
    assert posted == {(True, date(2026, 8, 1), MONDAY), (False, MONDAY, MONDAY)}
    [row] = lending(actor=scene.actor("fay"), as_of=WEEK).rows
    assert row.difference.amount == 0


def test_the_page_is_finances(scene: Scene) -> None:
    lend_at(scene, "30")
    approve(scene)
    url = scene.firm.url("revenue/intercompany/?as_of=2026-07-31")
    text = scene.firm.client("fay").get(url).content.decode()
    assert "Nets to 0" in text and "300.00" in text and "700.00" in text
    assert scene.firm.client("priya").get(url).status_code == 404
