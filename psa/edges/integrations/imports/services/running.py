"""Checking, applying and undoing an import: a check is the whole import in a transaction that is
rolled back, so that it can say nothing else than the import would."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.jobs import services as job_services
from psa.core.jobs.models import JobRun

from .. import kind_registry, selectors, storage
from ..kind_registry import Outcome
from ..models import ImportRow, ImportRun
from ..rules import reconciliation
from ..rules.reconciliation import Key
from . import staging

CHECK, APPLY, UNDO = "imports.check", "imports.apply", "imports.undo"
# As many are checked while somebody waits for the page.
CHECKED_AT_ONCE = 500
_STATES_READY = (ImportRow.State.READY, ImportRow.State.WAITING)


class _RolledBack(Exception):
    """Ends a dry run: what it wrote is undone."""


@transaction.atomic
def check_run(*, run_id: int, actor: Actor, at: datetime) -> ImportRun:
    """Find out what importing would do with each row; a long file is checked by a job.

    Raises  NotFound, Conflict unless it is mapped; DomainError if the file as a whole is refused.
    """
    run = staging.run_in_state(run_id, actor, ImportRun.State.STAGED, ImportRun.State.CHECKED)
    if run.row_count <= CHECKED_AT_ONCE:
        return check_now(run, actor=actor, at=at)
    return _start(run, CHECK, ImportRun.State.CHECKING, "Check", actor=actor, at=at)


@transaction.atomic
def map_and_check(
    *,
    run_id: int,
    mapping: Mapping[str, int],
    options: Mapping[str, Any],
    lock_version: int,
    actor: Actor,
    at: datetime,
) -> ImportRun:
    """Say which column is what, and find out what importing would do.

    Raises  as `staging.set_columns` and `check_run`.
    """
    staging.set_columns(
        run_id=run_id,
        mapping=mapping,
        options=options,
        lock_version=lock_version,
        actor=actor,
        at=at,
    )
    return check_run(run_id=run_id, actor=actor, at=at)


def check_as_job(*, run_id: int, actor: Actor, at: datetime) -> ImportRun:
    """`check_now` for a file that was queued; one refused as a whole is to be mapped again."""
    run = selectors.get_run(actor=actor, run_id=run_id, lock=True)
    staging.check_may_import(kind_registry.get(run.kind), actor)
    if run.state != ImportRun.State.CHECKING:
        return run
    try:
        return check_now(run, actor=actor, at=at)
    except DomainError as error:
        return _went_back(run, ImportRun.State.STAGED, error.message)


def check_now(run: ImportRun, *, actor: Actor, at: datetime) -> ImportRun:
    """Check all rows in the caller's transaction; the import itself is undone."""
    kind = kind_registry.get(run.kind)
    rows = selectors.staged(run)
    drafts = selectors.drafts_of(run, rows)
    settings = selectors.settings_of(run)
    outcomes = dry_run(run, drafts, actor=actor, at=at)
    checked = [_as_checked(outcome) for outcome in outcomes]
    storage.mark_rows([row.id for row in rows], checked)
    run.totals_before = reconciliation.as_data(kind.importer.totals_of_file(drafts, settings))
    run.state = ImportRun.State.CHECKED
    run.summary = summary_of(checked)
    run.lock_version += 1
    run.save(update_fields=["totals_before", "state", "summary", "lock_version"])
    return run


def dry_run(
    run: ImportRun, drafts: Sequence[kind_registry.Draft], *, actor: Actor, at: datetime
) -> list[Outcome]:
    """What applying these rows would answer, in a savepoint that is rolled back."""
    outcomes: list[Outcome] = []
    try:
        with transaction.atomic():
            kind = kind_registry.get(run.kind)
            settings = selectors.settings_of(run)
            outcomes = kind.importer.apply(drafts, settings, actor=actor, at=at)
            _check_deferred()
            raise _RolledBack
    except _RolledBack:
        pass
    return outcomes


