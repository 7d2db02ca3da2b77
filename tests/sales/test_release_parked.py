"""Work over a limit: parked, and released oldest first when room comes free."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from psa.core.errors import DomainError
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualDraft, ActualType, TransactionClass
from psa.core.ledger.services import posting
from psa.core.notifications.models import Notification
from sales.models import ContractLimit
from sales.rules.funding import PaidPart
from sales.rules.not_to_exceed import WorkSplit
from sales.services import contracts, parked
from tests.timeexpense.conftest import NOW, Scene, make_scene
from timeexpense.services import approvals, recalls

TODAY = date(2026, 7, 9)
pytestmark = pytest.mark.django_db


def approve(scene: Scene, ids: list[int]) -> approvals.Approval:
    return approvals.approve_entries(
        entries=[("time", i) for i in ids], actor=scene.actor("priya"), at=NOW
    )


def three_days(scene: Scene) -> list[int]:
    """8 h each on 6, 7 and 8 July: 1,176.47 a day."""
    ids = scene.submitted(*(scene.draft(work_on=date(2026, 7, 6 + n)) for n in range(3)))
    approve(scene, ids)
    return ids


def sums() -> dict[str, Decimal]:
    return dict(
        Actual.objects.order_by("actual_type").values_list("actual_type").annotate(t=Sum("amount"))
    )


def raise_to(scene: Scene, amount: str | None) -> contracts.LimitRaised:
    return contracts.raise_not_to_exceed(
        line_id=scene.work.time_line.pk,
        limit_amount=None if amount is None else Decimal(amount),
        reason="mail of 9 July",
        actor=scene.actor("amara"),
        at=NOW,
        today_on=TODAY,
    )


def test_the_worked_figures_of_a_limit_of_25_lakh():
    """Limit 25,00,000; accrued 24,90,000; 8 h x 2,500: 10,000 and 10,000; 25,05,000: 5,000."""
    scene = make_scene(not_to_exceed=Decimal("2500000.00"))
    with scene.firm.scope():
        line = scene.work.time_line
        _post_used(scene, Decimal("2490000.00"))
        contracts.set_rate_override(
            line_id=line.pk, role_id=scene.firm.roles["SC"].pk, price=Decimal(2500),
            actor=scene.actor("amara"), at=NOW,
        )  # fmt: skip
        [entry] = scene.submitted()
        approve(scene, [entry])
        assert [(kind, amount) for kind, _, _, amount, _ in scene.rows(entry)] == [
            ("cost", Decimal(500)),
            ("unbilled_sales", Decimal("10000.00")),
            ("parked_sales", Decimal("10000.00")),
        ]
        assert raise_to(scene, "2505000.00").released_amount == Decimal("5000.00")
        assert sums()["unbilled_sales"] == Decimal("2505000.00")
        assert sums()["parked_sales"] == Decimal("5000.00")


def _post_used(scene: Scene, amount: Decimal) -> None:
    contract = scene.work.contract
    posting.post(
        drafts=[
            ActualDraft(
                type=ActualType.UNBILLED_SALES, work_on=date(2026, 7, 1),
                legal_entity_id=contract.legal_entity_id,
                transaction_class=TransactionClass.FEE, currency=contract.currency, amount=amount,
                source_kind="fee", source_id=1, contract_id=contract.pk,
                contract_line_id=scene.work.time_line.pk, account_id=contract.account_id,
                quantity=Decimal(1), unit="unit", price=amount,
            )
        ],
        actor=scene.actor("fay"), at=NOW, kind="fee",
    )  # fmt: skip


def test_a_raised_limit_releases_the_oldest_first_and_keeps_the_work_date():
    scene = make_scene(not_to_exceed=Decimal("1000.00"))
    with scene.firm.scope():
        three_days(scene)
        assert sums()["parked_sales"] == Decimal("2529.41")
        assert raise_to(scene, "2000.00").released_amount == Decimal("1000.00")
        released = Actual.objects.filter(source_kind="release", actual_type="unbilled_sales")
        assert list(released.order_by("id").values_list("work_on", "posted_on", "amount")) == [
            (date(2026, 7, 6), TODAY, Decimal("176.47")),
            (date(2026, 7, 7), TODAY, Decimal("823.53")),
        ]
        assert raise_to(scene, None).released_amount == Decimal("1529.41")
        assert sums() == {
            "cost": Decimal(1500), "unbilled_sales": Decimal("3529.41"), "parked_sales": Decimal(0),
        }  # fmt: skip


def test_a_recall_makes_room_for_what_was_parked():
    scene = make_scene(not_to_exceed=Decimal("1176.47"))
    with scene.firm.scope():
        first, *_ = three_days(scene)
        recalls.grant_recall(
            kind="time", entry_id=first, actor=scene.actor("priya"), at=NOW, reason="Wrong day"
        )
        assert sums()["unbilled_sales"] == Decimal("1176.47")
        assert sums()["parked_sales"] == Decimal("1176.47")
        row = Actual.objects.get(source_kind="release", actual_type="unbilled_sales")
        assert row.work_on == date(2026, 7, 7)


def test_a_limit_of_the_contract_releases_when_it_is_raised_or_removed():
    scene = make_scene()
    with scene.firm.scope():
        limit = {
            "contract_id": scene.work.contract.pk, "actor": scene.actor("amara"), "at": NOW,
            "today_on": TODAY,
        }  # fmt: skip
        contracts.set_contract_limit(limit_amount=Decimal(1000), **limit)
        three_days(scene)
        contracts.set_contract_limit(limit_amount=Decimal(3000), **limit)
        assert sums()["unbilled_sales"] == Decimal(3000)
        contracts.remove_contract_limit(
            limit_id=ContractLimit.objects.get().pk, actor=scene.actor("amara"), at=NOW,
            today_on=TODAY,
        )  # fmt: skip
        assert sums()["unbilled_sales"] == Decimal("3529.41")
        assert sums()["parked_sales"] == 0


def test_the_work_that_fills_the_room_can_be_picked():
    scene = make_scene(not_to_exceed=Decimal("1000.00"))
    with scene.firm.scope():
        three_days(scene)
        last = Actual.objects.filter(actual_type="parked_sales").order_by("-work_on").first()
        pick = {
            "contract_id": scene.work.contract.pk, "actor": scene.actor("amara"), "at": NOW,
            "today_on": TODAY,
        }  # fmt: skip
        with pytest.raises(DomainError, match="no room"):
            parked.release_chosen_work(actual_ids=[last.pk], **pick)
        with pytest.raises(DomainError, match="Pick"):
            parked.release_chosen_work(actual_ids=[], **pick)
        type(scene.work.time_line).objects.update(not_to_exceed_amount=Decimal(1500))
        done = parked.release_chosen_work(actual_ids=[last.pk], **pick)
        assert (done.released, done.still_parked) == (Decimal(500), Decimal("2029.41"))
        row = Actual.objects.get(source_kind="release", actual_type="unbilled_sales")
        assert row.work_on == date(2026, 7, 8)


def test_owner_and_manager_are_told_once_and_read_no_amount():
    scene = make_scene(not_to_exceed=Decimal("3000.00"))
    with scene.firm.scope():
        three_days(scene)
        told = list(Notification.objects.filter(event="sales.contract.limit_passed"))
        assert {n.membership_id for n in told} == {
            scene.work.contract.owner_id, scene.actor("priya").membership_id,
        }  # fmt: skip
        assert (
            told[0].body
            == "The limit of a line is used up; further work is parked until it is raised"
        )
        [late] = scene.submitted(scene.draft(work_on=TODAY))
        approve(scene, [late])
        assert Notification.objects.filter(event="sales.contract.limit_passed").count() == len(told)


def test_the_page_shows_limits_and_releases_what_is_ticked():
    scene = make_scene(not_to_exceed=Decimal("1000.00"))
    with scene.firm.scope():
        three_days(scene)
        type(scene.work.time_line).objects.update(not_to_exceed_amount=Decimal(1500))
        last = Actual.objects.filter(actual_type="parked_sales").order_by("-work_on").first()
        url = scene.firm.url(f"sales/contracts/{scene.work.contract.pk}/parked/")
    amara = scene.firm.client("amara")
    text = amara.get(url).content.decode()
    assert "Stopped by the limit of" in text
    assert "2,529.41" in text
    assert scene.firm.client("ben").get(url).status_code in (403, 404)
    # The project's manager picks too, and reads no value.
    priya = scene.firm.client("priya")
    assert "2,529.41" not in priya.get(url).content.decode()
    assert priya.post(url, {}).status_code == 422
    assert priya.post(url, {"actuals": [last.pk]}).status_code == 302
    with scene.firm.scope():
        row = Actual.objects.get(source_kind="release", actual_type="unbilled_sales")
        assert (row.work_on, row.amount) == (date(2026, 7, 8), Decimal(500))


@given(
    st.integers(2, 10_000_000), st.integers(1, 10_000_000), st.integers(1, 20_000),
    st.integers(1, 600),
)  # fmt: skip
def test_the_parts_of_a_released_row_sum_to_it(whole, room, entity, minutes):
    amount = Decimal(whole) / 100
    released = min(Decimal(room) / 100, amount)
    row = ActualDraft(
        type=ActualType.PARKED_SALES, work_on=TODAY, legal_entity_id=1,
        transaction_class=TransactionClass.TIME, currency="EUR", amount=amount,
        source_kind="time_entry", source_id=1, minutes=minutes, quantity=Decimal("1.3333"),
        entity_amount=Decimal(entity) / 100, entity_currency="GBP",
        tenant_amount=Decimal(entity) / 50,
    )  # fmt: skip
    first = minutes * released // amount
    part = WorkSplit(
        7, Money(released, "EUR"), Money(amount - released, "EUR"), int(first),
        minutes - int(first), None,
    )  # fmt: skip
    mirror, *parts = parked._released(7, row, [PaidPart(None, 8, part)], "USD")
    assert mirror.amount == -amount
    for name in ("amount", "entity_amount", "tenant_amount", "quantity"):
        assert sum(getattr(p, name) for p in parts) == getattr(row, name)
    assert all(round(p.entity_amount, 2) == p.entity_amount for p in parts)
