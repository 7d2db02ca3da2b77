"""What the pages of the firm's policy show: history, decisions, manual controls."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F

from psa.core.access.permissions import AccessPermission, LedgerPermission
from psa.core.actor import Actor
from psa.core.audit import selectors as audit
from psa.core.errors import NotFound
from psa.core.org.models import ManualControl, ParameterDecision
from psa.core.org.rules.parameters import BY_NAME, Parameter
from psa.core.web.activity import ActivityEntry
from psa.core.web.states import State
from psa.edges.setup.forms_of_policy import RULE_LABELS

HISTORY = 20
CONTROL_STATES = {
    "unowned": State("Nobody checks it", "bad", icon="alert-square"),
    "waiting": State("Waits for Finance", "warn", icon="clock-exclamation"),
    "acknowledged": State("Acknowledged", "ok", icon="circle-check"),
    "unused": State("Not a rule here", icon="circle-minus"),
}


def label_of(name: str) -> str:
    """What people call a parameter or a rule."""
    if name in BY_NAME:
        return BY_NAME[name].label
    code = name.removeprefix("rule_")
    return RULE_LABELS.get(code, code.replace("_", " ").capitalize())


def said_value(name: str, value: str | None) -> str:
    """A stored value as the page says it."""
    known = BY_NAME.get(name)
    if value is None or value == "":
        return "nothing"
    if known is None:
        return value
    return _said(known, value)


def _said(parameter: Parameter, value: str) -> str:
    if parameter.kind == "choice":
        return dict(parameter.choices).get(value, value)
    if parameter.kind == "yes_no":
        return "yes" if value in ("True", "on") else "no"
    if parameter.kind == "time_of_day" and value.isdigit():
        return f"{int(value) // 60:02d}:{int(value) % 60:02d}"
    if "." in value:
        return value.rstrip("0").rstrip(".")
    return value


def history(*, parameters_id: int) -> list[ActivityEntry]:
    """Who changed which parameter from what to what, newest first. One query."""
    rows = audit.activity_of(
        record_type="org.TenantParameters", record_id=parameters_id, limit=HISTORY
    )
    return [
        ActivityEntry(
            row.actor_name,
            "changed "
            + "; ".join(
                f"{label_of(name)} from {said_value(name, pair[0])} to {said_value(name, pair[1])}"
                for name, pair in row.changes.items()
            ),
            row.at,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class DecisionRow:
    id: int
    about: str
    asked: str
    considered: str
    decided: str
    why: str
    decided_by: str
    decided_on: date
    recorded_by: str


def decisions() -> list[DecisionRow]:
    """The decision log, newest first. One query."""
    rows = ParameterDecision.objects.select_related("recorded_by").order_by("-decided_on", "-id")
    return [
        DecisionRow(
            row.pk,
            label_of(row.parameter),
            row.asked,
            row.considered,
            row.decided,
            row.why,
            row.decided_by,
            row.decided_on,
            row.recorded_by.name if row.recorded_by else "System",
        )
        for row in rows
    ]


def decision(decision_id: int) -> DecisionRow:
    """One line of the log. Raises  NotFound."""
    found = next((row for row in decisions() if row.id == decision_id), None)
    if found is None:
        raise NotFound("There is no such decision.")
    return found


@dataclass(frozen=True, slots=True)
class ControlRow:
    id: int
    policy_rule: str
    reason: str
    check_text: str
    frequency: str
    owner_name: str
    state: str
    badge: State
    acknowledged_by: str
    acknowledged_at: datetime | None
    can_acknowledge: bool


def controls(*, actor: Actor) -> list[ControlRow]:
    """Manual controls, those that wait for somebody first. One query."""
    rows: Any = ManualControl.objects.annotate(
        owner_name=F("owner__name"), acknowledged_name=F("acknowledged_by__name")
    ).order_by("id")
    found = [
        ControlRow(
            row.pk,
            row.policy_rule,
            row.reason,
            row.check_text,
            row.get_frequency_display(),
            row.owner_name or "",
            _state(row),
            CONTROL_STATES[_state(row)],
            row.acknowledged_name or "",
            row.acknowledged_at,
            actor.has(LedgerPermission.MANAGE_PERIODS) and _state(row) == "waiting",
        )
        for row in rows
    ]
    order = ("unowned", "waiting", "acknowledged", "unused")
    return sorted(found, key=lambda row: (order.index(row.state), row.id))


def control(control_id: int) -> ManualControl:
    """One manual control. Raises  NotFound."""
    row: ManualControl | None = ManualControl.objects.filter(pk=control_id).first()
    if row is None:
        raise NotFound("There is no such control.")
    return row


def may_configure(actor: Actor) -> bool:
    """Whether the actor changes the policy, or only acknowledges what people keep."""
    return actor.has(AccessPermission.MANAGE_PARAMETERS)


def _state(row: ManualControl) -> str:
    if not row.is_active:
        return "unused"
    if row.owner_id is None:
        return "unowned"
    return "acknowledged" if row.acknowledged_at else "waiting"
