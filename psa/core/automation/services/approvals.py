"""Approvals that rules ask for: the gate that a room's service asks, the request, the decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from psa.core.access.models import Role
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.automation import selectors, subjects
from psa.core.automation.events import AutomationEvent
from psa.core.automation.models import ApprovalRequest, AutomationRule
from psa.core.automation.rules.conditions import fingerprint
from psa.core.automation.selectors import Compiled
from psa.core.automation.subjects import Facts
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.notifications import services as notifications

State = ApprovalRequest.State


class ApprovalRequired(DomainError):
    """A rule of the firm wants somebody's approval before this step."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands towards one record: what it wants, and what was asked and decided."""

    rule: AutomationRule
    approver: str
    fingerprint: str
    request: ApprovalRequest | None

    @property
    def is_approved(self) -> bool:
        return self.request is not None and self.request.state == State.APPROVED


def check_gate(*, gate: str, record_id: int, at: datetime) -> None:
    """Refuse a step unless every rule that holds it up has its approval.

    The room's service calls it under the record's lock, whoever acts: a page, the API or a job.
    One query where no rule is about the step. An unknown value holds the step up: a gate that
    cannot tell stays shut.
    Raises  ApprovalRequired naming the rule, who approves, and how to ask.
    """
    for standing in standings(gate=gate, record_id=record_id, at=at):
        if standing.is_approved:
            continue
        request = standing.request
        if request is not None and request.state == State.WAITING:
            raise ApprovalRequired(
                f"“{standing.rule.name}” holds this up until {standing.approver} approves. It was "
                f"asked for on {request.requested_at:%-d %b %Y}."
            )
        raise ApprovalRequired(
            f"“{standing.rule.name}” wants the approval of {standing.approver} first. Ask for it "
            "on the record's page, under Approval."
        )


def standings(*, gate: str, record_id: int, at: datetime) -> list[Standing]:
    """The rules that hold up this step of this record, each with its latest request."""
    rules = selectors.active_rules(trigger_kind=AutomationRule.TriggerKind.GATE, trigger=gate)
    if not rules:
        return []
    known = subjects.gate(gate)
    loaded = subjects.subject(known.record_type).load([record_id], at.date())
    facts = loaded.get(record_id)
    if facts is None:
        raise NotFound("There is no such record, or it is not yours to see.")
    holding = [rule for rule in rules if rule.holds(facts, unknown_matches=True)]
    names = dict(Role.objects.values_list("code", "name")) if holding else {}
    return [_standing(rule, facts, record_id, names) for rule in holding]


def _standing(rule: Compiled, facts: Facts, record_id: int, names: dict[str, str]) -> Standing:
    mark = fingerprint(rule.conditions, facts.values)
    request = (
        ApprovalRequest.objects.select_related("requested_by", "decided_by")
        .filter(rule=rule.row, record_id=record_id, fingerprint=mark)
        .order_by("-id")
        .first()
    )
    role = rule.row.approver_role
    return Standing(rule.row, names.get(role, role), mark, request)


@transaction.atomic
def request_approval(
    *, gate: str, record_id: int, note: str, actor: Actor, at: datetime
) -> list[ApprovalRequest]:
    """Ask for every approval that the step still wants; asking again changes nothing.

    Those who may approve are told. Raises  NotFound when the record is not the actor's to see;
    DomainError if nothing holds the step up.
    """
    known = subjects.gate(gate)
    if not known.can_see(actor, record_id):
        raise NotFound("There is no such record, or it is not yours to see.")
    wanted = [
        one
        for one in standings(gate=gate, record_id=record_id, at=at)
        if one.request is None or one.request.state == State.DECLINED
    ]
    if not wanted:
        raise DomainError("Nothing has to be asked for here.")
    facts = subjects.subject(known.record_type).load([record_id], at.date())[record_id]
    made = []
    for one in wanted:
        try:
            with transaction.atomic():
                request = ApprovalRequest.objects.create(
                    tenant_id=actor.tenant_id,
                    rule=one.rule,
                    gate=gate,
                    record_type=known.record_type,
                    record_id=record_id,
                    record_label=facts.label[:200],
                    url_name=facts.url_name,
                    url_id=facts.url_id,
                    fingerprint=one.fingerprint,
                    note=note.strip()[:300],
                    requested_by_id=actor.membership_id,
                    requested_at=at,
                )
        except IntegrityError:
            continue  # somebody else asked at the same moment: theirs counts
        made.append(request)
        _tell_approvers(request, one, actor, at)
    if made:
        audit.record(
            actor=actor, at=at, event=AutomationEvent.APPROVAL_REQUESTED,
            record_type=known.record_type, record_id=record_id,
            sentence=f"asked {_listed([one.approver for one in wanted])} for approval",
        )  # fmt: skip
    return made


def _tell_approvers(request: ApprovalRequest, one: Standing, actor: Actor, at: datetime) -> None:
    deciders = selectors.members_of_roles([one.rule.approver_role])
    notifications.notify(
        membership_ids=[
            pk for pk in deciders.get(one.rule.approver_role, ()) if pk != actor.membership_id
        ],
        event=AutomationEvent.APPROVAL_REQUESTED,
        title=f"Approval asked for: {request.record_label}",
        body=request.note or one.rule.name,
        path=subjects.path_of("automation:request", request.pk),
        at=at,
        email=True,
    )


@transaction.atomic
def decide(
    *, request_id: int, is_approved: bool, comment: str, actor: Actor, at: datetime
) -> ApprovalRequest:
    """Approve or decline. Whoever asked never decides; the one who asked is told.

    Raises  NotFound, PermissionDenied without the rule's role; Conflict if it is decided;
            DomainError for one's own request, or a refusal without a reason.
    """
    seen = selectors.get_request(actor=actor, request_id=request_id)
    row: ApprovalRequest = ApprovalRequest.objects.select_for_update().get(pk=seen.pk)
    if seen.rule.approver_role not in selectors.role_codes_of(actor):
        raise PermissionDenied("Your role does not approve this. Wait for the one who does.")
    if row.requested_by_id == actor.membership_id:
        raise DomainError("You asked for it yourself; somebody else decides.")
    if row.state != State.WAITING:
        raise Conflict(f"This request is {row.get_state_display().lower()} already.")
    if not is_approved and not comment.strip():
        raise DomainError("Say why: the person who asked will read it.", "comment")
    row.state = State.APPROVED if is_approved else State.DECLINED
    row.decided_by_id = actor.membership_id
    row.decided_at = at
    row.comment = comment.strip()[:300]
    row.save(update_fields=["state", "decided_by", "decided_at", "comment"])
    word = "approved" if is_approved else "declined"
    because = f": {row.comment}" if row.comment else ""
    audit.record(
        actor=actor, at=at, event=AutomationEvent.APPROVAL_DECIDED, record_type=row.record_type,
        record_id=row.record_id, sentence=f"{word} it under “{seen.rule.name}”{because}",
    )  # fmt: skip
    notifications.notify(
        membership_ids=[row.requested_by_id],
        event=AutomationEvent.APPROVAL_DECIDED,
        title=f"{word.capitalize()}: {row.record_label}",
        body=row.comment,
        path=subjects.path_of(row.url_name, row.url_id),
        at=at,
    )
    return row


def _listed(names: Sequence[str]) -> str:
    return " and ".join(dict.fromkeys(names))