@transaction.atomic
def start_apply(*, run_id: int, skips_bad_rows: bool, actor: Actor, at: datetime) -> ImportRun:
    """Queue the import of what was checked: all rows or none, or all but the bad ones.

    Raises  NotFound, Conflict; DomainError if there is nothing to import, or bad rows stand in the
            way of all or nothing.
    """
    run = staging.run_in_state(run_id, actor, ImportRun.State.CHECKED)
    counts = {
        state: ImportRow.objects.filter(run=run, state=state).count()
        for state in (ImportRow.State.READY, ImportRow.State.BAD)
    }
    if not counts[ImportRow.State.READY]:
        raise DomainError(
            "No row can be imported. Mend the file and upload it again, or correct the columns."
        )
    if counts[ImportRow.State.BAD] and not skips_bad_rows:
        raise DomainError(
            f"{counts[ImportRow.State.BAD]:,} rows cannot be imported, so nothing was. Mend the "
            "file, or import without the bad rows.",
            "skips_bad_rows",
        )
    run.skips_bad_rows = skips_bad_rows
    run.save(update_fields=["skips_bad_rows"])
    return _start(run, APPLY, ImportRun.State.APPLYING, "Import", actor=actor, at=at)


def apply_rows(
    *, run_id: int, from_number: int, until_number: int, actor: Actor, at: datetime
) -> list[Outcome]:
    """Import the rows between two numbers (both included) that wait; in the caller's transaction.

    A row that was imported is not imported again, however often this is called. All or nothing: a
    row that is refused by now undoes the others of the call, and the import is to be checked again.
    """
    run = selectors.get_run(actor=actor, run_id=run_id, lock=True)
    kind = kind_registry.get(run.kind)
    staging.check_may_import(kind, actor)
    rows = selectors.staged(
        run, state__in=_STATES_READY, number__gte=from_number, number__lte=until_number
    )
    if not rows or run.state != ImportRun.State.APPLYING:
        return []
    drafts = selectors.drafts_of(run, rows)
    outcomes: list[Outcome] = []
    try:
        with transaction.atomic():
            settings = selectors.settings_of(run)
            outcomes = kind.importer.apply(drafts, settings, actor=actor, at=at)
            _check_deferred()
            if not run.skips_bad_rows and any(outcome.state == "bad" for outcome in outcomes):
                raise _RolledBack
    except DomainError as error:
        _went_back(run, ImportRun.State.CHECKED, f"Nothing was imported. {error.message}")
        return []
    except _RolledBack:
        checked = [_as_checked(outcome) for outcome in outcomes]
        storage.mark_rows([row.id for row in rows], checked)
        said = f"Nothing was imported: {summary_of(checked)}"
        _went_back(run, ImportRun.State.CHECKED, said)
        return checked
    storage.mark_rows([row.id for row in rows], outcomes)
    return outcomes


@transaction.atomic
def finish_apply(*, run_id: int, actor: Actor, at: datetime) -> ImportRun:
    """Compare the totals and close the import. Nothing happens to one that went back."""
    run = selectors.get_run(actor=actor, run_id=run_id, lock=True)
    if run.state != ImportRun.State.APPLYING:
        return run
    run.totals_after = reconciliation.as_data(_totals_after(run))
    run.state = ImportRun.State.DONE
    run.applied_at = at
    run.summary = _summary_in_database(run)
    run.lock_version += 1
    run.save(update_fields=["totals_after", "state", "applied_at", "summary", "lock_version"])
    staging.tell(run, actor, at, "imports.applied", f"Imported “{run.filename}”: {run.summary}")
    return run


@transaction.atomic
def start_undo(*, run_id: int, actor: Actor, at: datetime) -> ImportRun:
    """Queue the taking back of what an import made, where it is still untouched.

    Raises  NotFound, Conflict unless it is done.
    """
    run = staging.run_in_state(run_id, actor, ImportRun.State.DONE)
    return _start(run, UNDO, ImportRun.State.UNDOING, "Undo import", actor=actor, at=at)


