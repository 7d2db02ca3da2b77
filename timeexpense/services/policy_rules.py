"""The firm's expense policy: rules made and changed; what they find, acknowledged by approvers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.money.rounding import currency_of, minor_units, round_half_up
from timeexpense.models import (
    EntryState,
    ExpenseEntry,
    FlagAcknowledgement,
    PolicyRule,
)
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.expense_policy import NEEDS_LIMIT, PREFIX
from timeexpense.selectors import expenses as expense_selectors
from timeexpense.selectors import policy
from timeexpense.selectors.approvals import to_approve

from .accrual_works import Submitted

RECORD: Final = "timeexpense.PolicyRule"


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule as typed; `limit_amount` is left out where the kind has none."""

    code: str
    name: str
    kind: str
    action: str
    valid_from: date
    valid_until: date | None = None
    category_id: int | None = None
    limit_amount: Decimal | None = None
    currency: str = ""


@transaction.atomic
def save_rule(*, rule_id: int | None, draft: RuleDraft, actor: Actor, at: datetime) -> PolicyRule:
    """Make a rule (`rule_id` None) or change one; expenses that were handed in keep their findings.

    Raises  PermissionDenied, NotFound; Conflict if the code is taken; DomainError on what is missing.
    """
    actor.require(TimeExpensePermission.MANAGE_POLICY)
    row = PolicyRule(tenant_id=actor.tenant_id)
    if rule_id is not None:
        found = PolicyRule.objects.select_for_update(of=("self",)).filter(pk=rule_id).first()
        if found is None:
            raise NotFound("There is no such rule.")
        row = found
    values = _checked(draft)
    changes = {k: (getattr(row, k), v) for k, v in values.items() if getattr(row, k) != v}
    for name, value in values.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "policy_rule_code" not in str(error):
            raise
        raise Conflict(f"There is a rule “{row.code}” already.", "code") from None
    audit.record(
        actor=actor, at=at, event="timeexpense.policy_rule_saved", record_type=RECORD,
        record_id=row.pk, sentence=f"Saved the policy rule {row.name}.",
        changes=changes if rule_id else {},
    )  # fmt: skip
    return row


def _checked(draft: RuleDraft) -> dict[str, Any]:
    if draft.kind not in PolicyRule.Kind.values:
        raise DomainError("Choose what the rule is about.", "kind")
    if draft.action not in PolicyRule.Action.values:
        raise DomainError("Say whether it flags or blocks.", "action")
    if not draft.name.strip():
        raise DomainError("Give it a name; people read it beside the finding.", "name")
    if not draft.code.strip():
        raise DomainError("Give it a short code.", "code")
    if draft.valid_until is not None and draft.valid_until <= draft.valid_from:
        raise DomainError("It ends after it starts.", "valid_until")
    if draft.category_id is not None and not (
        expense_selectors.expense_categories().filter(pk=draft.category_id).exists()
    ):
        raise DomainError("There is no such expense category.", "category")
    limit, currency = None, ""
    if draft.kind in NEEDS_LIMIT:
        limit, currency = draft.limit_amount, currency_of(draft.currency).code
        if limit is None or not limit.is_finite() or limit < 0:
            raise DomainError("Give the amount, 0 or more.", "limit_amount")
        if round_half_up(limit, minor_units(currency)) != limit:
            raise DomainError(f"{limit} has more places than {currency} has.", "limit_amount")
    return {
        "code": draft.code.strip(),
        "name": draft.name.strip(),
        "kind": draft.kind,
        "action": draft.action,
        "valid_from": draft.valid_from,
        "valid_until": draft.valid_until,
        "category_id": draft.category_id,
        "limit_amount": limit,
        "currency": currency,
    }


@transaction.atomic
def acknowledge(*, entry_id: int, code: str, actor: Actor, at: datetime) -> None:
    """Record that this approver has seen what the policy flags; once is enough.

    Raises  PermissionDenied; NotFound for what does not wait for the actor, or is not flagged.
    """
    actor.require(TimeExpensePermission.APPROVE)
    waits = to_approve(ExpenseEntry, actor).filter(pk=entry_id).exists()
    entry: ExpenseEntry | None = (
        ExpenseEntry.objects.select_for_update(of=("self",))
        .select_related("report")
        .filter(pk=entry_id, state=EntryState.SUBMITTED)
        .first()
    )
    if entry is None or actor.membership_id is None or not waits:
        raise NotFound("There is no such expense waiting for you.")
    flag = next((one for one in entry.flags if one.get("code") == code), None)
    if flag is None or not code.startswith(PREFIX):
        raise NotFound("The policy flags nothing of that kind on this expense.")
    _, is_new = FlagAcknowledgement.objects.get_or_create(
        tenant_id=actor.tenant_id, entry_kind="expense", entry_id=entry.pk,
        revision=entry.revision, code=code, sentence=flag["sentence"][:400],
        acknowledged_by_id=actor.membership_id, defaults={"acknowledged_at": at},
    )  # fmt: skip
    if is_new:
        audit.record(
            actor=actor, at=at, event="timeexpense.flag_acknowledged",
            record_type="timeexpense.ExpenseReport", record_id=entry.report_id,
            sentence=f"Acknowledged on {entry.report.number}: {flag['sentence']}"[:400],
        )  # fmt: skip


def unacknowledged(
    rows: Mapping[tuple[str, int], Submitted], refused: Mapping[tuple[str, int], str], actor: Actor
) -> dict[tuple[str, int], str]:
    """Why submitted expenses are not to be approved yet: a flag this approver has not acknowledged."""
    ids = [row.id for key, row in rows.items() if row.kind == "expense" and key not in refused]
    waiting = policy.unacknowledged(ids, actor=actor) if ids else {}
    return {("expense", pk): f"Acknowledge first: {why}" for pk, why in waiting.items()}
