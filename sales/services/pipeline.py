"""The tenant's pipeline: the stages an opportunity goes through."""

from sales.models import OpportunityStage

# code, name, probability in percent, outcome
DEFAULT_STAGES = (
    ("qualify", "Qualify", 10, "open"),
    ("develop", "Develop", 25, "open"),
    ("propose", "Propose", 50, "open"),
    ("negotiate", "Negotiate", 75, "open"),
    ("won", "Won", 100, "won"),
    ("lost", "Lost", 0, "lost"),
)


def seed_pipeline(*, tenant_id: int) -> dict[str, OpportunityStage]:
    """Give a tenant the default stages; those it already has are left alone. By code."""
    OpportunityStage.objects.bulk_create(
        [
            OpportunityStage(
                tenant_id=tenant_id,
                code=code,
                name=name,
                position=position,
                probability_percent=probability,
                outcome=outcome,
            )
            for position, (code, name, probability, outcome) in enumerate(DEFAULT_STAGES, start=1)
        ],
        ignore_conflicts=True,
    )
    return {stage.code: stage for stage in OpportunityStage.objects.order_by("position")}
