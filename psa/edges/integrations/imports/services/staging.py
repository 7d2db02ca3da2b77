"""From a file to staged rows with columns that are known: nothing is imported yet."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.documents import naming
from psa.core.documents.tables import Table, TableRow, read_table
from psa.core.errors import Conflict, DomainError, PermissionDenied

from .. import kind_registry, selectors, storage
from ..kind_registry import Kind, Profile
from ..models import ImportProfile, ImportRun
from ..rules import aliases, cells, columns

RECORD = "imports.ImportRun"
LAST_USED = "Last used"
READING_OPTIONS = ("date_order", "decimal", "duration", "hours_per_day")
_SAMPLE = 200


@transaction.atomic
def stage_file(
    *, kind_code: str, filename: str, content: bytes, actor: Actor, at: datetime, profile: str = ""
) -> ImportRun:
    """Read a file and keep its rows beside the records they are to become.

    Its columns are guessed: by the profile named or recognised, by what was used last for such a
    file, else by their names. Columns that a kind leaves out (rates in a time export) are not kept.
    Raises  NotFound for an unknown kind, PermissionDenied, DomainError on "file" for what is no
            table, or on "profile" for one that the kind does not have.
    """
    kind = kind_registry.get(kind_code)
    check_may_import(kind, actor)
    shown = naming.spoken_filename(filename)
    table, dropped = _kept_columns(
        read_table(content, filename=shown, max_rows=kind.max_rows), kind
    )
    if not table.rows:
        raise DomainError(f"“{shown}” has a header but no rows.", "file")
    ready = _profile(kind, profile, table.header)
    mapping, options = _first_guess(kind, table, ready)
    notes = list(table.notes)
    if dropped:
        notes.append(
            f"Not read: {', '.join(dropped)}. Rates and amounts come from the price lists."
        )
    run: ImportRun = ImportRun.objects.create(
        tenant_id=actor.tenant_id,
        kind=kind.code,
        profile=ready.name if ready else "",
        filename=shown[:160],
        sha256=hashlib.sha256(content).hexdigest(),
        header=list(table.header),
        notes=notes,
        mapping=mapping,
        options=options,
        row_count=len(table.rows),
        created_by_id=actor.membership_id,
        created_at=at,
    )
    storage.insert_rows(table.rows, run_id=run.pk, tenant_id=actor.tenant_id)
    tell(run, actor, at, "imports.staged", f"Read {len(table.rows):,} rows of “{shown}”.")
    return run


@transaction.atomic
def set_columns(
    *,
    run_id: int,
    mapping: Mapping[str, int],
    options: Mapping[str, Any],
    lock_version: int,
    actor: Actor,
    at: datetime,
) -> ImportRun:
    """Say which column is what and how values are written; what was checked is checked anew.

    The mapping is remembered for the next file with these columns.
    Raises  NotFound; Conflict if the import went on meanwhile; DomainError naming what is missing.
    """
    run = run_in_state(
        run_id, actor, ImportRun.State.STAGED, ImportRun.State.CHECKED, version=lock_version
    )
    kind = kind_registry.get(run.kind)
    known = {target.code for target in kind.targets}
    for code, place in mapping.items():
        if code not in known or not 0 <= place < len(run.header):
            raise DomainError("This column does not exist. Load the import again.")
    lacking = columns.missing(mapping, kind.targets)
    if lacking:
        raise DomainError(f"Say which column holds: {', '.join(lacking)}.")
    if kind.code == "time" and not ({"person", "last_name"} & set(mapping)):
        raise DomainError("Say which column names the person.")
    shown = run.options.get("names", {})
    given = {"names": shown, **options} if shown else dict(options)
    _check_names(given.get("names", {}), kind)
    run.mapping = dict(sorted(mapping.items()))
    run.options = given
    run.state = ImportRun.State.STAGED
    run.lock_version += 1
    run.save(update_fields=["mapping", "options", "state", "lock_version"])
    _remember(run, shown, at)
    return run


def _remember(run: ImportRun, shown: aliases.Aliases, at: datetime) -> None:
    """Keep how the file was mapped, and what its names mean here, for the next from the same tool."""
    name = run.profile or LAST_USED
    before = selectors.told_names(run.kind, name)
    told = aliases.kept(before, shown, run.options.get("names", {}))
    options = {k: v for k, v in run.options.items() if k in READING_OPTIONS}
    ImportProfile.objects.update_or_create(
        tenant_id=run.tenant_id,
        kind=run.kind,
        name=name,
        defaults={
            "columns": {code: run.header[place] for code, place in run.mapping.items()},
            "options": {**options, "names": told} if told else options,
            "used_at": at,
        },
    )  # fmt: skip


def _check_names(told: aliases.Aliases, kind: Kind) -> None:
    codes = [one.code for one in kind.aliased]
    for code in told:
        if code not in codes:
            known = ", ".join(codes) or "none"
            raise DomainError(f"What “{code}” is called cannot be told. Known: {known}.", "names")


@transaction.atomic
def discard_run(*, run_id: int, actor: Actor, at: datetime) -> None:
    """Remove an import of which nothing was applied, with its staged rows.

    Raises  NotFound; Conflict if it was applied.
    """
    run = run_in_state(run_id, actor, ImportRun.State.STAGED, ImportRun.State.CHECKED)
    tell(run, actor, at, "imports.discarded", f"Discarded the import of “{run.filename}”.")
    run.delete()


def check_may_import(kind: Kind, actor: Actor) -> None:
    """Raises  PermissionDenied naming the first permission that is missing."""
    for permission in kind.permissions:
        actor.require(permission)
    if not kind.is_for(actor):
        raise PermissionDenied("Your role does not import this kind of record.")


def run_in_state(
    run_id: int, actor: Actor, *states: ImportRun.State, version: int | None = None
) -> ImportRun:
    """The import, locked, while it is in one of these states.

    Raises  NotFound, PermissionDenied; Conflict if it went on meanwhile.
    """
    run = selectors.get_run(actor=actor, run_id=run_id, lock=True)
    check_may_import(kind_registry.get(run.kind), actor)
    if run.state not in states or (version is not None and run.lock_version != version):
        raise Conflict(
            f"The import of “{run.filename}” has gone on meanwhile: it is "
            f"{run.get_state_display().lower()}. Load it again."
        )
    return run


def tell(run: ImportRun, actor: Actor, at: datetime, event: str, sentence: str) -> None:
    """One sentence in the trail of an import."""
    audit.record(
        actor=actor, at=at, event=event, record_type=RECORD, record_id=run.pk, sentence=sentence
    )


def _kept_columns(table: Table, kind: Kind) -> tuple[Table, list[str]]:
    words = re.compile(rf"\b(?:{'|'.join(kind.left_out)})s?\b", re.I) if kind.left_out else None
    if words is None:
        return table, []
    places = [i for i, name in enumerate(table.header) if not words.search(name)]
    dropped = [name for name in table.header if words.search(name)]
    rows = tuple(TableRow(r.number, tuple(r.cells[i] for i in places)) for r in table.rows)
    return Table(tuple(table.header[i] for i in places), rows, table.notes), dropped


def _profile(kind: Kind, name: str, header: Sequence[str]) -> Profile | None:
    """The profile asked for, else the one that the header tells."""
    by_name = {profile.name: profile for profile in kind.profiles}
    if name:
        if name not in by_name:
            known = ", ".join(by_name) or "none"
            raise DomainError(f"There is no profile “{name}”. Known: {known}.", "profile")
        return by_name[name]
    given = {columns.plain(column) for column in header}
    for profile in kind.profiles:
        if all(columns.plain(column) in given for column in profile.signature):
            return profile
    return None


def _first_guess(
    kind: Kind, table: Table, ready: Profile | None
) -> tuple[dict[str, int], dict[str, Any]]:
    known = selectors.remembered(kind, table.header) if ready is None else None
    wanted: dict[str, str] = {}
    options: dict[str, Any] = {}
    if ready is not None:
        given = {columns.plain(name): name for name in table.header}
        for code, candidates in ready.columns.items():
            free = {plain: name for plain, name in given.items() if name not in wanted.values()}
            found = next(
                (free[columns.plain(c)] for c in candidates if columns.plain(c) in free), None
            )
            if found:
                wanted[code] = found
        if told := selectors.told_names(kind.code, ready.name):
            options["names"] = told
    elif known is not None:
        wanted = dict(known.columns)
        options = dict(known.options)
    mapping = (
        {code: table.header.index(name) for code, name in wanted.items()}
        if ready is not None
        else columns.guessed(table.header, kind.targets, wanted)
    )
    date_target = next(
        (c for c in ("work_on", "employed_from", "starts_on", "spent_on") if c in mapping), None
    )
    if "date_order" not in options and date_target:
        samples = [row.cells[mapping[date_target]] for row in table.rows[:_SAMPLE]]
        options["date_order"] = cells.date_order_of(samples)
    if "duration" not in options and "time" in mapping:
        name = columns.plain(table.header[mapping["time"]])
        options["duration"] = next(
            (unit for unit in (cells.SECONDS, cells.MINUTES) if unit in name), cells.HOURS
        )
    return mapping, options
