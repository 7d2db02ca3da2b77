"""A job as its page shows it; the part polls itself until the job has ended."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from psa.core.web import formats, states
from psa.core.web.states import State

_STATES = {
    "queued": states.QUEUED,
    "running": states.RUNNING,
    "done": states.DONE,
    "failed": states.FAILED,
    "cancelled": states.CANCELLED,
}


def of_total(done: int, total: int) -> str:
    """How much of it is done, in the reader's words: too short to be known by its pattern."""
    if not total:
        return "–"
    return gettext("%(done)s of %(total)s") % {
        "done": formats.quantity_text(Decimal(done), 0),
        "total": formats.quantity_text(Decimal(total), 0),
    }


@dataclass(frozen=True, slots=True)
class JobProgress:
    """`state` is queued, running, done, failed or cancelled; `total` None means not known yet."""

    id: int | str
    title: str
    state: str
    done: int
    total: int | None
    poll_url: str
    cancel_url: str | None = None
    result_url: str | None = None
    result_label: str = "Open the result"
    note: str = ""
    log: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        return self.state in ("queued", "running")

    @property
    def badge(self) -> State:
        return _STATES[self.state]

    @property
    def bar_total(self) -> int:
        return max(self.total or 0, 1)

    @property
    def bar_done(self) -> int:
        return self.bar_total if self.state == "done" else min(self.done, self.bar_total)

    @property
    def count_text(self) -> str:
        if self.total is None:
            return "Waiting for a worker" if self.state == "queued" else f"{self.done:,} done"
        return of_total(self.done, self.total)
