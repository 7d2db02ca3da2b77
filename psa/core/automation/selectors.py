"""Reads of automation: rules compiled for asking, whom they tell, and what pages show."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.utils.formats import number_format

from psa.core.access.models import Membership, MembershipRole, Role
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.automation import subjects
from psa.core.automation.models import (
    ApprovalRequest,
    AutomationRule,
    RuleCondition,
    RuleRecipient,
    RuleRun,
)
from psa.core.automation.rules.conditions import WORDS, Condition, Operator, matches
from psa.core.automation.subjects import Facts
from psa.core.errors import NotFound
from psa.core.org.models import Resource

Kind = AutomationRule.TriggerKind


def record_type_of(trigger_kind: str, trigger: str) -> str:
    """The kind of record that a moment is about; "" for a digest. Raises  NotFound."""
    if trigger_kind == Kind.GATE:
        return subjects.gate(trigger).record_type
    if trigger_kind == Kind.DEADLINE:
        return subjects.deadline(trigger).record_type
    if trigger_kind == Kind.WEEKLY:
        subjects.digest(trigger)
        return ""
    found = subjects.subject_of_event(trigger)
    if found is None:
        raise NotFound(f"This version of the system does not know “{trigger[:60]}”.")
    return found.record_type


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule ready to be asked: its row, its conditions with their kinds, whom it tells."""

    row: AutomationRule
    record_type: str
    conditions: tuple[Condition, ...]
    recipients: tuple[RuleRecipient, ...]

    def holds(self, facts: Facts, *, unknown_matches: bool = False) -> bool:
        return matches(self.conditions, facts.values, unknown_matches=unknown_matches)


def active_rules(*, trigger_kind: str, trigger: str | None = None) -> list[Compiled]:
    """The active rules of a kind, or of one moment, in order. One query if there are none.

    A rule whose moment or field this version does not know is left out.
    """
    rows = AutomationRule.objects.filter(is_active=True, trigger_kind=trigger_kind)
    if trigger is not None:
        rows = rows.filter(trigger=trigger)
    return compiled(rows.order_by("id"))


def compiled(rows: "QuerySet[AutomationRule]") -> list[Compiled]:
    """Rules with their parts. Three queries."""
    found = []
    parts = rows.prefetch_related(
        Prefetch("conditions", RuleCondition.objects.order_by("position")),
        Prefetch("recipients", RuleRecipient.objects.order_by("id")),
    )
    for row in parts:
        try:
            record_type = record_type_of(row.trigger_kind, row.trigger)
        except NotFound:
            continue
        kinds = (
            {one.key: one.kind for one in subjects.subject(record_type).fields}
            if record_type
            else {}
        )
        conditions = list(row.conditions.all())
        if any(one.field not in kinds for one in conditions):
            continue
        found.append(
            Compiled(
                row,
                record_type,
                tuple(
                    Condition(one.field, kinds[one.field], Operator(one.operator), one.value)
                    for one in conditions
                ),
                tuple(row.recipients.all()),
            )
        )
    return found


def members_of_roles(codes: Collection[str]) -> dict[str, list[int]]:
    """Active members by role code. One query."""
    found: dict[str, list[int]] = defaultdict(list)
    for code, member_id in (
        MembershipRole.objects.filter(role__code__in=codes, membership__is_active=True)
        .order_by("membership_id")
        .values_list("role__code", "membership_id")
    ):
        found[code].append(member_id)
    return dict(found)


def managers_above(rules: Iterable[tuple[Compiled, Facts | None]]) -> dict[int, int]:
    """The manager of each person that these rules look above, as members. One query, if any does."""
    below = {
        member_id
        for rule, facts in rules
        for one in rule.recipients
        if one.kind == RuleRecipient.Kind.ABOVE and facts is not None
        for member_id in facts.people.get(one.key, ())
    }
    if not below:
        return {}
    return dict(
        Resource.objects.filter(
            membership_id__in=below, manager__membership__isnull=False
        ).values_list("membership_id", "manager__membership_id")
    )


def recipients_of(
    rule: Compiled,
    facts: Facts | None,
    roles: Mapping[str, Sequence[int]],
    above: Mapping[int, int],
) -> list[int]:
    """Whom a rule tells about a record, each once.

    `roles` is from `members_of_roles`, `above` from `managers_above`.
    """
    found: dict[int, None] = {}
    for one in rule.recipients:
        if one.kind == RuleRecipient.Kind.MEMBER and one.member_id is not None:
            found[one.member_id] = None
        elif one.kind == RuleRecipient.Kind.ROLE:
            found.update(dict.fromkeys(roles.get(one.key, ())))
        elif facts is not None and one.kind == RuleRecipient.Kind.ABOVE:
            people = facts.people.get(one.key, ())
            found.update(dict.fromkeys(above[pk] for pk in people if pk in above))
        elif facts is not None:
            found.update(dict.fromkeys(facts.people.get(one.key, ())))
    return list(found)


def roles_named(rules: Iterable[Compiled]) -> set[str]:
    """The role codes that these rules tell."""
    return {
        one.key for rule in rules for one in rule.recipients if one.kind == RuleRecipient.Kind.ROLE
    }


def active_only(member_ids: Collection[int]) -> set[int]:
    """Those who still have access. One query."""
    return set(
        Membership.objects.filter(pk__in=member_ids, is_active=True).values_list("pk", flat=True)
    )


# Pages


