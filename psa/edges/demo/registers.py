"""What the demo firm's project managers wrote: registers and status reports. Through services alone."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from billing.models import ContractMilestone
from billing.services import milestone_prompts
from projects.models import Project, Task, TeamMember
from projects.services import acceptance, register, reports
from psa.core.access import actors
from psa.core.access.models import Membership
from psa.core.actor import Actor

from .firm import instant


@dataclass(frozen=True, slots=True)
class _Line:
    """An entry: its kind and title, days from today until it is due, and the rest of its values."""

    kind: str
    title: str
    due_in: int
    values: dict[str, Any] = field(default_factory=dict)
    status: str = "open"


_LINES: Final = (
    _Line("risk", "The client's data is not clean when migration starts", 12, {
        "risk_type": "technical", "probability": 4, "impact": 4, "impact_amount": Decimal(18000),
        "response": "reduce", "mitigation": "Profile a sample each week; agree who cleans what.",
        "is_client_visible": True,
    }),
    _Line("risk", "Key users are on leave during acceptance", 25, {
        "risk_type": "schedule", "probability": 3, "impact": 4, "impact_amount": Decimal(9000),
        "response": "avoid", "mitigation": "Fix the weeks of acceptance with their managers.",
    }),
    _Line("risk", "The lead architect leaves before go-live", 40, {
        "risk_type": "resource", "probability": 2, "impact": 5, "impact_amount": Decimal(30000),
        "response": "accept",
    }),
    _Line("risk", "Prices of the test environment rise", 60, {
        "risk_type": "cost", "probability": 2, "impact": 2, "impact_amount": Decimal(2500),
        "response": "accept",
    }),
    _Line("risk", "A new regulation changes the reports", 80, {
        "risk_type": "external", "probability": 1, "impact": 3,
    }),
    _Line("issue", "Test system is down every morning", -3, {"priority": "high"}, "in_progress"),
    _Line("issue", "Interface of the warehouse delivers half of its fields", 6, {
        "priority": "critical", "is_client_visible": True,
    }),
    _Line("issue", "Access cards for two colleagues are missing", -20, {
        "priority": "low", "resolution": "Reception issued them on Monday.",
    }, "resolved"),
    _Line("action", "Send the agenda of the steering committee", 2),
    _Line("action", "Agree the cut-over weekend with operations", -5),
    _Line("decision", "Which archive is migrated", -10, {
        "resolution": "The last five years; older records stay readable where they are.",
        "is_client_visible": True,
    }, "decided"),
    _Line("decision", "Go-live before or after the year's end", 14, {"is_client_visible": True}),
    _Line("change", "Two more approval steps in purchasing", 9, {
        "price_amount": Decimal(8400), "delay_days": 6, "is_client_visible": True,
    }, "submitted"),
    _Line("change", "Second language for the customer's portal", 20, {
        "price_amount": Decimal(15200), "delay_days": 10,
    }),
)  # fmt: skip


REPORTS_OF_A_PROJECT = 3


def publish_reports(*, today_on: date) -> int:
    """Give each client project in delivery a cadence and its last reports; how many were published.

    Every fifth project's last report is overdue, and one of the others is being written.
    """
    count = 0
    for number, (project, actor) in enumerate(led_projects()):
        weeks_back = 3 if number % 5 == 0 else 1
        for turn in range(REPORTS_OF_A_PROJECT, 0, -1):
            as_of = today_on - timedelta(days=7 * (weeks_back + 2 * (turn - 1)))
            if as_of < project.starts_on:
                continue
            common: dict[str, Any] = {
                "project_id": project.pk, "actor": actor, "at": instant(as_of, 16),
            }  # fmt: skip
            if turn == REPORTS_OF_A_PROJECT:
                reports.set_cadence(cadence="fortnightly", starts_on=as_of, **common)
            reports.start_draft(as_of=as_of, **common)
            reports.edit_draft(
                lock_version=None, summary=_SUMMARIES[(number + turn) % len(_SUMMARIES)], **common
            )
            reports.publish_report(today_on=as_of, **common)
            count += 1
        if number % 5 == 1:
            reports.start_draft(
                project_id=project.pk, as_of=today_on, actor=actor, at=instant(today_on, 8)
            )
    return count


def link_milestones(*, today_on: date) -> int:
    """Say which phase delivers each open milestone of a contract, and what the client accepts of it."""
    count = 0
    at = instant(today_on, 9)
    for project, actor in led_projects():
        phases = dict(Task.objects.filter(project=project).values_list("name", "id"))
        for milestone in ContractMilestone.objects.filter(
            project=project, state=ContractMilestone.State.NOT_STARTED
        ).order_by("id"):
            task_id = phases.get(milestone.name.removesuffix(" accepted"))
            if task_id is None:
                continue
            milestone_prompts.link_milestone_task(
                milestone_id=milestone.pk, task_id=task_id, actor=actor, at=at
            )
            acceptance.set_acceptance(
                project_id=project.pk, task_id=task_id, accepted_on=None, accepted_by_name="",
                criteria="The key users signed the protocol of the walk-through.",
                today_on=today_on, actor=actor, at=at,
            )  # fmt: skip
            count += 1
    return count


_SUMMARIES: Final = (
    "Work goes on as planned. The steering committee meets next week.",
    "The team is complete, and the first results were shown to the key users.",
    "Interfaces take longer than planned; we work on two of them side by side.",
)


def led_projects() -> list[tuple[Project, Actor]]:
    """Client projects in delivery with their manager as actor."""
    rows = Project.objects.filter(is_internal=False, status=Project.Status.IN_DELIVERY)
    found = []
    for project in rows.select_related("manager").order_by("id"):
        member = Membership.objects.filter(pk=project.manager.membership_id).first()
        if member is not None:
            found.append((project, actors.for_membership(member)))
    return found


def fill_registers(*, today_on: date, seed: int) -> int:
    """Give each client project in delivery some lines of its own; how many."""
    count = 0
    for project, actor in led_projects():
        rng = Random(f"{seed}-register-{project.code}")
        owners = list(
            TeamMember.objects.filter(project=project, resource__membership__isnull=False)
            .order_by("id")
            .values_list("resource_id", flat=True)
        )
        for line in _chosen(rng):
            values = dict(line.values)
            if project.contract_id is None:
                values.pop("price_amount", None)
            raised_on = max(project.starts_on, today_on - timedelta(days=rng.randrange(8, 40)))
            register.add_entry(
                project_id=project.pk, kind=line.kind, title=line.title, status=line.status,
                owner_id=rng.choice(owners) if owners else None,
                due_on=max(raised_on, today_on + timedelta(days=line.due_in)),
                actor=actor, at=instant(min(raised_on, today_on), 11), on=today_on, **values,
            )  # fmt: skip
            count += 1
    return count


def _chosen(rng: Random) -> list[_Line]:
    """Seven to eleven of the lines, in their order."""
    numbers = sorted(rng.sample(range(len(_LINES)), rng.randrange(7, 12)))
    return [_LINES[number] for number in numbers]