def undo_rows(
    *, run_id: int, from_number: int, until_number: int, actor: Actor, at: datetime
) -> list[tuple[int, str]]:
    """Take back the imported rows between two numbers; (row number, why) of those that stay."""
    run = selectors.get_run(actor=actor, run_id=run_id, lock=True)
    kind = kind_registry.get(run.kind)
    staging.check_may_import(kind, actor)
    if run.state != ImportRun.State.UNDOING:
        return []
    rows = list(
        ImportRow.objects.filter(
            run=run, state=ImportRow.State.IMPORTED, number__gte=from_number,
            number__lte=until_number,
        )
        .order_by("-number")
        .values_list("id", "number", "record_type", "record_id", "key")
    )  # fmt: skip
    kept: dict[tuple[str, int], str] = {}
    # "sales.Contact" comes before "sales.Account": contacts go before what they belong to.
    for record_type in sorted({row[2] for row in rows}, reverse=True):
        ids = list(dict.fromkeys(row[3] for row in rows if row[2] == record_type))
        found = kind.importer.undo(record_type, ids, actor=actor, at=at)
        kept |= {(record_type, record_id): why for record_id, why in found.items()}
    outcomes = [
        Outcome(
            "kept" if (record_type, record_id) in kept else "undone",
            kept.get((record_type, record_id), ""),
            record_type,
            record_id,
            key,
        )
        for _, _, record_type, record_id, key in rows
    ]
    storage.mark_rows([row[0] for row in rows], outcomes)
    return [
        (row[1], outcome.sentence)
        for row, outcome in zip(rows, outcomes, strict=True)
        if outcome.state == "kept"
    ]


@transaction.atomic
def finish_undo(*, run_id: int, actor: Actor, at: datetime) -> ImportRun:
    """Close the undoing, with what is left of the import in the totals."""
    run = selectors.get_run(actor=actor, run_id=run_id, lock=True)
    if run.state != ImportRun.State.UNDOING:
        return run
    run.totals_after = reconciliation.as_data(_totals_after(run))
    run.state = ImportRun.State.UNDONE
    run.undone_at = at
    run.summary = _summary_in_database(run)
    run.lock_version += 1
    run.save(update_fields=["totals_after", "state", "undone_at", "summary", "lock_version"])
    staging.tell(
        run, actor, at, "imports.undone", f"Undid the import of “{run.filename}”: {run.summary}"
    )
    return run


def summary_of(outcomes: Sequence[Outcome]) -> str:
    """What became of the rows, in one sentence."""
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.state] = counts.get(outcome.state, 0) + 1
    return _summary(counts)


def _summary(counts: Mapping[str, int]) -> str:
    words = (
        ("imported", "imported"), ("ready", "will be imported"), ("known", "there already"),
        ("bad", "left out"), ("undone", "undone"), ("kept", "kept at undo"),
    )  # fmt: skip
    said = [f"{counts[state]:,} {word}" for state, word in words if counts.get(state)]
    return ", ".join(said) + "." if said else "There was nothing to import."


def _summary_in_database(run: ImportRun) -> str:
    return _summary(
        {
            state: count
            for state in ImportRow.State.values
            if (count := ImportRow.objects.filter(run=run, state=state).count())
        }
    )


def _totals_after(run: ImportRun) -> Mapping[Key, Decimal]:
    records = list(
        ImportRow.objects.filter(run=run, record_id__isnull=False)
        .exclude(state__in=(ImportRow.State.UNDONE, ImportRow.State.BAD))
        .values_list("record_type", "record_id")
    )
    return kind_registry.get(run.kind).importer.totals_of_records(records)


def _start(
    run: ImportRun,
    job_kind: str,
    state: ImportRun.State,
    verb: str,
    *,
    actor: Actor,
    at: datetime,
) -> ImportRun:
    run.state = state
    run.lock_version += 1
    job: JobRun = job_services.start(
        kind=job_kind,
        key=f"{run.pk}:{run.lock_version}",
        title=f"{verb}: {run.filename}",
        arguments={"run_id": run.pk},
        actor=actor,
        at=at,
    )
    run.job_run_id = job.pk
    run.save(update_fields=["state", "lock_version", "job_run_id"])
    return run


def _went_back(run: ImportRun, state: ImportRun.State, sentence: str) -> ImportRun:
    run.state = state
    run.summary = sentence[:300]
    run.lock_version += 1
    run.save(update_fields=["state", "summary", "lock_version"])
    return run


def _as_checked(outcome: Outcome) -> Outcome:
    """What a dry run made is gone: the row is ready, and has no record yet."""
    if outcome.state == "imported":
        return Outcome("ready", outcome.sentence, key=outcome.key)
    return outcome


def _check_deferred() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
