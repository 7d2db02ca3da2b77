"""Rules: made, changed, switched on and off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from psa.core.access.models import Membership, Role
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.models import AuditEntry
from psa.core.automation import subjects
from psa.core.automation.events import AutomationEvent
from psa.core.automation.models import AutomationRule, RuleCondition, RuleRecipient
from psa.core.automation.rules.conditions import Condition, Operator, checked
from psa.core.automation.selectors import record_type_of
from psa.core.errors import Conflict, DomainError, NotFound

RECORD = "automation.AutomationRule"
LONGEST_LEAD_DAYS = 365
Kind = AutomationRule.TriggerKind
Action = AutomationRule.Action


@dataclass(frozen=True, slots=True)
class ConditionInput:
    field: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class RecipientInput:
    """`kind` person, above (their manager) or role with its `key`, or member with `member_id`."""

    kind: str
    key: str = ""
    member_id: int | None = None


@dataclass(frozen=True, slots=True)
class RuleInput:
    """A rule as its page gives it."""

    name: str
    trigger_kind: str
    trigger: str
    action: str
    message: str = ""
    lead_days: int = 0
    after_days: int = 0
    weekday: int = 0
    approver_role: str = ""
    conditions: Sequence[ConditionInput] = ()
    recipients: Sequence[RecipientInput] = ()


@transaction.atomic
def save_rule(
    *,
    rule_id: int | None,
    rule: RuleInput,
    actor: Actor,
    at: datetime,
    lock_version: int | None = None,
) -> AutomationRule:
    """Make a rule (`rule_id` None) or change one; what it fired for before stays in its log.

    Raises  PermissionDenied, NotFound, Conflict for a stale form; DomainError naming what does not
            fit: an unknown moment, field, comparison, value, role or member, or nobody to tell.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    record_type = _check(rule)
    fields = _check_conditions(rule, record_type)
    _check_recipients(rule, record_type)
    values = {
        "name": rule.name.strip(),
        "trigger_kind": rule.trigger_kind,
        "trigger": rule.trigger,
        "action": rule.action,
        "message": rule.message.strip(),
        "lead_days": rule.lead_days,
        "after_days": rule.after_days,
        "weekday": rule.weekday,
        "approver_role": rule.approver_role,
    }
    if rule_id is None:
        row: AutomationRule = AutomationRule.objects.create(
            tenant_id=actor.tenant_id,
            active_after_entry_id=newest_entry_id(),
            created_by_id=actor.membership_id,
            created_at=at,
            **values,
        )
        changes: dict[str, tuple[Any, Any]] = {}
    else:
        row = _locked(rule_id, lock_version)
        changes = {k: (getattr(row, k), v) for k, v in values.items() if getattr(row, k) != v}
        for name, value in values.items():
            setattr(row, name, value)
        row.active_after_entry_id = newest_entry_id()
        row.lock_version += 1
        row.save()
        row.conditions.all().delete()
        row.recipients.all().delete()
    _write_parts(row, rule)
    words = f"; it asks about {', '.join(fields)}" if fields else ""
    _record(
        row, actor, at, AutomationEvent.RULE_SAVED, f"Saved the rule “{row.name}”{words}.", changes
    )
    return row


@transaction.atomic
def switch_rule(*, rule_id: int, is_active: bool, actor: Actor, at: datetime) -> AutomationRule:
    """Switch a rule on or off. Switched on, it fires for what happens from now on.

    Raises  PermissionDenied, NotFound.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    row = _locked(rule_id, None)
    if row.is_active != is_active:
        row.is_active = is_active
        row.active_after_entry_id = newest_entry_id()
        row.save(update_fields=["is_active", "active_after_entry_id"])
        word = "on" if is_active else "off"
        _record(
            row, actor, at, AutomationEvent.RULE_SWITCHED, f"Switched the rule “{row.name}” {word}.",
            {"is_active": (not is_active, is_active)},
        )  # fmt: skip
    return row


def newest_entry_id() -> int:
    """Where the tenant's trail ends now."""
    return AuditEntry.objects.aggregate(last=Max("id"))["last"] or 0


def _locked(rule_id: int, lock_version: int | None) -> AutomationRule:
    row: AutomationRule | None = (
        AutomationRule.objects.select_for_update().filter(pk=rule_id).first()
    )
    if row is None:
        raise NotFound("There is no such rule.")
    if lock_version is not None and row.lock_version != lock_version:
        raise Conflict(
            "Somebody else changed this rule while you looked at it. Reload the page, then make "
            "your change again."
        )
    return row


