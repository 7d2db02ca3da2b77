"""The one statement for lines invoiced as approved gives what the rule gives line by line."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from moneyed import Money

from billing.rules.confirmation import legs_for
from billing.rules.types import InvoicedLine, InvoiceFacts
from psa.core.errors import DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from psa.core.ledger.services import posting, transfers
from psa.core.ledger.services.posting import AlreadyPosted
from tests.billing.scenario import AT, INVOICED_ON, Case, post_days, time_draft

pytestmark = pytest.mark.django_db
OWN = {"id", "batch_id", "source_id", "reversal_of_id", "recorded_at"}


def rows_after(case: Case, first_id: int) -> list[dict[str, object]]:
    rows = Actual.objects.filter(pk__gt=first_id).order_by("reversal_of_id", "work_on").values()
    return [{k: v for k, v in row.items() if k not in OWN} for row in rows]


def transfer(case: Case, ids: list[int], sources: list[int]) -> None:
    transfers.transfer(
        actual_ids=ids, source_ids=sources, from_type=ActualType.UNBILLED_SALES,
        to_type=ActualType.BILLED_SALES, source_kind="invoice_line", post_on=INVOICED_ON,
        kind="invoice", link="billed", actor=case.bill, at=AT,
    )  # fmt: skip


def test_equals_the_rule_in_every_column(case: Case) -> None:
    drafts = [
        time_draft(case, on=date(2026, 6, 15 + n), minutes=60 * n + 7, price=Decimal("99.99"))
        for n in range(4)
    ]
    expense = replace(
        time_draft(case, on=date(2026, 6, 20)), minutes=None, quantity=Decimal("1.5"), unit="unit",
        recoverable_tax=Decimal("3.10"), item="hotel",
    )  # fmt: skip
    once, twice = (
        posting.post(
            drafts=[replace(d, source_id=d.source_id * 10 + n) for d in [*drafts, expense]],
            actor=case.fay, at=AT, kind="approval",
        ).actual_ids
        for n in (1, 2)
    )  # fmt: skip
    last = max(twice)
    transfer(case, once, list(range(1, 6)))
    by_statement = rows_after(case, last)
    last = Actual.objects.order_by("-id").values_list("id", flat=True)[0]
    posted = ledger.as_drafts(twice)
    legs = legs_for(
        InvoiceFacts(
            1,
            tuple(
                InvoicedLine(n + 101, pk, posted[pk], Money(posted[pk].amount, "EUR"))
                for n, pk in enumerate(twice)
            ),
        )
    )
    posting.post(drafts=legs, actor=case.bill, at=AT, kind="invoice", post_on=INVOICED_ON)
    assert by_statement == rows_after(case, last)
    assert len(by_statement) == 10


def test_refuses_a_row_that_was_reversed_before(case: Case) -> None:
    ids = post_days(case, 1)
    transfer(case, ids, [1])
    with pytest.raises(AlreadyPosted):
        transfer(case, ids, [2])


def test_refuses_rows_of_another_type_and_unknown_ones(case: Case) -> None:
    ids = post_days(case, 1)
    transfer(case, ids, [1])
    billed = Actual.objects.get(actual_type="billed_sales").pk
    for wrong in ([billed], [10**9], [*ids, 10**9]):
        with pytest.raises(DomainError, match="Nothing was posted"):
            transfer(case, wrong, list(range(50, 50 + len(wrong))))
