"""Long work of the room: the estimate run, and the nightly reconciliations."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind, register
from psa.core.ledger.models import FiscalPeriod
from psa.core.org import features
from psa.core.org.models import LegalEntity
from psa.core.org.rules.deployment import Feature
from revenue.permissions import RevenuePermission
from revenue.services.estimates import draft_estimates
from revenue.services.proofs import run_proofs

ESTIMATE_RUN = "revenue.estimate_run"
PROOFS = "revenue.proofs"
# After the posting run, before people come in.
PROOFS_AT_MINUTE = 180


def plan_estimates(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    return [Chunk({"period_id": arguments["period_id"]})]


def run_estimates(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    """Draft the estimates of one period; what is approved or posted stays."""
    period = FiscalPeriod.objects.get(pk=arguments["period_id"])
    try:
        done = draft_estimates(period_id=period.pk, run_key=run.key, actor=actor, at=at)
    except DomainError as error:
        return ChunkResult(failures=[{"record": period.name, "reason": error.message}])
    return ChunkResult(
        message=f"{period.name}: {done.drafted} drafted, {done.kept} kept",
        result={"drafted": done.drafted, "kept": done.kept},
    )


def plan_proofs(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    as_of = arguments.get("as_of") or at.date().isoformat()
    return [
        Chunk({"legal_entity_id": pk, "as_of": as_of})
        for pk in LegalEntity.objects.order_by("code").values_list("id", flat=True)
    ]


def prove_entity(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    """Reconcile one entity; each check that does not hold is named with its rows."""
    entity = LegalEntity.objects.get(pk=arguments["legal_entity_id"])
    proofs = run_proofs(
        legal_entity_id=entity.pk,
        as_of=date.fromisoformat(arguments["as_of"]),
        actor=actor,
        at=at,
    )
    broken = [proof for proof in proofs if not proof.holds]
    return ChunkResult(
        message=f"{entity.code}: {len(proofs) - len(broken)} of {len(proofs)} at 0.00",
        failures=[
            {
                "record": f"{entity.code} {proof.left_label}",
                "reason": f"{len(proof.breaking)} rows differ, such as {proof.breaking[0].kind} "
                f"{proof.breaking[0].ref}",
            }
            for proof in broken
        ],
    )


register(
    JobKind(
        kind=ESTIMATE_RUN,
        title="Revenue estimates",
        permission=RevenuePermission.ESTIMATE,
        plan=plan_estimates,
        run_chunk=run_estimates,
    )
)
register(
    JobKind(
        kind=PROOFS,
        title="Reconciliations",
        permission=RevenuePermission.POST,
        plan=plan_proofs,
        run_chunk=prove_entity,
        schedule=DefaultSchedule(daily_at_minute=PROOFS_AT_MINUTE),
        is_needed=partial(features.offers, Feature.BOOKS),
    )
)
