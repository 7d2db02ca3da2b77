"""The kinds of work there are; each room registers its own in a module ``jobs.py``.

Those are imported when a kind is first asked for: they bring all services along, a third of the
start of a command that has no job to do. A process that serves or works loads them as it starts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from django.utils.module_loading import autodiscover_modules

from psa.core.actor import Actor
from psa.core.errors import DomainError, NotFound

from .models import JobRun


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of a run: JSON arguments (ids, ISO strings), and its share of the progress bar."""

    arguments: Mapping[str, Any]
    weight: int = 1


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What a chunk did. ``failures`` are {"record": …, "reason": …}, shown to people as they are.

    ``result`` is JSON; over the chunks of a run numbers add up, lists join and other values
    replace each other.
    """

    message: str = ""
    failures: Sequence[Mapping[str, str]] = ()
    result: Mapping[str, Any] = field(default_factory=dict)


class Plan(Protocol):
    def __call__(
        self, *, arguments: dict[str, Any], actor: Actor, at: datetime
    ) -> Sequence[Chunk]: ...


class RunChunk(Protocol):
    def __call__(
        self, *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
    ) -> ChunkResult: ...


class Finish(Protocol):
    def __call__(
        self, *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
    ) -> ChunkResult: ...


@dataclass(frozen=True, slots=True)
class DefaultSchedule:
    """When a kind runs by itself until an administrator says otherwise; exactly one is given."""

    every_minutes: int | None = None
    daily_at_minute: int | None = None
    is_active: bool = True


class Stopped(DomainError):
    """A part that gave up because its run was cancelled: it is undone, and done if that goes on."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of long work.

    ``permission`` is what a person needs to start it ("" for none). ``plan`` cuts the work into
    chunks, once; ``run_chunk`` does one of them inside a transaction of its own (at most some two
    seconds); ``finish`` runs in one more transaction when all are done, with the joined result in
    ``run.result``. ``result_url`` leads from the ended run to what it made. A kind with a
    ``schedule`` is started by the clock; ``is_needed`` spares the run when there is nothing to do.
    Chunks of a kind ``in_order`` build on each other: no two of a run are under way at once.
    """

    kind: str
    title: str
    permission: str
    plan: Plan
    run_chunk: RunChunk
    finish: Finish | None = None
    result_url: Callable[[JobRun], str | None] | None = None
    schedule: DefaultSchedule | None = None
    is_needed: Callable[[], bool] | None = None
    in_order: bool = False


_kinds: dict[str, JobKind] = {}


def register(kind: JobKind) -> None:
    """Make a kind known; the last registration of a name wins."""
    _kinds[kind.kind] = kind


@cache
def load() -> None:
    """Have every room register its kinds, once a process."""
    autodiscover_modules("jobs")


def get(kind: str) -> JobKind:
    """The kind of this name. Raises  NotFound when no installed part registers it."""
    load()
    try:
        return _kinds[kind]
    except KeyError:
        raise NotFound(
            f"There is no kind of job called “{kind}” in this version of the system."
        ) from None


def all_kinds() -> list[JobKind]:
    """Every kind, by name."""
    load()
    return [_kinds[name] for name in sorted(_kinds)]
