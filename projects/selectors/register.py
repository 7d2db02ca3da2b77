"""The register of one project or of all that the reader may open, and what its risks expose."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import selectors as audit
from psa.core.audit.selectors import ActivityRow
from psa.core.errors import NotFound
from psa.core.money.rounding import round_to_minor
from sales.selectors import amendments
from sales.selectors.visibility import contracts_visible_to

from .. import policies
from ..models import Project, RegisterEntry
from ..rules import register as rules
from .projects import Sight, currency_of, sight

RECORD = "projects.RegisterEntry"


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """An entry in lists; amounts are None where the reader may not see them, or there are none."""

    id: int
    code: str
    kind: str
    title: str
    project_id: int
    project_code: str
    project_name: str
    owner_id: int | None
    owner_name: str
    due_on: date | None
    status: str
    is_ended: bool
    is_overdue: bool
    is_mine: bool
    is_client_visible: bool
    risk_type: str
    probability: int | None
    impact: int | None
    score: int | None
    severity: str
    response: str
    impact_amount: Money | None
    exposure: Money | None
    priority: str
    priority_order: int
    is_escalated: bool
    price: Money | None
    delay_days: int | None
    amendment_reference: str
    raised_on: date
    ended_on: date | None
    lock_version: int


@dataclass(frozen=True, slots=True)
class Contingency:
    """What the open risks of a project weigh; `amount` is None where cost may not be seen."""

    cells: tuple[tuple[rules.Cell, ...], ...]
    open_count: int
    high_count: int
    amount: Money | None
    unvalued_count: int


@dataclass(frozen=True, slots=True)
class AmendmentOfChange:
    """What an approved change request became in the contract; `opens` when the reader may see it."""

    id: int
    code: str
    status: str
    status_label: str
    opens: bool


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry with everything the reader may see of it."""

    row: RegisterRow
    kind_label: str
    status_label: str
    risk_type_label: str
    response_label: str
    priority_label: str
    description: str
    mitigation: str
    resolution: str
    raised_by_name: str
    escalated_to_name: str
    escalated_on: date | None
    contract_id: int | None
    contract_number: str
    amendment: AmendmentOfChange | None
    opens_project: bool
    can_manage: bool
    can_report: bool
    sight: Sight
    activity: tuple[ActivityRow, ...]


_PRIORITIES = {"critical": 0, "high": 1, "medium": 2, "low": 3}


def register_rows(
    *, actor: Actor, as_of: date, project_id: int | None = None, kind: str | None = None
) -> list[RegisterRow]:
    """Entries the actor may see, of one project and kind or of all, open ones first. One query."""
    entries = policies.register_visible_to(actor)
    if project_id is not None:
        entries = entries.filter(project_id=project_id)
    if kind is not None:
        entries = entries.filter(kind=kind)
    currency = currency_of(actor)
    ordered = entries.select_related("project__manager", "project__contract", "owner").order_by(
        F("ended_on").asc(nulls_first=True), "due_on", "kind", "number"
    )
    return [_row(entry, actor, as_of, currency) for entry in ordered]


def counts_by_kind(*, project_id: int) -> dict[str, int]:
    """How many open entries of each kind a project has. One query."""
    counts = dict.fromkeys(RegisterEntry.Kind.values, 0)
    rows = RegisterEntry.objects.filter(project_id=project_id, ended_on__isnull=True)
    for kind in rows.values_list("kind", flat=True):
        counts[kind] += 1
    return counts


def contingency_of(*, actor: Actor, project: Project) -> Contingency:
    """The heat map of a project's open risks, and what to keep aside for them. One query.

    `project.manager` must be loaded.
    """
    risks = [
        rules.OpenRisk(*row)
        for row in RegisterEntry.objects.filter(
            project=project, kind=rules.RISK, ended_on__isnull=True
        ).values_list("probability", "impact", "impact_amount")
    ]
    currency = currency_of(actor)
    sees = sight(actor, project).cost
    amount = Money(rules.contingency(risks, currency), currency) if sees else None
    scores = [rules.severity(rules.score(risk.probability, risk.impact)) for risk in risks]
    return Contingency(
        rules.heat_map(risks),
        len(risks),
        scores.count("high"),
        amount,
        sum(1 for risk in risks if risk.amount is None) if sees else 0,
    )


def get_entry(*, actor: Actor, entry_id: int) -> RegisterEntry:
    """An entry with its project and people. Raises  NotFound."""
    found = (
        policies.register_visible_to(actor)
        .select_related(
            "project__manager", "project__contract", "project__account", "owner", "raised_by",
            "escalated_to", "amendment__contract",
        )
        .filter(pk=entry_id)
        .first()
    )  # fmt: skip
    if found is None:
        raise NotFound("There is no such entry in a register, or it is not yours to see.")
    return found


