"""Rules on what the trail says, and on what the clock says: found, and fired once.

How the trail is read without losing what commits late: docs/adr/0027.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Max, Min
from django.db.models.functions import Now

from psa.core.actor import Actor
from psa.core.audit.models import AuditEntry
from psa.core.automation import selectors, subjects
from psa.core.automation.models import AutomationRule, EventCursor, RuleRun
from psa.core.automation.selectors import Compiled
from psa.core.automation.services.firing import Occurrence, fire
from psa.core.automation.subjects import Facts
from psa.core.notifications import services as notifications

from ..events import AutomationEvent

# A transaction that takes longer than this to commit could be passed over; none may.
LATE_COMMIT: Final = timedelta(minutes=15)
BATCH: Final = 500
# A deadline is still told of this many days late, when the clock did not run.
CATCH_UP_DAYS: Final = 7
Kind = AutomationRule.TriggerKind
# Id, event, kind of record, record, sentence.
Entry = tuple[int, str, str, int, str]


def has_news() -> bool:
    """Whether an active rule waits for events and the trail has some it has not settled."""
    rules = AutomationRule.objects.filter(is_active=True, trigger_kind=Kind.EVENT)
    triggers = list(rules.values_list("trigger", flat=True).distinct())
    if not triggers:
        return False
    first = rules.aggregate(first=Min("active_after_entry_id"))["first"] or 0
    settled = EventCursor.objects.values_list("settled_entry_id", flat=True).first() or 0
    return AuditEntry.objects.filter(id__gt=max(first, settled), event__in=triggers).exists()


@transaction.atomic
def fire_events(*, actor: Actor, at: datetime) -> tuple[int, bool]:
    """Fire the rules for the next entries of the trail: how many fired, whether more are left.

    Goes forward a batch at a time; having caught up it looks once more at entries that are not
    settled, for those that committed after later ones were read. What fired is known by its key.
    """
    cursor = _locked_cursor(actor)
    by_event: dict[str, list[Compiled]] = defaultdict(list)
    rules = selectors.active_rules(trigger_kind=Kind.EVENT)
    for rule in rules:
        by_event[rule.row.trigger].append(rule)
    oldest = min((rule.row.active_after_entry_id for rule in rules), default=0)
    ahead = list(_entries(by_event, after_id=max(cursor.read_entry_id, oldest))[: BATCH + 1])
    more = len(ahead) > BATCH
    found = ahead[:BATCH]
    if not more:
        late = _entries(by_event, after_id=max(cursor.settled_entry_id, oldest))
        found = [*late.filter(id__lte=cursor.read_entry_id), *found]
        _settle(cursor)
    if found:
        cursor.read_entry_id = max(cursor.read_entry_id, found[-1][0])
    cursor.save()
    fired = fire(occurrences(found, by_event, on=at.date()), actor=actor, at=at)
    return fired, more


def _entries(by_event: dict[str, list[Compiled]], *, after_id: int) -> Any:
    return (
        AuditEntry.objects.filter(id__gt=after_id, event__in=by_event)
        .order_by("id")
        .values_list("id", "event", "record_type", "record_id", "sentence")
    )


def _settle(cursor: EventCursor) -> None:
    """Settle what is too old for any transaction to add an entry before it."""
    old = AuditEntry.objects.filter(recorded_at__lt=Now() - LATE_COMMIT)
    newest = old.aggregate(last=Max("id"))["last"] or 0
    cursor.settled_entry_id = max(cursor.settled_entry_id, newest)


def occurrences(
    entries: Sequence[Entry], by_event: dict[str, list[Compiled]], *, on: date
) -> list[Occurrence]:
    """The rules that hold for entries of the trail, with the records as they are now."""
    told = [
        (entry_id, rule, record_id, sentence)
        for entry_id, event, record_type, record_id, sentence in entries
        for rule in by_event.get(event, ())
        # One event may be told of several records: a rule is about its own kind.
        if rule.record_type == record_type and entry_id > rule.row.active_after_entry_id
    ]
    facts = _facts({(rule.record_type, record_id) for _, rule, record_id, _ in told}, on)
    return [
        Occurrence(rule, f"entry {entry_id}", record_id, known, sentence)
        for entry_id, rule, record_id, sentence in told
        if (known := facts.get((rule.record_type, record_id))) is not None and rule.holds(known)
    ]


def fire_deadlines(*, rule_id: int, actor: Actor, at: datetime) -> int:
    """Fire one deadline rule for the days that have come near; how many fired.

    A record whose day moves is told of again, for the new day. Days missed while the clock did not
    run are made up for, a week back. A rule that acts days after (an escalation) fires for the
    records that still have that day by then.
    """
    found = [one for one in _active(Kind.DEADLINE) if one.row.pk == rule_id]
    if not found:
        return 0
    _locked_cursor(actor)
    row = found[0].row
    ahead, back = timedelta(days=row.lead_days), timedelta(days=row.after_days)
    until_on = at.date() + ahead - back + timedelta(days=1)
    from_on = max(at.date() - timedelta(days=CATCH_UP_DAYS), row.created_at.date()) - back
    return fire(
        deadline_occurrences(found[0], from_on=from_on, until_on=until_on, on=at.date()),
        actor=actor,
        at=at,
    )


def deadline_occurrences(
    rule: Compiled, *, from_on: date, until_on: date, on: date
) -> list[Occurrence]:
    """The records whose day lies in a span and for which the rule holds."""
    deadline = subjects.deadline(rule.row.trigger)
    due, word = deadline.due(from_on, until_on), deadline.word
    facts = _facts({(rule.record_type, record_id) for record_id, _ in due}, on)
    return [
        Occurrence(rule, f"due {record_id} {day}", record_id, known, f"{word} {day:%-d %b %Y}.")
        for record_id, day in due
        if (known := facts.get((rule.record_type, record_id))) is not None and rule.holds(known)
    ]


def fire_weekly(*, rule_id: int, actor: Actor, at: datetime) -> int:
    """Send one weekly message if its day has come this week and it was not sent; how many people."""
    found = [one for one in _active(Kind.WEEKLY) if one.row.pk == rule_id]
    if not found:
        return 0
    _locked_cursor(actor)
    rule = found[0]
    on = at.date()
    day = on - timedelta(days=(on.weekday() - rule.row.weekday) % 7)
    key = f"week {day}"
    if (
        day < rule.row.created_at.date()
        or RuleRun.objects.filter(rule=rule.row, occurrence=key).exists()
    ):
        return 0
    roles = selectors.members_of_roles(selectors.roles_named([rule]))
    members = selectors.active_only(selectors.recipients_of(rule, None, roles, {}))
    digest = subjects.digest(rule.row.trigger)
    messages = digest.compose(sorted(members), day)
    for member_id, message in sorted(messages.items()):
        notifications.notify(
            membership_ids=[member_id], event=AutomationEvent.NOTIFIED, title=message.title,
            body=message.body, path=subjects.path_of(message.url_name), at=at, email=True,
        )  # fmt: skip
    RuleRun.objects.create(
        tenant_id=actor.tenant_id, rule=rule.row, occurrence=key, at=at,
        record_label=digest.label, recipient_count=len(messages),
        outcome=RuleRun.Outcome.DONE if messages else RuleRun.Outcome.NOBODY,
    )  # fmt: skip
    return len(messages)


def _active(kind: str) -> list[Compiled]:
    return selectors.active_rules(trigger_kind=kind)


def _facts(wanted: Iterable[tuple[str, int]], on: date) -> dict[tuple[str, int], Facts]:
    ids: dict[str, set[int]] = defaultdict(set)
    for record_type, record_id in wanted:
        ids[record_type].add(record_id)
    return {
        (record_type, record_id): facts
        for record_type, record_ids in ids.items()
        for record_id, facts in subjects.subject(record_type).load(record_ids, on).items()
    }


def _locked_cursor(actor: Actor) -> EventCursor:
    EventCursor.objects.bulk_create([EventCursor(tenant_id=actor.tenant_id)], ignore_conflicts=True)
    cursor: EventCursor = EventCursor.objects.select_for_update().get()
    return cursor
