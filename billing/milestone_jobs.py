"""Asking whether milestones are ready to invoice, soon after their tasks are finished."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from billing.services import milestone_prompts
from psa.core import clock
from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind, register
from psa.core.org import features
from psa.core.org.rules.deployment import Feature

PROMPTS = "billing.milestone_prompts"


def _is_needed() -> bool:
    if not features.offers(Feature.SALES_ACTUALS):
        return False  # a milestone that is ready is a sale
    return bool(milestone_prompts.due_milestones(on=clock.today()))


def _plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    return [Chunk({"milestone_id": pk}) for pk in milestone_prompts.due_milestones(on=at.date())]


def _prompt(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    told = milestone_prompts.prompt(milestone_id=arguments["milestone_id"], on=at.date(), at=at)
    return ChunkResult(result={"told": int(told)})


register(
    JobKind(
        kind=PROMPTS,
        title="Ask about milestones",
        permission="",
        plan=_plan,
        run_chunk=_prompt,
        schedule=DefaultSchedule(every_minutes=5),
        is_needed=_is_needed,
    )
)