def entry_page(*, actor: Actor, entry_id: int, as_of: date) -> EntryPage:
    """One entry for its page. Raises  NotFound."""
    entry = get_entry(actor=actor, entry_id=entry_id)
    project = entry.project
    is_closed = project.status == Project.Status.CLOSED
    can_manage = policies.may_manage(project, actor) and not is_closed
    row = _row(entry, actor, as_of, currency_of(actor))
    return EntryPage(
        row=row,
        kind_label=str(entry.get_kind_display()),
        status_label=str(entry.get_status_display()),
        risk_type_label=str(entry.get_risk_type_display()),
        response_label=str(entry.get_response_display()),
        priority_label=str(entry.get_priority_display()),
        description=entry.description,
        mitigation=entry.mitigation,
        resolution=entry.resolution,
        raised_by_name=entry.raised_by.name if entry.raised_by else "",
        escalated_to_name=entry.escalated_to.name if entry.escalated_to else "",
        escalated_on=entry.escalated_on,
        contract_id=project.contract_id,
        contract_number=project.contract.number if project.contract else "",
        amendment=_amendment(entry, actor),
        opens_project=policies.visible_to(actor).filter(pk=project.pk).exists(),
        can_manage=can_manage,
        can_report=can_manage or (row.is_mine and not is_closed),
        sight=sight(actor, project),
        activity=tuple(audit.activity_of(record_type=RECORD, record_id=entry.pk)),
    )


def changes_of_amendment(*, actor: Actor, amendment_id: int, as_of: date) -> list[RegisterRow]:
    """The change requests that an amendment came from, of those the actor may see. One query."""
    currency = currency_of(actor)
    entries = policies.register_visible_to(actor).filter(amendment_id=amendment_id)
    ordered = entries.select_related("project__manager", "project__contract", "owner").order_by(
        "id"
    )
    return [_row(entry, actor, as_of, currency) for entry in ordered]


def overdue_entries(from_on: date, until_on: date) -> list[tuple[int, date]]:
    """Open entries by the day after they were due. One query."""
    day = timedelta(days=1)
    rows = RegisterEntry.objects.filter(
        ended_on__isnull=True, due_on__gte=from_on - day, due_on__lt=until_on - day
    ).order_by("due_on", "id")
    return [(pk, due_on + day) for pk, due_on in rows.values_list("id", "due_on")]


def _amendment(entry: RegisterEntry, actor: Actor) -> AmendmentOfChange | None:
    found = entry.amendment
    if found is None:
        return None
    return AmendmentOfChange(
        id=found.pk,
        code=amendments.code_of(found),
        status=found.status,
        status_label=str(found.get_status_display()),
        opens=contracts_visible_to(actor).filter(pk=found.contract_id).exists(),
    )


def _row(entry: RegisterEntry, actor: Actor, as_of: date, currency: str) -> RegisterRow:
    project = entry.project
    seen = sight(actor, project)
    is_ended = entry.ended_on is not None
    points = level = None
    exposed: Decimal | None = None
    if entry.probability and entry.impact:
        points = rules.score(entry.probability, entry.impact)
        level = rules.severity(points)
        if entry.impact_amount is not None and seen.cost and not is_ended:
            exposed = rules.exposure(entry.impact_amount, entry.probability, currency)
    owner = entry.owner
    contract = project.contract
    return RegisterRow(
        id=entry.pk,
        code=entry.code,
        kind=entry.kind,
        title=entry.title,
        project_id=project.pk,
        project_code=project.code,
        project_name=project.name,
        owner_id=entry.owner_id,
        owner_name=owner.name if owner else "",
        due_on=entry.due_on,
        status=entry.status,
        is_ended=is_ended,
        is_overdue=not is_ended and entry.due_on is not None and entry.due_on < as_of,
        is_mine=owner is not None
        and owner.membership_id is not None
        and owner.membership_id == actor.membership_id,
        is_client_visible=entry.is_client_visible,
        risk_type=entry.risk_type,
        probability=entry.probability,
        impact=entry.impact,
        score=points,
        severity=level or "",
        response=entry.response,
        impact_amount=_money(entry.impact_amount, currency) if seen.cost else None,
        exposure=_money(exposed, currency),
        priority=entry.priority,
        priority_order=_PRIORITIES.get(entry.priority, 9),
        is_escalated=entry.escalated_on is not None,
        price=_money(entry.price_amount, contract.currency) if contract and seen.bill else None,
        delay_days=entry.delay_days,
        amendment_reference=entry.amendment_reference,
        raised_on=entry.raised_at.date(),
        ended_on=entry.ended_on,
        lock_version=entry.lock_version,
    )


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(round_to_minor(amount, currency), currency)
