"""The entry that an actual came from, and its approval, for the pages of the ledger."""

from django.urls import reverse

from psa.core.actor import Actor
from psa.core.ledger.origins import Decided, Origin
from timeexpense import policies
from timeexpense.models import ApprovalDecision, ExpenseEntry, TimeEntry
from timeexpense.rules.validation import day

WORDS = {
    "approved": "Approved", "returned": "Returned", "recalled": "Taken back",
    "revalued": "Valued anew",
}  # fmt: skip


def of_time(actor: Actor, entry_id: int, revision: int) -> Origin | None:
    """Three queries."""
    row = TimeEntry.objects.filter(pk=entry_id).values_list("resource__name", "work_on").first()
    if row is None:
        return None
    may_open = policies.visible_time(actor).filter(pk=entry_id).exists()
    return Origin(
        f"Time entry of {row[0]}, {day(row[1])}",
        reverse("timeexpense:time_entry", args=[entry_id]) if may_open else "",
        _decisions("time", entry_id, revision),
    )


def of_expense(actor: Actor, entry_id: int, revision: int) -> Origin | None:
    """Three queries."""
    row = (
        ExpenseEntry.objects.filter(pk=entry_id)
        .values_list("resource__name", "spent_on", "report_id")
        .first()
    )
    if row is None:
        return None
    may_open = policies.visible_expenses(actor).filter(pk=entry_id).exists()
    return Origin(
        f"Expense of {row[0]}, {day(row[1])}",
        reverse("timeexpense:expense_report", args=[row[2]]) if may_open else "",
        _decisions("expense", entry_id, revision),
    )


def _decisions(kind: str, entry_id: int, revision: int) -> tuple[Decided, ...]:
    """What was decided about this revision; work priced again keeps its first approval. One query."""
    rows = (
        ApprovalDecision.objects.filter(
            entry_kind=kind, entry_id=entry_id, revision__lte=revision, decision__in=list(WORDS)
        )
        .order_by("id")
        .values_list("decision", "decided_by__name", "decided_at", "reason")
    )
    return tuple(
        Decided(WORDS[decision], by or "", at, reason) for decision, by, at, reason in rows
    )
