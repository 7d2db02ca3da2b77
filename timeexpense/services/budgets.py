"""Budget control: what approving finds when a project's cost budget is used up."""

from collections.abc import Sequence

from projects import selectors as projects
from sales.services.accruals import ApprovedWork

BLOCK, OFF = "block", "off"

WorkKey = tuple[str, int]


def over_budget(
    works: Sequence[ApprovedWork], *, policy: str
) -> tuple[dict[WorkKey, str], list[str]]:
    """What is refused, by (source kind, source id), and the warnings, as the firm's `policy` says.

    A budget is used up when the cost posted has reached it, so the work that crosses it still
    passes. No amount is named: approvers may not see cost. One query.
    Source  docs/rules/timeexpense.md, T-9.
    """
    if policy == OFF or not works:
        return {}, []
    spent = projects.used_up_budgets({work.project_id for work in works if work.project_id})
    if policy != BLOCK:
        return {}, [f"The budget of {code} is used up." for code in sorted(spent.values())]
    return {
        (work.source_kind, work.source_id): (
            f"The budget of {spent[work.project_id]} is used up. Ask its manager to raise it, or "
            "return the entry."
        )
        for work in works
        if work.project_id in spent
    }, []
