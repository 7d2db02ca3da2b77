"""Work that waited for a price, taken up again when there is one."""

from collections.abc import Callable, Sequence
from datetime import datetime

from psa.core.actor import Actor
from timeexpense.models import ApprovalDecision, EntryState, ExpenseEntry, TimeEntry

from . import approvals


def replay_time(*, source_ids: Sequence[int], actor: Actor, at: datetime) -> dict[int, str]:
    """Approve waiting time entries again, as those who had decided on them would."""
    return _replay("time", source_ids, actor, at)


def replay_expenses(*, source_ids: Sequence[int], actor: Actor, at: datetime) -> dict[int, str]:
    """As `replay_time`, for expenses."""
    return _replay("expense", source_ids, actor, at)
