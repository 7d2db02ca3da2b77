"""Health day by day: what the figures and the managers said, kept for trends."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.db import transaction
from django.db.models import Max

from psa.core.tenancy import reading
from psa.core.tenancy.scope import current_tenant_id

from ..models import HealthSnapshot, Project
from ..rules import health
from ..selectors.effort import effort_health_of
from ..selectors.figures import figures_of
from ..selectors.projects import said_health

RUNNING: Final = (Project.Status.IN_DELIVERY, Project.Status.ON_HOLD)
# A job that stood still for longer leaves a gap: so far back nobody asks for every day.
CATCH_UP_DAYS: Final = 14
INDEX: Final = Decimal("0.0001")
PERCENT: Final = Decimal("0.01")
MOST: Final = Decimal(99_999_999)


def days_to_record(until_on: date) -> list[date]:
    """The days up to and with `until_on` whose health nobody has recorded yet; at most a fortnight."""
    last_on = HealthSnapshot.objects.aggregate(last=Max("on"))["last"]
    first_on = until_on if last_on is None else last_on + timedelta(days=1)
    first_on = max(first_on, until_on - timedelta(days=CATCH_UP_DAYS - 1))
    return [first_on + timedelta(days=n) for n in range((until_on - first_on).days + 1)]


@transaction.atomic
def record_health(*, on: date, at: datetime) -> int:
    """Keep the health of all running projects as of a day; a day recorded before is kept anew.

    By the progress and the cost that were known on the day. Some thirty queries, whatever the
    number of projects.
    """
    tenant_id = current_tenant_id()
    if tenant_id is None:
        raise RuntimeError("record_health needs the scope of the tenant")
    currency = reading.firm_currency(tenant_id)
    projects = list(
        Project.objects.filter(status__in=RUNNING, starts_on__lte=on).select_related("manager")
    )
    if not projects:
        return 0
    figures = figures_of(projects, as_of=on, currency=currency, is_past=True)
    efforts = effort_health_of(projects, figures, on=on)
    rows = []
    for project in projects:
        found = figures[project.pk]
        judged = health.with_effort(found.health, efforts[project.pk])
        value = found.value
        rows.append(
            HealthSnapshot(
                tenant_id=tenant_id,
                project=project,
                on=on,
                recorded_at=at,
                schedule=judged.schedule,
                cost=judged.cost,
                estimate=judged.estimate,
                effort=judged.effort,
                computed=judged.overall,
                said=said_health(project, found),
                comment=project.health_comment,
                currency=currency,
                spi=_places(found.spi, INDEX),
                cpi=_places(value.cpi if value else None, INDEX),
                eac_amount=found.eac.amount if found.eac else None,
                over_percent=_places(found.over_percent, PERCENT),
                complete_percent=found.complete_percent.quantize(PERCENT, rounding=ROUND_HALF_UP),
                remaining_minutes=found.total.remaining_minutes,
            )
        )
    HealthSnapshot.objects.bulk_create(
        rows,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["tenant", "project", "on"],
        update_fields=[
            "recorded_at", "schedule", "cost", "estimate", "effort", "computed", "said", "comment",
            "currency", "spi", "cpi", "eac_amount", "over_percent", "complete_percent",
            "remaining_minutes",
        ],
    )  # fmt: skip
    return len(rows)


def _places(value: Decimal | None, places: Decimal) -> Decimal | None:
    if value is None:
        return None
    return max(-MOST, min(MOST, value)).quantize(places, rounding=ROUND_HALF_UP)
