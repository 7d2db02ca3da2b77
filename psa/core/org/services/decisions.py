"""Why the policy is as it is, and the rules that people keep because the system does not."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from psa.core.access.models import Membership
from psa.core.access.permissions import AccessPermission, LedgerPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.org.models import ManualControl, ParameterDecision, TimeRule
from psa.core.org.rules.parameters import BY_NAME, ENFORCED_SINCE, UNENFORCED

CONTROL = "org.ManualControl"


def record_decision(
    *,
    parameter: str,
    asked: str,
    considered: str,
    decided: str,
    why: str,
    decided_by: str,
    decided_on: date,
    actor: Actor,
    at: datetime,
) -> ParameterDecision:
    """Add a line to the decision log; lines are never changed, a later one overrides.

    Raises  PermissionDenied; DomainError for an unknown parameter, a blank answer, or a day to come.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    rules = TimeRule.objects.filter(code=parameter.removeprefix("rule_"))
    if parameter not in BY_NAME and not (parameter.startswith("rule_") and rules.exists()):
        raise DomainError("There is no such parameter. Choose another.", "parameter")
    for field, text in (("asked", asked), ("decided", decided), ("why", why)):
        if not text.strip():
            raise DomainError("Say it in a few words: auditors read this.", field)
    if decided_on > at.date():
        raise DomainError("This day is still to come.", "decided_on")
    row: ParameterDecision = ParameterDecision.objects.create(
        tenant_id=actor.tenant_id,
        parameter=parameter,
        asked=asked.strip(),
        considered=considered.strip(),
        decided=decided.strip(),
        why=why.strip(),
        decided_by=decided_by.strip(),
        decided_on=decided_on,
        recorded_by_id=actor.membership_id,
        recorded_at=at,
    )
    audit.record(
        actor=actor,
        at=at,
        event="org.parameter_decided",
        record_type="org.ParameterDecision",
        record_id=row.pk,
        sentence=f"Recorded a decision of {row.decided_by} on {parameter.replace('_', ' ')}.",
    )
    return row


@transaction.atomic
def save_control(
    *,
    control_id: int | None,
    policy_rule: str,
    reason: str,
    check_text: str,
    frequency: str,
    owner_id: int | None,
    is_active: bool,
    actor: Actor,
    at: datetime,
) -> ManualControl:
    """Make a manual control (`control_id` None) or change one; a change needs Finance's word anew.

    Raises  PermissionDenied, NotFound; DomainError for a blank rule or check, or an owner who is
            no active member.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    if not policy_rule.strip():
        raise DomainError("Say the rule in a sentence.", "policy_rule")
    if is_active and not check_text.strip():
        raise DomainError("Say how it is checked, or that the firm has no such rule.", "check_text")
    if frequency not in ManualControl.Frequency.values:
        raise DomainError("Choose how often it is checked.", "frequency")
    if owner_id is not None and not Membership.objects.filter(pk=owner_id, is_active=True).exists():
        raise DomainError("This person is no active member. Choose another.", "owner")
    values = {
        "policy_rule": policy_rule.strip(),
        "reason": reason.strip(),
        "check_text": check_text.strip(),
        "frequency": frequency,
        "owner_id": owner_id,
        "is_active": is_active,
    }
    if control_id is None:
        count = ManualControl.objects.count()
        row = ManualControl(tenant_id=actor.tenant_id, code=f"control_{count + 1}", **values)
        while ManualControl.objects.filter(code=row.code).exists():
            count += 1
            row.code = f"control_{count + 1}"
        row.save(force_insert=True)
        _record(row, actor, at, "saved", f"Added the manual control “{row.policy_rule}”", {})
        return row
    row = _locked(control_id)
    changes: dict[str, tuple[object, object]] = {
        k: (getattr(row, k), v) for k, v in values.items() if getattr(row, k) != v
    }
    if changes:
        changed = {name: new for name, (_, new) in changes.items()}
        ManualControl.objects.filter(pk=row.pk).update(
            **changed, acknowledged_by=None, acknowledged_at=None
        )
        _record(row, actor, at, "saved", f"Changed the manual control “{policy_rule}”", changes)
        row.refresh_from_db()
    return row


@transaction.atomic
def acknowledge_control(*, control_id: int, actor: Actor, at: datetime) -> ManualControl:
    """Finance's word that it knows the rule and sees to it.

    Raises  PermissionDenied unless the actor manages periods; NotFound; DomainError for a control
            that the firm does not have or nobody checks; Conflict if it is acknowledged.
    """
    actor.require(LedgerPermission.MANAGE_PERIODS)
    row = _locked(control_id)
    if not row.is_active:
        raise DomainError("The firm does not have this rule, so there is nothing to acknowledge.")
    if row.owner_id is None:
        raise DomainError("Nobody checks this rule yet. An administrator names somebody first.")
    if row.acknowledged_at is not None:
        raise Conflict("This rule is acknowledged already.")
    row.acknowledged_by_id = actor.membership_id
    row.acknowledged_at = at
    row.save(update_fields=["acknowledged_by", "acknowledged_at"])
    sentence = f"Acknowledged the manual control “{row.policy_rule}”"
    _record(row, actor, at, "acknowledged", sentence, {})
    return row


def seed_controls(*, tenant_id: int) -> None:
    """Give a new firm the rules of the specification that nothing enforces; known ones stay."""
    ManualControl.objects.bulk_create(
        [
            ManualControl(
                tenant_id=tenant_id,
                code=one.code,
                policy_rule=one.policy_rule,
                reason=one.reason,
                check_text=one.check_text,
                frequency=one.frequency,
            )
            for one in UNENFORCED
        ],
        ignore_conflicts=True,
    )


def retire_controls() -> None:
    """Switch off the shipped controls of policies that the system enforces by now; one query."""
    ManualControl.objects.filter(code__in=ENFORCED_SINCE).update(is_active=False)


def _locked(control_id: int) -> ManualControl:
    row: ManualControl | None = (
        ManualControl.objects.select_for_update().filter(pk=control_id).first()
    )
    if row is None:
        raise NotFound("There is no such control.")
    return row


def _record(
    row: ManualControl,
    actor: Actor,
    at: datetime,
    what: str,
    sentence: str,
    changes: Mapping[str, tuple[Any, Any]],
) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=f"org.control_{what}",
        record_type=CONTROL,
        record_id=row.pk,
        sentence=f"{sentence[:390]}.",
        changes=changes,
    )
