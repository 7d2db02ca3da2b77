"""Whatever a reviewer does, billed + written off + backlog is what was unbilled."""

from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import ProposalLine
from billing.rules.types import Remainder
from billing.services import invoices, review
from billing.services.review import LineChange
from psa.core.ledger.models import Actual, JournalLine
from tests.billing.scenario import AT, Case, confirm, post_days, propose, sums

pytestmark = pytest.mark.django_db

CHOICES = st.lists(
    st.tuples(
        st.integers(1, 900),
        st.sampled_from(["as_is", "less", "more", "backlog", "free", "not_charged", "hold"]),
    ),
    min_size=1,
    max_size=6,
)


class Undone(Exception):
    """Ends an example: what it wrote is rolled back."""


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(choices=CHOICES)
def test_nothing_is_lost_or_doubled(case: Case, choices: list[tuple[int, str]]) -> None:
    with pytest.raises(Undone), transaction.atomic():
        _one(case, choices)
        raise Undone


def _one(case: Case, choices: list[tuple[int, str]]) -> None:
    for minutes, _ in choices:
        post_days(case, 1, minutes=minutes, price=Decimal("97.35"))
    unbilled = sums(case)["unbilled_sales"]
    [draft] = propose(case)
    written_off, backlog = Decimal(0), Decimal(0)
    for line, (_, choice) in zip(list(draft.lines.order_by("position")), choices, strict=True):
        after = _treat(case, draft.pk, line, choice)
        left = max(line.original_amount - after, Decimal(0))
        if choice in ("backlog", "hold"):
            backlog += left
        else:
            written_off += left
    try:
        invoice = confirm(case, draft)
    except invoices.NothingToInvoice:
        assert sums(case) == {"unbilled_sales": unbilled}
        return
    raised = sum(
        (
            max(line.amount - line.original_amount, Decimal(0))
            for line in ProposalLine.objects.filter(proposal=draft, treatment="chargeable")
        ),
        Decimal(0),
    )
    totals = sums(case)
    billed = totals.get("billed_sales", Decimal(0))
    assert totals["unbilled_sales"] == backlog
    assert billed - raised + written_off + backlog == unbilled
    assert invoice.net_amount == billed
    for line in invoice.lines.all():
        rows = Actual.objects.filter(
            actual_type="billed_sales", source_kind="invoice_line", source_id=line.pk
        )
        assert sum((row.amount for row in rows), Decimal(0)) == line.net_amount
    lines = JournalLine.objects.filter(entry_id=invoice.journal_entry_id)
    assert sum((line.debit - line.credit for line in lines), Decimal(0)) == 0
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _treat(case: Case, proposal_id: int, line: ProposalLine, choice: str) -> Decimal:
    """Do as chosen; returns what of the line is invoiced."""
    line.proposal.refresh_from_db()
    common = {
        "proposal_id": proposal_id,
        "reason": "agreed",
        "lock_version": line.proposal.lock_version,
        "actor": case.bill,
        "at": AT,
    }
    if choice == "as_is":
        return line.original_amount
    if choice in ("free", "not_charged", "hold"):
        treatment = {"free": "complimentary", "not_charged": "non_chargeable", "hold": "hold"}
        review.set_treatment(line_ids=[line.pk], treatment=treatment[choice], **common)
        return Decimal(0)
    minutes = line.minutes * 2 if choice == "more" else line.minutes // 3
    remainder = Remainder.BACKLOG if choice == "backlog" else Remainder.WRITE_OFF
    changed = review.change_line(
        line_id=line.pk, change=LineChange(minutes=minutes, remainder=remainder), **common
    )
    return changed.amount
