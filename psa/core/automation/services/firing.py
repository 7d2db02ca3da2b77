"""What rules do when they fire: tell people, or ask for a webhook; each occurrence once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.automation import selectors, subjects
from psa.core.automation.events import AutomationEvent
from psa.core.automation.models import AutomationRule, RuleRun
from psa.core.automation.selectors import Compiled
from psa.core.automation.subjects import Facts
from psa.core.notifications import services as notifications

Outcome = RuleRun.Outcome
NOBODY = "Nobody to tell: the record names no such person with access."


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A rule that holds for a record, and what for; `what` is a sentence about it."""

    rule: Compiled
    key: str
    record_id: int
    facts: Facts
    what: str


def fire(found: Sequence[Occurrence], *, actor: Actor, at: datetime) -> int:
    """Act on what has not fired before, and write the run log; how many fired.

    The caller holds the cursor's lock, so that two workers never act on one occurrence; the
    unique key of the log would refuse the second anyway.
    """
    known = set(
        RuleRun.objects.filter(
            rule_id__in={one.rule.row.pk for one in found},
            occurrence__in={one.key for one in found},
        ).values_list("rule_id", "occurrence")
    )
    fresh = [one for one in found if (one.rule.row.pk, one.key) not in known]
    roles = selectors.members_of_roles(selectors.roles_named(one.rule for one in fresh))
    above = selectors.managers_above((one.rule, one.facts) for one in fresh)
    told = {
        index: selectors.recipients_of(one.rule, one.facts, roles, above)
        for index, one in enumerate(fresh)
    }
    active = selectors.active_only({pk for ids in told.values() for pk in ids})
    runs = []
    for index, one in enumerate(fresh):
        members = [pk for pk in told[index] if pk in active]
        runs.append(_act(one, members, actor, at))
    RuleRun.objects.bulk_create(runs)
    return len(runs)


def _act(one: Occurrence, members: Sequence[int], actor: Actor, at: datetime) -> RuleRun:
    rule = one.rule.row
    outcome, note = Outcome.DONE, ""
    if rule.action == AutomationRule.Action.WEBHOOK:
        audit.record(
            actor=actor, at=at, event=AutomationEvent.WEBHOOK_REQUESTED,
            record_type=one.rule.record_type, record_id=one.record_id,
            sentence=f"called the webhooks under “{rule.name}”",
            changes={"topic": (None, rule.trigger), "rule": (None, rule.pk)},
        )  # fmt: skip
        note = "Webhooks called."
    elif members:
        notifications.notify(
            membership_ids=members,
            event=AutomationEvent.NOTIFIED,
            title=f"{rule.message or rule.name}: {one.facts.label}",
            body=one.what,
            path=subjects.path_of(one.facts.url_name, one.facts.url_id),
            at=at,
            email=True,
        )
    else:
        outcome, note = Outcome.NOBODY, NOBODY
    return RuleRun(
        tenant_id=actor.tenant_id,
        rule=rule,
        occurrence=one.key,
        at=at,
        record_type=one.rule.record_type,
        record_id=one.record_id,
        record_label=one.facts.label[:200],
        url_name=one.facts.url_name,
        url_id=one.facts.url_id,
        outcome=outcome,
        outcome_note=note,
        recipient_count=len(members),
    )
