"""What a rule would have done, without doing it: read from the trail and the clock of a past span."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from psa.core.access.models import Membership
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit.models import AuditEntry
from psa.core.automation import selectors, subjects
from psa.core.automation.models import AutomationRule
from psa.core.automation.selectors import Compiled
from psa.core.automation.services import events
from psa.core.automation.services.firing import Occurrence
from psa.core.errors import DomainError, NotFound

LIMIT: Final = 500
Kind = AutomationRule.TriggerKind


@dataclass(frozen=True, slots=True)
class WouldHave:
    """One occurrence that the rule would have fired for, and whom it would have told."""

    on: date | None
    label: str
    url: str
    what: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would have fired; `is_cut` when there was more than is shown."""

    from_on: date
    until_on: date
    found: tuple[WouldHave, ...]
    is_cut: bool


def dry_run(*, rule_id: int, days: int, actor: Actor, at: datetime) -> DryRun:
    """What the rule, on or off, would have fired for in the last `days`.

    Records are looked at as they are now, so a value that changed since decides as it does today.
    Nothing is written. Raises  PermissionDenied, NotFound; DomainError for a rule that this version
    cannot ask, or a span that is too long.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    if not 1 <= days <= 366:
        raise DomainError("Choose 1 to 366 days.", "days")
    rows = AutomationRule.objects.filter(pk=rule_id)
    if not rows.exists():
        raise NotFound("There is no such rule.")
    found = selectors.compiled(rows)
    if not found:
        raise DomainError("This rule asks about something that this version does not know.")
    rule = found[0]
    until_on = at.date() + timedelta(days=1)
    from_on = until_on - timedelta(days=days)
    occurrences = _occurrences(rule, from_on, until_on, at)
    return DryRun(
        from_on,
        at.date(),
        tuple(_would_have(rule, occurrences[:LIMIT])),
        len(occurrences) > LIMIT,
    )


def _occurrences(
    rule: Compiled, from_on: date, until_on: date, at: datetime
) -> list[tuple[date | None, Occurrence]]:
    if rule.row.trigger_kind == Kind.WEEKLY:
        raise DomainError("A weekly message goes out each week; there is nothing to try.")
    if rule.row.trigger_kind == Kind.DEADLINE:
        ahead = timedelta(days=rule.row.lead_days - rule.row.after_days)
        due = events.deadline_occurrences(
            rule, from_on=from_on + ahead, until_on=until_on + ahead, on=at.date()
        )
        return [(None, one) for one in due]
    triggers = (
        subjects.gate(rule.row.trigger).events
        if rule.row.trigger_kind == Kind.GATE
        else (rule.row.trigger,)
    )
    entries = list(
        AuditEntry.objects.filter(
            event__in=triggers,
            record_type=rule.record_type,
            at__date__gte=from_on,
            at__date__lt=until_on,
        )
        .order_by("id")
        .values_list("id", "event", "record_id", "sentence", "at")[: 10 * LIMIT]
    )
    days = {f"entry {entry[0]}": entry[4].date() for entry in entries}
    facts = subjects.subject(rule.record_type).load({entry[2] for entry in entries}, at.date())
    shuts = rule.row.trigger_kind == Kind.GATE
    found = []
    for entry_id, _, record_id, sentence, _ in entries:
        known = facts.get(record_id)
        if known is not None and rule.holds(known, unknown_matches=shuts):
            key = f"entry {entry_id}"
            found.append((days[key], Occurrence(rule, key, record_id, known, sentence)))
    return found


def _would_have(rule: Compiled, found: Sequence[tuple[date | None, Occurrence]]) -> list[WouldHave]:
    codes = selectors.roles_named([rule])
    if rule.row.approver_role:
        codes = {rule.row.approver_role}
    roles = selectors.members_of_roles(codes)
    above = selectors.managers_above((rule, one.facts) for _, one in found)
    told = [
        roles.get(rule.row.approver_role, [])
        if rule.row.approver_role
        else selectors.recipients_of(rule, one.facts, roles, above)
        for _, one in found
    ]
    ids = {pk for members in told for pk in members}
    names = dict(Membership.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [
        WouldHave(
            on, one.facts.label, subjects.path_of(one.facts.url_name, one.facts.url_id), one.what,
            tuple(names[pk] for pk in members if pk in names),
        )
        for (on, one), members in zip(found, told, strict=True)
    ]  # fmt: skip
