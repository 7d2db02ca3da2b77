"""Sending entries to whoever decides on them: when they are handed in, and from level to level."""

from collections.abc import Mapping, Sequence

from timeexpense.models import ApprovalRoute
from timeexpense.rules.routing import FIRST_LEVEL, PROJECT, Step, next_step, steps_of
from timeexpense.selectors import routing

from . import storage
from .accrual_works import Submitted

USUAL = Step(FIRST_LEVEL, PROJECT)


def route_entries(kind: str, entry_ids: Sequence[int]) -> None:
    """Address entries that were just handed in to their first decision.

    At most six queries and one statement, whatever the number.
    """
    if not entry_ids:
        return
    routes = routing.active_routes()
    storage.send_on(
        kind,
        {
            entry_id: steps_of(entry, routes)[0]
            for entry_id, entry in routing.routed_entries(kind, entry_ids).items()
        },
    )


def further_steps(rows: Sequence[Submitted]) -> dict[tuple[str, int], Step]:
    """The decisions that entries need after the one they wait for, by entry; none left out.

    As the rules are now. One query where no rule adds a level.
    """
    routes = routing.active_routes() if rows else []
    if not any(route.level > FIRST_LEVEL for route in routes):
        return {}
    found: dict[tuple[str, int], Step] = {}
    for kind in ("time", "expense"):
        level_of = {row.id: row.level for row in rows if row.kind == kind}
        if not level_of:
            continue
        for entry_id, entry in routing.routed_entries(kind, list(level_of)).items():
            step = next_step(steps_of(entry, routes), level=level_of[entry_id])
            if step is not None:
                found[kind, entry_id] = step
    return found


def names_of(steps: Mapping[tuple[str, int], Step]) -> dict[int, str]:
    """The names of the rules behind these steps. One query, none for no step."""
    ids = {step.route_id for step in steps.values()}
    return dict(ApprovalRoute.objects.filter(id__in=ids).values_list("id", "name")) if ids else {}
