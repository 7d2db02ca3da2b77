"""The day on which an obligation recognised at completion is complete."""

from datetime import date, datetime

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError
from revenue import selectors
from revenue.events import RevenueEvent
from revenue.models import Obligation, RevenueEstimate
from revenue.permissions import RevenuePermission

from .closing_rates import last_day
from .estimates import EstimateRun, draft_estimates


@transaction.atomic
def complete_obligation(
    *, estimate_id: int, completed_on: date, actor: Actor, at: datetime
) -> EstimateRun:
    """Enter when the estimate's obligation was completed, and draft its period's estimates anew.

    From that day's period on its whole price is revenue, and the cost held in WIP becomes project
    cost. Raises  PermissionDenied, NotFound, PeriodClosed; Conflict once the estimate is decided;
                  DomainError for another method or a day outside the obligation or after the period.
    Source  docs/rules/revenue.md, R-8.
    """
    actor.require(RevenuePermission.ESTIMATE)
    row = selectors.get_estimate(actor=actor, estimate_id=estimate_id, lock=True)
    obligation = Obligation.objects.select_for_update().get(pk=row.obligation_id)
    if obligation.method != Obligation.Method.COMPLETED:
        raise DomainError("Only what is recognised at completion takes a day of completion.")
    if row.state != RevenueEstimate.State.DRAFT:
        raise Conflict(f"This estimate is {row.get_state_display().lower()} already.")
    if not obligation.starts_on <= completed_on <= last_day(row.period):
        raise DomainError(
            f"The day of completion lies between {obligation.starts_on:%-d %b %Y} and "
            f"{last_day(row.period):%-d %b %Y}, the end of the period.",
            field="completed_on",
        )
    obligation.completed_on = completed_on
    obligation.save(update_fields=["completed_on"])
    audit.record(
        actor=actor, at=at, event=RevenueEvent.COMPLETED, record_type="revenue.RevenueEstimate",
        record_id=row.pk, sentence=f"entered the completion on {completed_on:%-d %b %Y}",
    )  # fmt: skip
    return draft_estimates(
        period_id=row.period_id, run_key=f"completion {obligation.pk}", actor=actor, at=at
    )