def _check(rule: RuleInput) -> str:
    """The kind of record the rule is about, "" for a digest. Raises  DomainError, NotFound."""
    if not rule.name.strip():
        raise DomainError("Give the rule a name.", "name")
    if rule.trigger_kind not in Kind.values:
        raise DomainError("Choose when the rule acts.", "trigger")
    if rule.action not in Action.values:
        raise DomainError("Choose what the rule does.", "action")
    if (rule.trigger_kind == Kind.GATE) != (rule.action == Action.APPROVAL):
        raise DomainError("A step is held up by requiring approval, and only a step is.", "action")
    if rule.trigger_kind == Kind.WEEKLY and rule.action != Action.NOTIFY:
        raise DomainError("A weekly message notifies.", "action")
    if not 0 <= rule.lead_days <= LONGEST_LEAD_DAYS:
        raise DomainError(f"Choose 0 to {LONGEST_LEAD_DAYS} days ahead.", "lead_days")
    if not 0 <= rule.after_days <= LONGEST_LEAD_DAYS:
        raise DomainError(f"Choose 0 to {LONGEST_LEAD_DAYS} days after.", "after_days")
    if rule.lead_days and rule.after_days:
        raise DomainError("A rule acts before the day or after it, not both.", "after_days")
    if rule.after_days and rule.trigger_kind != Kind.DEADLINE:
        raise DomainError("Days after are of a day that comes near.", "after_days")
    if not 0 <= rule.weekday <= 6:
        raise DomainError("Choose a day of the week.", "weekday")
    try:
        return record_type_of(rule.trigger_kind, rule.trigger)
    except NotFound as error:
        raise DomainError(error.message, "trigger") from None


def _check_conditions(rule: RuleInput, record_type: str) -> list[str]:
    if rule.conditions and not record_type:
        raise DomainError("A weekly message has no record to ask about.", "condition_1")
    known = {one.key: one for one in subjects.subject(record_type).fields} if record_type else {}
    for number, given in enumerate(rule.conditions, start=1):
        field = known.get(given.field)
        if field is None:
            raise DomainError("Choose a field to ask about.", f"condition_{number}")
        if given.operator not in set(Operator):
            raise DomainError("Choose how to compare.", f"condition_{number}")
        try:
            checked(Condition(field.key, field.kind, Operator(given.operator), given.value))
        except DomainError as error:
            raise DomainError(error.message, f"condition_{number}") from None
    return [known[one.field].label.lower() for one in rule.conditions]


def _check_recipients(rule: RuleInput, record_type: str) -> None:
    if rule.action == Action.APPROVAL:
        if not Role.objects.filter(code=rule.approver_role).exists():
            raise DomainError("Choose the role that approves.", "approver_role")
        return
    if rule.action == Action.WEBHOOK:
        return
    if not rule.recipients:
        raise DomainError("Choose somebody to tell.", "people")
    people = dict(subjects.subject(record_type).people) if record_type else {}
    roles = set(Role.objects.values_list("code", flat=True))
    members = {one.member_id for one in rule.recipients if one.member_id is not None}
    known = set(
        Membership.objects.filter(pk__in=members, is_active=True).values_list("pk", flat=True)
    )
    for one in rule.recipients:
        if one.kind in (RuleRecipient.Kind.PERSON, RuleRecipient.Kind.ABOVE) and (
            one.key not in people
        ):
            raise DomainError("This record knows no such person.", "people")
        if one.kind == RuleRecipient.Kind.ROLE and one.key not in roles:
            raise DomainError("There is no such role.", "roles")
        if one.kind == RuleRecipient.Kind.MEMBER and one.member_id not in known:
            raise DomainError("This member does not exist or has no access.", "members")


def _write_parts(row: AutomationRule, rule: RuleInput) -> None:
    RuleCondition.objects.bulk_create(
        RuleCondition(
            tenant_id=row.tenant_id, rule=row, position=position, field=one.field,
            operator=one.operator, value=one.value.strip(),
        )
        for position, one in enumerate(rule.conditions, start=1)
    )  # fmt: skip
    RuleRecipient.objects.bulk_create(
        RuleRecipient(
            tenant_id=row.tenant_id, rule=row, kind=one.kind, key=one.key, member_id=one.member_id
        )
        for one in dict.fromkeys(rule.recipients)
    )


def _record(
    row: AutomationRule,
    actor: Actor,
    at: datetime,
    event: AutomationEvent,
    sentence: str,
    changes: dict[str, tuple[Any, Any]],
) -> None:
    audit.record(
        actor=actor, at=at, event=event, record_type=RECORD, record_id=row.pk, sentence=sentence,
        changes=changes,
    )  # fmt: skip
