"""Reads of imports: runs a member may see, their rows as drafts, and what their page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, QuerySet

from psa.core.actor import Actor
from psa.core.audit.selectors import activity_of
from psa.core.errors import NotFound
from psa.core.web.activity import ActivityEntry

from . import kind_registry
from .kind_registry import Draft, Kind, Settings
from .models import ImportProfile, ImportRow, ImportRun
from .rules import columns, reconciliation
from .rules.cells import Reading
from .rules.reconciliation import TotalLine

SHOWN_ROWS: Final = 8
SHOWN_ERRORS: Final = 50
STEPS: Final = ("File", "Columns", "Check", "Import")


@dataclass(frozen=True, slots=True)
class StagedRow:
    """A staged row as plain values."""

    id: int
    number: int
    cells: list[str]
    state: str
    key: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row on the page: its number, the mapped values in the order of the columns, and its state."""

    number: int
    values: tuple[str, ...]
    state: str
    sentence: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """One import with everything its page shows."""

    run: ImportRun
    kind: Kind
    step: int
    counts: Mapping[str, int]
    columns: tuple[str, ...]
    sample: tuple[ShownRow, ...]
    bad: tuple[ShownRow, ...]
    totals: tuple[TotalLine, ...]
    created_by: str
    same_file_run_id: int | None
    entries: tuple[ActivityEntry, ...]

    @property
    def ready(self) -> int:
        return self.counts.get(ImportRow.State.READY, 0)

    @property
    def known(self) -> int:
        return self.counts.get(ImportRow.State.KNOWN, 0)

    @property
    def refused(self) -> int:
        return self.counts.get(ImportRow.State.BAD, 0)

    @property
    def imported(self) -> int:
        return self.counts.get(ImportRow.State.IMPORTED, 0)

    @property
    def is_live(self) -> bool:
        return self.run.state in (
            ImportRun.State.CHECKING, ImportRun.State.APPLYING, ImportRun.State.UNDOING,
        )  # fmt: skip

    @property
    def agrees(self) -> bool:
        return all(line.agrees for line in self.totals)


@dataclass(frozen=True, slots=True)
class RunRow:
    """An import as the list of imports shows it."""

    id: int
    filename: str
    kind: str
    kind_title: str
    state: str
    row_count: int
    summary: str
    created_by: str
    created_at: datetime


def visible_to(actor: Actor) -> "QuerySet[ImportRun]":
    """Imports of the kinds that the actor may import."""
    kinds = [kind.code for kind in kind_registry.kinds_for(actor)]
    rows: QuerySet[ImportRun] = ImportRun.objects.filter(kind__in=kinds)
    return rows


def get_run(*, actor: Actor, run_id: int, lock: bool = False) -> ImportRun:
    """One import. NotFound alike if it is absent, another tenant's, or not the actor's to see."""
    rows = visible_to(actor).select_related("created_by")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(pk=run_id).first()
    if found is None:
        raise NotFound("There is no such import, or it is not yours to see.")
    return found


def run_rows(*, actor: Actor) -> list[RunRow]:
    """The list of imports, newest first. One query."""
    rows = visible_to(actor).select_related("created_by").order_by("-id")
    return [
        RunRow(
            row.pk, row.filename, row.kind, kind_registry.get(row.kind).title, row.state,
            row.row_count, row.summary, row.created_by.name if row.created_by else "System",
            row.created_at,
        )
        for row in rows
    ]  # fmt: skip


