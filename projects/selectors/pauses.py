"""Where the work of a task pauses, as what is spread over time by its days asks for it."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from ..models import Assignment
from ..rules.phasing import Split
from ..rules.scheduling import kept_gaps

# Whoever the schedule knows the calendar of.
SCHEDULED = Q(resource__isnull=False) | Q(plan_resource__calendar__isnull=False)


def leading_gaps() -> Coalesce:
    """Of a task: the pauses of who does most of it, else those it has itself."""
    parts = Assignment.objects.filter(SCHEDULED, task=OuterRef("pk")).order_by("-minutes", "id")
    return Coalesce(Subquery(parts.values("gaps")[:1]), F("gaps"))


def split_of(
    minutes: int | None, gaps: Sequence[Sequence[int]], units: Decimal = Decimal(1)
) -> Split | None:
    """Work of so many minutes by a share of a day, and its pauses as a row keeps them."""
    if not gaps or not minutes:
        return None
    if units:
        minutes = int((Decimal(minutes) / units).quantize(Decimal(1), ROUND_HALF_UP))
    return Split.of(minutes, kept_gaps(gaps))
