"""The one door to the ledger of actuals."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from psa.core.errors import DomainError
from psa.core.ledger.dimensions import UnknownDimension
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.periods import PeriodClosed
from psa.core.ledger.rules.types import (
    ActualDraft,
    ActualType,
    BillingType,
    PeriodState,
    TransactionClass,
)
from psa.core.ledger.services import periods, posting
from psa.core.money.fx import RateMissing
from tests.factories import AT, Firm


def draft(firm: Firm, **changes: object) -> ActualDraft:
    return replace(
        ActualDraft(
            type=ActualType.COST,
            work_on=date(2026, 6, 3),
            legal_entity_id=firm.entities["UK"].pk,
            transaction_class=TransactionClass.TIME,
            currency="INR",
            amount=Decimal("2500.00"),
            source_kind="time_entry",
            source_id=1,
            billing_type=BillingType.CHARGEABLE,
            minutes=150,
            unit="day",
            price=Decimal(8000),
            posting_event="time_cost",
        ),
        **changes,
    )


def test_converts_at_the_rate_of_the_work_date_and_rounds_once(acme: Firm) -> None:
    with acme.scope():
        posted = posting.post(drafts=[draft(acme)], actor=acme.actors["fay"], at=AT, kind="test")
        row = Actual.objects.get(pk=posted.actual_ids[0])
    # 1 EUR = 100 INR = 0.85 GBP, so 1 INR = 0.0085 GBP.
    assert (row.entity_currency, row.entity_rate) == ("GBP", Decimal("0.0085"))
    assert row.entity_amount == Decimal("21.25")
    assert row.posted_on == row.work_on == date(2026, 6, 3)


def test_gives_the_same_rows_through_arrays_and_through_copy(acme: Firm) -> None:
    awkward = "tab\there, back\\slash,\nnew line, \r, €, 'quote'"
    words = ("None", "\\N", "\\None", "N", "")
    drafts = [
        draft(
            acme,
            source_id=i,
            item=awkward,
            description=words[i] if i < len(words) else awkward,
            quantity=None,
        )
        for i in range(posting.COPY_FROM_ROWS + 1)
    ]
    with acme.scope():
        many = posting.post(drafts=drafts, actor=acme.actors["fay"], at=AT, kind="copied")
        few = posting.post(
            drafts=[draft(acme, source_id=9999, item=awkward, description=awkward)],
            actor=acme.actors["fay"],
            at=AT,
            kind="arrays",
        )
        rows = {
            row.pop("id"): row
            for row in Actual.objects.filter(
                pk__in=[many.actual_ids[-1], few.actual_ids[0]]
            ).values()
        }
        count = Actual.objects.count()
        written = dict(Actual.objects.values_list("source_id", "description"))
    one, other = rows[many.actual_ids[-1]], rows[few.actual_ids[0]]
    assert count == posting.COPY_FROM_ROWS + 2
    assert {k: v for k, v in one.items() if other[k] != v}.keys() == {"source_id", "batch_id"}
    assert (one["item"], one["description"]) == (awkward, awkward)
    assert tuple(written[i] for i in range(len(words))) == words


def test_posts_late_work_to_the_earliest_open_period_and_keeps_its_work_date(acme: Firm) -> None:
    with acme.scope():
        for name in ("2025-01", "2025-02"):
            period = acme.entities["UK"].periods.get(name=name)
            for state in (PeriodState.SOFT_CLOSED, PeriodState.CLOSED):
                periods.change_state(
                    period_id=period.pk, state=state, reason="", actor=acme.actors["fay"], at=AT
                )
        posted = posting.post(
            drafts=[draft(acme, work_on=date(2025, 1, 15))],
            actor=acme.actors["fay"],
            at=AT,
            kind="late",
        )
        row = Actual.objects.select_related("period").get(pk=posted.actual_ids[0])
    assert (row.work_on, row.posted_on, row.period.name) == (
        date(2025, 1, 15),
        date(2025, 3, 1),
        "2025-03",
    )


def test_refuses_the_same_effect_twice_and_posts_nothing_of_the_batch(acme: Firm) -> None:
    with acme.scope():
        posting.post(drafts=[draft(acme)], actor=acme.actors["fay"], at=AT, kind="first")
        with pytest.raises(posting.AlreadyPosted):
            posting.post(
                drafts=[draft(acme, source_id=2), draft(acme)],
                actor=acme.actors["fay"],
                at=AT,
                kind="second",
            )
        assert Actual.objects.count() == 1


def test_reverses_once_and_nets_to_zero(acme: Firm) -> None:
    fay = acme.actors["fay"]
    with acme.scope():
        posted = posting.post(drafts=[draft(acme)], actor=fay, at=AT, kind="first")
        posting.reverse_actuals(actual_ids=posted.actual_ids, actor=fay, at=AT)
        rows = Actual.objects.values_list("amount", "entity_amount", "minutes")
        assert [sum(column) for column in zip(*rows, strict=True)] == [0, 0, 0]
        with pytest.raises(posting.AlreadyPosted):
            posting.reverse_actuals(actual_ids=posted.actual_ids, actor=fay, at=AT)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"project_id": 987654}, UnknownDimension),
        ({"resource_id": 987654}, UnknownDimension),
        ({"amount": Decimal("1.001")}, DomainError),
        ({"amount": Decimal("NaN")}, DomainError),
        ({"work_on": date(2031, 1, 1)}, DomainError),
        ({"currency": "BRL"}, RateMissing),
    ],
)
def test_refuses_with_a_sentence(acme: Firm, changes: dict, error: type[DomainError]) -> None:
    with acme.scope():
        with pytest.raises(error) as refusal:
            posting.post(
                drafts=[draft(acme, **changes)], actor=acme.actors["fay"], at=AT, kind="bad"
            )
        assert str(refusal.value).endswith(".")
        assert not Actual.objects.exists()


def test_refuses_when_no_period_is_open(acme: Firm) -> None:
    with acme.scope():
        acme.entities["UK"].periods.update(state="soft_closed")
        with pytest.raises(PeriodClosed):
            posting.post(drafts=[draft(acme)], actor=acme.actors["fay"], at=AT, kind="closed")


def test_does_not_know_another_tenants_resource(acme: Firm, globex: Firm) -> None:
    with acme.scope(), pytest.raises(UnknownDimension):
        posting.post(
            drafts=[draft(acme, resource_id=globex.resources["otto"].pk)],
            actor=acme.actors["fay"],
            at=AT,
            kind="foreign",
        )
