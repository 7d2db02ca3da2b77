"""The preflight as a job: a sample of an entity a chunk, with its progress, and the last result."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from django.urls import reverse

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, JobKind, register
from psa.core.org import features
from psa.core.org.models import LegalEntity
from psa.core.org.rules.deployment import Feature

from .people import patterns
from .rehearsal import SAMPLES, rehearse

KIND: Final = "setup.preflight"


def start_preflight(*, actor: Actor, at: datetime) -> JobRun:
    """Queue a preflight of all entities; of two within a minute the second joins the first.

    Raises  PermissionDenied; NotOffered in a Lite firm, whose chain ends with the approved cost.
    """
    features.require(Feature.BOOKS)
    return jobs.start(
        kind=KIND,
        key=f"preflight {at:%Y-%m-%dT%H:%M}",
        title="Go-live preflight",
        arguments={},
        actor=actor,
        at=at,
    )


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """Each sample of each entity, entities by code; intercompany where another can lend somebody."""
    entities = LegalEntity.objects.order_by("code").values_list("id", "name")
    lenders = set(patterns(as_of=at.date()).values_list("org_unit__legal_entity_id", flat=True))
    return [
        Chunk({"entity_id": pk, "sample": key, "label": f"{name}: {sample.label}"})
        for pk, name in entities
        for key, sample in SAMPLES.items()
        if not sample.is_lent or lenders - {pk}
    ]


def run_chunk(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """Rehearse one sample; what it found is the result, and nothing else is left of it."""
    outcome = rehearse(
        entity_id=arguments["entity_id"],
        sample=arguments["sample"],
        tenant_id=actor.tenant_id,
        at=at,
    )
    said = "passed" if outcome.passed else f"stopped at {outcome.step}: {outcome.reason}"
    return ChunkResult(
        f"{outcome.entity}, {outcome.sample.lower()}: {said}",
        result={"outcomes": [asdict(outcome)], "passed": int(outcome.passed)},
    )


def finish(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """The first thing that would fail on day one, in a sentence."""
    outcomes = run.result.get("outcomes", [])
    failed = [one for one in outcomes if one["step"]]
    if not failed:
        return ChunkResult(f"All {len(outcomes)} samples pass from contract to revenue.")
    first = failed[0]
    return ChunkResult(
        f"{len(failed)} of {len(outcomes)} samples stop. First: {first['reason']}"[:400]
    )


def _result_url(run: JobRun) -> str:
    return reverse("setup:preflight")


register(
    JobKind(
        kind=KIND,
        title="Go-live preflight",
        permission=AccessPermission.MANAGE_PARAMETERS,
        plan=plan,
        run_chunk=run_chunk,
        finish=finish,
        result_url=_result_url,
    )
)
