"""Acme with its engagement, and an import carried through as its page would."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from psa.core.access import actors
from psa.core.actor import Actor
from psa.core.jobs import services as jobs
from psa.edges.integrations.imports.models import ImportRow, ImportRun
from psa.edges.integrations.imports.services import running, staging
from tests.factories import AT, Firm, make_engagement, make_firm

FILES = Path(__file__).parent / "files"
Carry = Callable[..., ImportRun]


@pytest.fixture
def firm(db: None) -> Iterator[Firm]:
    """Acme with Kessler's project P-1, its scope open."""
    made = make_firm()
    with made.scope():
        make_engagement(made)
        yield made


@pytest.fixture
def operator(firm: Firm) -> Actor:
    return actors.for_operator(firm.tenant.pk)


@pytest.fixture
def check(operator: Actor) -> Carry:
    """Stage a file and check it; further options and columns as keywords."""

    def checked(
        kind: str, content: bytes | str, filename: str = "file.csv", **more: Any
    ) -> ImportRun:
        given = content.encode() if isinstance(content, str) else content
        run = staging.stage_file(
            kind_code=kind, filename=filename, content=given, actor=operator, at=AT,
            profile=more.pop("profile", ""),
        )  # fmt: skip
        columns = {target: run.header.index(c) for target, c in more.pop("columns", {}).items()}
        return finished(
            running.map_and_check(
                run_id=run.pk, mapping={**run.mapping, **columns}, options={**run.options, **more},
                lock_version=run.lock_version, actor=operator, at=AT,
            )
        )  # fmt: skip

    return checked


@pytest.fixture
def carry(check: Carry, operator: Actor) -> Carry:
    """Stage, check and import a file."""

    def carried(
        kind: str, content: bytes | str, filename: str = "file.csv", **more: Any
    ) -> ImportRun:
        skips = more.pop("skips_bad_rows", False)
        run = check(kind, content, filename, **more)
        return finished(
            running.start_apply(run_id=run.pk, skips_bad_rows=skips, actor=operator, at=AT)
        )

    return carried


@pytest.fixture
def undo(operator: Actor) -> Callable[[ImportRun], ImportRun]:
    def undone(run: ImportRun) -> ImportRun:
        return finished(running.start_undo(run_id=run.pk, actor=operator, at=AT))

    return undone


def finished(run: ImportRun) -> ImportRun:
    """The import when its job, if it has one, has ended."""
    if run.job_run_id is not None:
        done = jobs.run_now(run.job_run_id)
        assert done.state == "done", done.error
    run.refresh_from_db()
    return run


def states(run: ImportRun) -> list[str]:
    """The state of each row, in the order of the file."""
    rows = ImportRow.objects.filter(run=run).order_by("number")
    return list(rows.values_list("state", flat=True))


def sentences(run: ImportRun) -> list[str]:
    """What is said of each row."""
    rows = ImportRow.objects.filter(run=run).order_by("number")
    return list(rows.values_list("sentence", flat=True))
