"""Endpoints of automation: rules, what they did and would have done, and approvals."""

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Query
from pydantic import Field

from psa.core import clock
from psa.core.access.permissions import AccessPermission
from psa.core.automation import forms, selectors, subjects
from psa.core.automation import lists_of_automation as specs
from psa.core.automation.models import AutomationRule, RuleRecipient
from psa.core.automation.rules.conditions import Operator
from psa.core.automation.services import approvals, dry_runs, rules
from psa.core.automation.services.rules import ConditionInput, RecipientInput, RuleInput
from psa.core.errors import NotFound
from psa.core.web.api import ApiRequest, Endpoints, In, Out
from psa.core.web.api.fields import Id, OneOf, Text

endpoints = Endpoints("automation", "Automation")
MANAGE = AccessPermission.MANAGE_PARAMETERS
Key = Annotated[str, Text(60, blank=False)]


class MomentOut(Out):
    """A moment that a rule may act at, and what its conditions may ask about."""

    trigger_kind: str
    trigger: str
    label: str
    fields: list[str]
    people: list[str]


class ConditionOut(Out):
    field: str
    operator: str
    value: str


class RecipientOut(Out):
    """A person of the record (`above`: their manager) or a role by `key`, or one member."""

    kind: str
    key: str
    member_id: int | None


class RuleOut(Out):
    """When something happens and conditions hold, then tell, ask or call."""

    id: int
    name: str
    is_active: bool
    trigger_kind: str
    trigger: str
    when: str
    action: str
    message: str
    lead_days: int
    after_days: int
    weekday: int
    approver_role: str
    conditions: list[ConditionOut]
    recipients: list[RecipientOut]
    lock_version: int


class ConditionIn(In):
    field: Annotated[str, Text(40, blank=False)]
    operator: Annotated[str, OneOf(*Operator)]
    value: Annotated[str, Text(200)] = ""


class RecipientIn(In):
    kind: Annotated[str, OneOf(*RuleRecipient.Kind.values)]
    key: Annotated[str, Text(40)] = ""
    member_id: Id | None = None


class RuleIn(In):
    name: Annotated[str, Text(120, blank=False)]
    trigger_kind: Annotated[str, OneOf(*AutomationRule.TriggerKind.values)]
    trigger: Annotated[str, Text(60, blank=False)]
    action: Annotated[str, OneOf(*AutomationRule.Action.values)]
    message: Annotated[str, Text(160)] = ""
    lead_days: int = Field(0, ge=0, le=rules.LONGEST_LEAD_DAYS)
    after_days: int = Field(0, ge=0, le=rules.LONGEST_LEAD_DAYS, description="To escalate.")
    weekday: int = Field(0, ge=0, le=6, description="0 is Monday.")
    approver_role: Annotated[str, Text(40)] = ""
    conditions: list[ConditionIn] = Field([], max_length=forms.CONDITIONS)
    recipients: list[RecipientIn] = Field([], max_length=100)

    def rule(self) -> RuleInput:
        """As the service takes it."""
        return RuleInput(
            **self.values()
            | {
                "conditions": tuple(ConditionInput(**one.values()) for one in self.conditions),
                "recipients": tuple(RecipientInput(**one.values()) for one in self.recipients),
            }
        )


class RuleSwitchIn(In):
    is_active: bool


class WouldHaveOut(Out):
    on: date | None
    label: str
    what: str
    names: list[str]


class DryRunOut(Out):
    """What a rule would have fired for in a past span; nothing was written."""

    from_on: date
    until_on: date
    found: list[WouldHaveOut]
    is_cut: bool


class ApprovalRequestOut(Out):
    """An approval that somebody asked for."""

    id: int
    rule: str = Field(alias="rule.name")
    gate: str
    record_type: str
    record_id: int
    record_label: str
    note: str
    requested_by: str = Field(alias="requested_by.name")
    requested_at: datetime
    state: str
    comment: str
    decided_at: datetime | None


class StandingOut(Out):
    """A rule that holds a step up, and how its approval stands."""

    rule: str = Field(alias="rule.name")
    approver: str
    is_approved: bool
    request: ApprovalRequestOut | None


class AskIn(In):
    note: Annotated[str, Text(300)] = ""


class DecideIn(In):
    is_approved: bool
    comment: Annotated[str, Text(300)] = Field("", description="Needed to decline.")


@endpoints.report("/rule-moments", list[MomentOut], MANAGE)
def list_rule_moments(request: ApiRequest) -> Any:
    """The moments that rules may act at, with the fields and people of their records."""
    found = []
    for _, choices in forms.moments():
        for word, label in choices:
            kind, _, key = word.partition(":")
            record_type = selectors.record_type_of(kind, key)
            known = subjects.subject(record_type) if record_type else None
            found.append(
                {
                    "trigger_kind": kind,
                    "trigger": key,
                    "label": label,
                    "fields": [one.key for one in known.fields] if known else [],
                    "people": [person for person, _ in known.people] if known else [],
                }
            )
    return found


