"""What a project's contract lines have earned by recognition, for the project's own page."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum
from moneyed import Money

from projects.models import ContractLineLink
from projects.selectors import get_project
from projects.selectors.projects import sight
from psa.core.actor import Actor
from psa.core.errors import PermissionDenied
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType

from .models import Obligation, RevenueEstimate


def recognised_of_project(
    *, actor: Actor, project_id: int
) -> tuple[tuple[Money, ...], date | None]:
    """Revenue recognised to date per currency, and the last day that estimates were posted for.

    Lines that pay for two projects count in both. What is recognised as invoiced is what was sold.
    Raises  NotFound; PermissionDenied for who may not see what the project earns. Four queries.
    """
    project = get_project(actor=actor, project_id=project_id)
    if not sight(actor, project).bill:
        raise PermissionDenied(f"What {project.code} earns is not yours to see.")
    line_ids = set(
        ContractLineLink.objects.filter(project=project).values_list("contract_line_id", flat=True)
    )
    sums: dict[str, Decimal] = defaultdict(Decimal)
    last_on: date | None = None
    posted = (
        RevenueEstimate.objects.filter(
            obligation__contract_line_id__in=line_ids, state=RevenueEstimate.State.POSTED
        )
        .order_by("obligation_id", "-period__starts_on")
        .distinct("obligation_id")
        .values_list("obligation__currency", "revenue_to_date", "period__ends_on")
    )
    for currency, amount, ends_on in posted:
        sums[currency] += amount
        day = ends_on - timedelta(days=1)
        last_on = day if last_on is None else max(last_on, day)
    as_invoiced = Obligation.objects.filter(
        contract_line_id__in=line_ids, method=Obligation.Method.AS_INVOICED
    ).values("contract_line_id")
    sold = (
        Actual.objects.filter(
            contract_line_id__in=as_invoiced,
            actual_type__in=(ActualType.UNBILLED_SALES, ActualType.BILLED_SALES),
        )
        .order_by()
        .values_list("currency")
        .annotate(total=Sum("amount"))
    )
    for currency, amount in sold:
        sums[currency] += amount
    return tuple(Money(sums[code], code) for code in sorted(sums) if sums[code]), last_on
