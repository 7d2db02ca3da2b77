"""Milestones of fixed prices, as their list shows them."""

from datetime import date
from typing import Any

from django.db.models import Case, CharField, QuerySet, Value, When

from billing.models import ContractMilestone
from billing.selectors import visibility
from projects.models import Task
from psa.core.actor import Actor


def milestones(*, actor: Actor, today: date) -> "QuerySet[Any]":
    """The rows of the list; `shown_state` tells what is overdue. One query.

    `shown_amount` is None where the actor does not see the contract's rates.
    """
    return (
        visibility.milestones_visible_to(actor)
        .annotate(
            shown_state=Case(
                When(
                    state=ContractMilestone.State.NOT_STARTED,
                    due_on__lt=today,
                    then=Value("overdue"),
                ),
                default="state",
                output_field=CharField(),
            ),
            shown_amount=visibility.priced(actor, "amount", by="contract_line__contract"),
        )
        .values(
            "id", "name", "due_on", "shown_amount", "state", "shown_state", "ready_on",
            "contract_line__name", "contract_line__contract__number",
            "contract_line__contract_id", "contract_line__contract__account__name",
            "contract_line__contract__currency", "project__name", "project_id",
        )
    )  # fmt: skip


def tasks_for(milestone: ContractMilestone) -> list[tuple[int, str]]:
    """The tasks of the contract's projects that may deliver a milestone. One query."""
    rows = Task.objects.filter(
        project__contract_id=milestone.contract_line.contract_id, is_active=True
    ).order_by("project__code", "position")
    return [
        (pk, f"{code} · {outline} {name}")
        for pk, code, outline, name in rows.values_list("id", "project__code", "outline", "name")
    ]