def rules(*, actor: Actor) -> list["RuleRow"]:
    """All rules with when each last fired. Raises  PermissionDenied. Two queries."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    rows = AutomationRule.objects.annotate(
        run_count=Count("runs"), last_run_at=Max("runs__at")
    ).order_by("name", "id")
    return [
        RuleRow(
            row.pk, row.name, said_trigger(row), str(row.get_action_display()), row.is_active,
            bool(row.code), row.run_count, row.last_run_at,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class RuleRow:
    id: int
    name: str
    when: str
    action: str
    is_active: bool
    is_shipped: bool
    run_count: int
    last_run_at: Any


@dataclass(frozen=True, slots=True)
class RulePage:
    """A rule in words, with its last runs."""

    row: AutomationRule
    when: str
    conditions: tuple[tuple[str, str, str], ...]  # field, how it is compared, value
    then: str
    tells: tuple[str, ...]
    runs: tuple[RuleRun, ...]


def get_rule(*, actor: Actor, rule_id: int) -> AutomationRule:
    """Raises  PermissionDenied, NotFound."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    row: AutomationRule | None = AutomationRule.objects.filter(pk=rule_id).first()
    if row is None:
        raise NotFound("There is no such rule.")
    return row


def rule_page(*, actor: Actor, rule_id: int) -> RulePage:
    """Raises  PermissionDenied, NotFound."""
    row = get_rule(actor=actor, rule_id=rule_id)
    names = dict(Role.objects.values_list("code", "name"))
    labels = _labels(row)
    conditions = row.conditions.order_by("position")
    recipients = row.recipients.select_related("member").order_by("id")
    return RulePage(
        row,
        said_trigger(row),
        tuple(
            (
                labels["fields"].get(one.field, one.field),
                WORDS[Operator(one.operator)],
                _spoken(one.value),
            )
            for one in conditions
        ),
        f"{row.get_action_display()}"
        + (f" by {names.get(row.approver_role, row.approver_role)}" if row.approver_role else ""),
        tuple(
            one.member.name
            if one.member
            else names.get(one.key, one.key)
            if one.kind == RuleRecipient.Kind.ROLE
            else f"The manager of: {labels['people'].get(one.key, one.key)}"
            if one.kind == RuleRecipient.Kind.ABOVE
            else labels["people"].get(one.key, one.key)
            for one in recipients
        ),
        tuple(row.runs.order_by("-id")[:50]),
    )


def _labels(row: AutomationRule) -> dict[str, dict[str, str]]:
    try:
        record_type = record_type_of(row.trigger_kind, row.trigger)
        known = subjects.subject(record_type) if record_type else None
    except NotFound:
        known = None
    if known is None:
        return {"fields": {}, "people": {}}
    return {"fields": {one.key: one.label for one in known.fields}, "people": dict(known.people)}


def _spoken(value: str) -> str:
    """A condition's value for people: 1,000,000 rather than 1000000."""
    return number_format(value, force_grouping=True) if value.isdecimal() else value


def said_trigger(row: AutomationRule) -> str:
    """When a rule acts, in words."""
    try:
        if row.trigger_kind == Kind.GATE:
            return f"Before: {subjects.gate(row.trigger).label.lower()}"
        if row.trigger_kind == Kind.DEADLINE:
            ahead = f"{row.lead_days} days before: " if row.lead_days else "On the day: "
            if row.after_days:
                ahead = f"{row.after_days} days after: "
            return ahead + subjects.deadline(row.trigger).label.lower()
        if row.trigger_kind == Kind.WEEKLY:
            # 2024 began on a Monday.
            day = date(2024, 1, 1 + row.weekday).strftime("%A")
            return f"Each {day}: {subjects.digest(row.trigger).label.lower()}"
    except NotFound:
        return row.trigger
    found = subjects.subject_of_event(row.trigger)
    return dict(found.events)[row.trigger] if found else row.trigger


def runs(*, actor: Actor) -> "QuerySet[RuleRun, Any]":
    """The run log of all rules. Raises  PermissionDenied."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    return RuleRun.objects.values(
        "id", "at", "rule__name", "rule_id", "record_label", "url_name", "url_id", "outcome", "outcome_note",
        "recipient_count",
    )  # fmt: skip


# Approvals


def role_codes_of(actor: Actor) -> set[str]:
    """The actor's roles. One query."""
    links = MembershipRole.objects.filter(membership_id=actor.membership_id)
    return set(links.values_list("role__code", flat=True))


def requests_visible_to(actor: Actor) -> "QuerySet[ApprovalRequest]":
    """Those the actor asked for, and those that one of their roles decides."""
    found: QuerySet[ApprovalRequest] = ApprovalRequest.objects.filter(
        Q(requested_by_id=actor.membership_id) | Q(rule__approver_role__in=role_codes_of(actor))
    )
    return found


def waiting_for(actor: Actor) -> int:
    """How many requests wait for the actor's decision. Two queries."""
    return (
        ApprovalRequest.objects.filter(
            state=ApprovalRequest.State.WAITING, rule__approver_role__in=role_codes_of(actor)
        )
        .exclude(requested_by_id=actor.membership_id)
        .count()
    )


def get_request(*, actor: Actor, request_id: int) -> ApprovalRequest:
    """Raises  NotFound when it is not the actor's to see."""
    found: ApprovalRequest | None = (
        requests_visible_to(actor)
        .select_related("rule", "requested_by", "decided_by")
        .filter(pk=request_id)
        .first()
    )
    if found is None:
        raise NotFound("There is no such request, or it is not yours to see.")
    return found
