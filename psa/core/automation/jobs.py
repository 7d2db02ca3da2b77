"""What runs the rules: the trail each minute, the days and weeks each morning."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psa.core.actor import Actor
from psa.core.automation import shipped
from psa.core.automation.models import AutomationRule
from psa.core.automation.services import events
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind, register

EVENTS_JOB = "automation.events"
CLOCK_JOB = "automation.clock"
# A morning's backlog is worked off by the runs of the next minutes.
BATCHES_OF_A_RUN = 5
SIX_O_CLOCK = 6 * 60


def plan_events(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    return [Chunk({"batch": number}) for number in range(BATCHES_OF_A_RUN)]


def run_events(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    """A batch of the trail; those that find nothing left cost one look."""
    if arguments["batch"] and not events.has_news():
        return ChunkResult()
    fired, _ = events.fire_events(actor=actor, at=at)
    return ChunkResult(result={"fired": fired})


def plan_clock(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """A chunk a rule; rules that a new version ships are added first."""
    shipped.seed_rules(tenant_id=actor.tenant_id, at=at)
    rules = AutomationRule.objects.filter(
        is_active=True,
        trigger_kind__in=(
            AutomationRule.TriggerKind.DEADLINE,
            AutomationRule.TriggerKind.WEEKLY,
        ),
    )
    return [
        Chunk({"rule_id": pk, "kind": kind, "label": name})
        for pk, kind, name in rules.order_by("id").values_list("id", "trigger_kind", "name")
    ]


def run_clock(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    if arguments["kind"] == AutomationRule.TriggerKind.WEEKLY:
        fired = events.fire_weekly(rule_id=arguments["rule_id"], actor=actor, at=at)
    else:
        fired = events.fire_deadlines(rule_id=arguments["rule_id"], actor=actor, at=at)
    message = f"{arguments['label']}: {fired}" if fired else ""
    return ChunkResult(message, result={"fired": fired})


register(
    JobKind(
        kind=EVENTS_JOB,
        title="Rules on what happened",
        permission="",
        plan=plan_events,
        run_chunk=run_events,
        schedule=DefaultSchedule(every_minutes=1),
        is_needed=events.has_news,
    )
)
register(
    JobKind(
        kind=CLOCK_JOB,
        title="Rules of the day",
        permission="",
        plan=plan_clock,
        run_chunk=run_clock,
        schedule=DefaultSchedule(daily_at_minute=SIX_O_CLOCK),
    )
)
