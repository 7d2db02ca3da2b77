"""Budget control: what approving finds when a project's cost budget is used up."""

from collections.abc import Sequence

from projects import selectors as projects
from sales.services.accrual_drafts import ApprovedWork

BLOCK, OFF = "block", "off"

WorkKey = tuple[str, int]


def over_budget(
    works: Sequence[ApprovedWork], *, policy: str
) -> tuple[dict[WorkKey, str], list[str]]:
    """What is refused, by (source kind, source id), and the warnings.

    As the project says, and without a word of its own as the firm's `policy` does. A budget is used
    up when the cost posted has reached it and what finance lets pass beyond it, so the work that
    crosses it still passes. No amount is named: approvers, and whoever reads the reason on their
    entry, may not see cost. One query.
    Source  docs/rules/timeexpense.md, T-9.
    """
    if not works:
        return {}, []
    rooms = projects.budget_rooms({work.project_id for work in works if work.project_id})
    used_up = {
        project_id: (room.code, room.control or policy)
        for project_id, room in rooms.items()
        if room.is_used_up
    }
    refused = {
        (work.source_kind, work.source_id): (
            f"The budget of {used_up[work.project_id][0]} is used up. Ask its manager to raise it, "
            "or finance to let it pass, or return the entry."
        )
        for work in works
        if work.project_id in used_up and used_up[work.project_id][1] == BLOCK
    }
    warned = sorted(code for code, control in used_up.values() if control not in (OFF, BLOCK))
    return refused, [f"The budget of {code} is used up." for code in warned]