def run_page(*, actor: Actor, run_id: int) -> RunPage:
    """All of one import; a constant number of queries."""
    run = get_run(actor=actor, run_id=run_id)
    kind = kind_registry.get(run.kind)
    counts = dict(
        ImportRow.objects.filter(run=run).values_list("state").annotate(count=Count("id"))
    )
    rows = ImportRow.objects.filter(run=run).order_by("number")
    is_mapped = bool(run.mapping) and run.state != ImportRun.State.STAGED
    mapped = [target for target in kind.targets if target.code in run.mapping]
    places = [run.mapping[target.code] for target in mapped] if is_mapped else None
    shown = tuple(target.label for target in mapped) if is_mapped else tuple(run.header)
    before = reconciliation.from_data(run.totals_before)
    after = reconciliation.from_data(run.totals_after)
    is_over = run.state in (ImportRun.State.DONE, ImportRun.State.UNDONE)
    same = (
        visible_to(actor)
        .filter(sha256=run.sha256, kind=run.kind, state=ImportRun.State.DONE, pk__lt=run.pk)
        .values_list("pk", flat=True)
        .first()
    )
    return RunPage(
        run=run,
        kind=kind,
        step={"staged": 1, "checking": 2, "checked": 2}.get(run.state, 3),
        counts=counts,
        columns=shown,
        sample=tuple(_shown(row, places) for row in rows[:SHOWN_ROWS]),
        bad=tuple(
            _shown(row, places)
            for row in rows.filter(state__in=(ImportRow.State.BAD, ImportRow.State.KEPT))[
                :SHOWN_ERRORS
            ]
        ),
        totals=tuple(reconciliation.compared(before, after)) if is_over else (),
        created_by=run.created_by.name if run.created_by else "System",
        same_file_run_id=same,
        entries=tuple(
            ActivityEntry(entry.actor_name, entry.sentence, entry.at)
            for entry in activity_of(record_type="imports.ImportRun", record_id=run.pk)
        ),
    )


def _shown(row: ImportRow, places: Sequence[int] | None) -> ShownRow:
    """The row's cells at these places; all of them where nothing is mapped yet."""
    values = row.cells if places is None else [row.cells[place] for place in places]
    return ShownRow(row.number, tuple(values), row.state, row.sentence)


def rows_of(run: ImportRun, *, actor: Actor) -> "QuerySet[ImportRow]":
    """The staged rows of an import, for its list of rows."""
    rows: QuerySet[ImportRow] = ImportRow.objects.filter(run=run)
    return rows


def staged(run: ImportRun, **where: Any) -> list[StagedRow]:
    """The rows of an import in the order of the file. One query."""
    rows = ImportRow.objects.filter(run=run, **where).order_by("number")
    return [StagedRow(*row) for row in rows.values_list("id", "number", "cells", "state", "key")]


def drafts_of(run: ImportRun, rows: Sequence[StagedRow]) -> list[Draft]:
    """The rows as they are mapped. Fields keep one order, so that equal rows are equal texts."""
    places = sorted(run.mapping.items())
    return [
        Draft(row.number, {code: row.cells[place] for code, place in places}, row.key)
        for row in rows
    ]


def settings_of(run: ImportRun) -> Settings:
    """How the values of the file are read, and the kind's own options."""
    options = dict(run.options)
    reading = Reading(
        options.pop("date_order", "iso"),
        options.pop("decimal", "auto"),
        options.pop("duration", "hours"),
        int(Decimal(options.pop("hours_per_day", "8")) * 60),
    )
    return Settings(reading, options, run.profile or "file")


def remembered(kind: Kind, header: Sequence[str]) -> ImportProfile | None:
    """The mapping last used for a file with these columns: all of its columns must be there."""
    names = {columns.plain(name) for name in header}
    for profile in ImportProfile.objects.filter(kind=kind.code).order_by("-used_at"):
        if profile.columns and all(columns.plain(c) in names for c in profile.columns.values()):
            return profile
    return None


def told_names(kind: str, profile: str) -> dict[str, dict[str, str]]:
    """What the names in a tool's files were told to mean here: "project" → name → code. One query."""
    options = (
        ImportProfile.objects.filter(kind=kind, name=profile)
        .values_list("options", flat=True)
        .first()
    )
    return dict((options or {}).get("names", {}))