@endpoints.list("/rules", specs.RULES, MANAGE, name="Rule")
def list_rules(request: ApiRequest) -> Any:
    """The firm's rules, and when each last fired."""
    return selectors.rules(actor=request.actor)


@endpoints.read("/rules/{automation_rule_id}", RuleOut, MANAGE)
def get_rule(request: ApiRequest, automation_rule_id: Id) -> Any:
    """One rule."""
    row = selectors.get_rule(actor=request.actor, rule_id=automation_rule_id)
    given = {name: getattr(row, name, None) for name in RuleOut.model_fields}
    return given | {
        "when": selectors.said_trigger(row),
        "conditions": list(row.conditions.order_by("position")),
        "recipients": list(row.recipients.order_by("id")),
    }


@endpoints.write("POST", "/rules", RuleOut, MANAGE, status=201)
def create_rule(request: ApiRequest, body: RuleIn) -> Any:
    """Make a rule; it is on, for what happens from now."""
    made = rules.save_rule(rule_id=None, rule=body.rule(), actor=request.actor, at=clock.now())
    return get_rule(request, automation_rule_id=made.pk)


@endpoints.write("PUT", "/rules/{automation_rule_id}", RuleOut, MANAGE, of=get_rule, versioned=True)
def change_rule(request: ApiRequest, automation_rule_id: Id, body: RuleIn) -> Any:
    """Replace a rule; what it fired for stays in its log."""
    rules.save_rule(
        rule_id=automation_rule_id,
        rule=body.rule(),
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
    )
    return get_rule(request, automation_rule_id=automation_rule_id)


@endpoints.write("POST", "/rules/{automation_rule_id}/switch", RuleOut, MANAGE, of=get_rule)
def switch_rule(request: ApiRequest, automation_rule_id: Id, body: RuleSwitchIn) -> Any:
    """Switch a rule on or off."""
    rules.switch_rule(
        rule_id=automation_rule_id,
        is_active=body.is_active,
        actor=request.actor,
        at=clock.now(),
    )
    return get_rule(request, automation_rule_id=automation_rule_id)


@endpoints.report("/rules/{automation_rule_id}/dry-run", DryRunOut, MANAGE)
def try_rule(
    request: ApiRequest, automation_rule_id: Id, days: int = Query(31, ge=1, le=366)
) -> Any:
    """What the rule would have fired for in the last days."""
    return dry_runs.dry_run(
        rule_id=automation_rule_id, days=days, actor=request.actor, at=clock.now()
    )


@endpoints.list("/rule-runs", specs.RUNS, MANAGE, name="RuleRun")
def list_rule_runs(request: ApiRequest) -> Any:
    """The run log of all rules."""
    return selectors.runs(actor=request.actor)


@endpoints.list("/approval-requests", specs.REQUESTS, name="ApprovalRequest")
def list_approval_requests(request: ApiRequest) -> Any:
    """Approvals that you asked for, or that a role of yours decides."""
    return selectors.requests_visible_to(request.actor).select_related(
        "rule", "requested_by", "decided_by"
    )


@endpoints.read("/approval-requests/{request_id}", ApprovalRequestOut)
def get_approval_request(request: ApiRequest, request_id: Id) -> Any:
    """One such request."""
    return selectors.get_request(actor=request.actor, request_id=request_id)


@endpoints.write(
    "POST", "/approval-requests/{request_id}/decide", ApprovalRequestOut, of=get_approval_request
)
def decide_approval_request(request: ApiRequest, request_id: Id, body: DecideIn) -> Any:
    """Approve or decline; never what one asked for oneself."""
    approvals.decide(request_id=request_id, actor=request.actor, at=clock.now(), **body.values())
    return get_approval_request(request, request_id=request_id)


@endpoints.report("/gates/{gate_key}/{record_id}", list[StandingOut])
def get_gate(request: ApiRequest, gate_key: Key, record_id: Id) -> Any:
    """The rules that hold a step of a record up, such as `sales.contract_confirm` of contract 12."""
    known = subjects.gate(gate_key)
    if not known.can_see(request.actor, record_id):
        raise NotFound("There is no such record, or it is not yours to see.")
    return approvals.standings(gate=gate_key, record_id=record_id, at=clock.now())


@endpoints.write("POST", "/gates/{gate_key}/{record_id}/requests", list[StandingOut], status=201)
def ask_for_approval(request: ApiRequest, gate_key: Key, record_id: Id, body: AskIn) -> Any:
    """Ask for every approval that the step still wants."""
    approvals.request_approval(
        gate=gate_key, record_id=record_id, note=body.note, actor=request.actor, at=clock.now()
    )
    return get_gate(request, gate_key=gate_key, record_id=record_id)
