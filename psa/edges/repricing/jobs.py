"""Pricing a year's actuals again with another list, some thousand entries a chunk."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from django.urls import reverse

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.jobs import services
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, JobKind, register

from .services import what_if

YEAR: Final = "repricing.year"
_CHUNK: Final = 4_000


def start_year(*, list_id: int, year: int, actor: Actor, at: datetime) -> JobRun:
    """Queue the pricing of a year's approved time with a list.

    Raises  NotFound, PermissionDenied; DomainError if the list has no lines.
    """
    row = what_if.checked_list(list_id, actor)
    return services.start(
        kind=YEAR,
        key=f"{list_id}:{year}:{at.isoformat()}",
        title=f"Price {year} again with {row.name}",
        arguments={"list_id": list_id, "year": year},
        actor=actor,
        at=at,
    )


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """The approved time of the year, in order of work date."""
    year = int(arguments["year"])
    ids = what_if.approved_ids(from_on=date(year, 1, 1), until_on=date(year + 1, 1, 1))
    return [
        Chunk(
            {"list_id": arguments["list_id"], "entry_ids": ids[start : start + _CHUNK]},
            len(ids[start : start + _CHUNK]),
        )
        for start in range(0, len(ids), _CHUNK)
    ]


def run_chunk(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """Price one part again; nothing of it is kept but the comparison."""
    found = what_if.reprice_actuals(
        list_id=arguments["list_id"], from_id_list=arguments["entry_ids"], actor=actor
    )
    return ChunkResult(
        result={
            "rows": [
                [row.group, row.side, row.currency, row.minutes, f"{row.now:f}", f"{row.then:f}"]
                for row in found.rows
            ],
            "refused": found.refused,
            "reasons": list(found.reasons),
        },
    )


def _page_of(run: JobRun) -> str:
    return reverse("repricing:year", args=[run.arguments["list_id"], run.pk])


register(
    JobKind(
        kind=YEAR,
        title="Price a year again",
        permission=PricingPermission.MANAGE_LISTS,
        plan=plan,
        run_chunk=run_chunk,
        result_url=_page_of,
    )
)
