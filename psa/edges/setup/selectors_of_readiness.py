"""What the pages of going live show: the checklist in groups, the last preflight."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from psa.core.actor import Actor
from psa.core.jobs import selectors as jobs
from psa.core.jobs.models import JobRun
from psa.core.web.progress import JobProgress

from .checklist import Check
from .preflight.rehearsal import Outcome
from .preflight.running import KIND


def grouped(checks: Sequence[Check]) -> list[tuple[str, list[Check]]]:
    """The checks under their headings, in order."""
    return [(title, list(rows)) for title, rows in groupby(checks, key=lambda row: row.group)]


@dataclass(frozen=True, slots=True)
class PreflightPage:
    """The last preflight: its progress, what each sample came to, the first thing that stops."""

    run_id: int
    requested_at: datetime
    progress: JobProgress
    is_done: bool
    outcomes: tuple[Outcome, ...]
    first: Outcome | None


def last_preflight(*, actor: Actor) -> PreflightPage | None:
    """The newest preflight that the actor may see; None if none was run."""
    run: JobRun | None = jobs.visible_to(actor).filter(kind=KIND).order_by("-id").first()
    if run is None:
        return None
    outcomes = tuple(Outcome(**one) for one in run.result.get("outcomes", ()))
    return PreflightPage(
        run.pk,
        run.requested_at,
        jobs.progress_of(actor=actor, run_id=run.pk),
        run.state == JobRun.State.DONE,
        outcomes,
        next((one for one in outcomes if not one.passed), None),
    )
