"""Endpoints of imports: a file sent, its columns named, checked, applied, undone."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from ninja import Field, File, Form
from ninja.files import UploadedFile

from psa.core import clock
from psa.core.documents.tables import MAX_BYTES
from psa.core.errors import DomainError
from psa.core.org.rules.names import plain
from psa.core.pricing import owners
from psa.core.pricing.models import PriceList
from psa.core.web.api import ApiRequest, Endpoints, In, Named, Nothing, Out
from psa.core.web.api.fields import Day, Id, Number, OneOf, Text, Within

from . import forms, kind_registry, lists_of_imports, selectors
from .permissions import IMPORT_PERMISSIONS
from .services import running, staging

endpoints = Endpoints("imports", "Imports")
Word = Annotated[str, Text(120)]


class TargetOut(Out):
    """What a column can be mapped to."""

    code: str
    label: str
    is_required: bool
    help_text: str


class ImportKindOut(Out):
    """A kind of record that you may import."""

    code: str
    title: str
    max_rows: int
    targets: list[TargetOut]
    profiles: list[str]


class TotalOut(Out):
    """One sum of the migration reconciliation: what the file says, and what the system holds."""

    measure: str
    group: str
    unit: str
    before: Number
    after: Number
    agrees: bool


class RefusedRowOut(Out):
    number: int
    sentence: str


class ImportOut(Out):
    """An import on its way: what was read, which column is what, what would happen or has."""

    id: int
    kind: str
    profile: str
    filename: str
    state: str
    header: list[str]
    notes: list[str]
    mapping: dict[str, int] = Field(description="Target to the place of its column, from 0.")
    options: dict[str, Any]
    row_count: int
    counts: dict[str, int] = Field(description="Rows by state.")
    refused_rows: list[RefusedRowOut] = Field(description="The first fifty, with the reason.")
    totals: list[TotalOut]
    skips_bad_rows: bool
    summary: str
    created_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None
    job: Named | None = Field(description="The job that works on it; follow it under `/jobs/{id}`.")
    lock_version: int


class ImportOptionsIn(In):
    """How values are written, and what the kind asks besides; what is left out is as usual."""

    date_order: Annotated[str, OneOf(*(word for word, _ in forms.DATE_ORDERS))] = "iso"
    decimal: Annotated[str, OneOf(*(word for word, _ in forms.DECIMALS))] = "auto"
    duration: Annotated[str, OneOf(*(word for word, _ in forms.DURATIONS))] = "hours"
    hours_per_day: Annotated[Decimal, Within(digits=4, places=2, least=1, most=24)] | None = Field(
        None, description="What `1d` stands for; 8 without it."
    )
    country: Annotated[str, Text(2)] = ""
    currency: Annotated[str, Text(3)] = ""
    allows_duplicates: bool = False
    unit: Annotated[str, Text(30)] = ""
    role: Annotated[str, Text(30)] = ""
    employed_from: Day | None = None
    name: Word = ""
    context: Annotated[str, OneOf("", *PriceList.Context.values)] = ""
    owner_unit_id: Id | None = Field(None, description="The unit it is for; none: the firm.")
    valid_from: Day | None = None
    valid_until: Day | None = None
    time_unit: Annotated[str, OneOf("hour", "day")] = "hour"
    create_roles: bool = False
    names: (
        dict[Annotated[str, Text(20)], dict[Annotated[str, Text(400)], Annotated[str, Text(120)]]]
        | None
    ) = Field(
        None,
        description="What names of the file mean here: `project` or `person` → its name there → its "
        "code here. Remembered for the next file of the same tool; what was told before holds "
        "where this is left out.",
    )

    def chosen(self) -> dict[str, Any]:
        """Those that were sent, as the page's form gives them."""
        given = {name: value for name, value in self.given().items() if value not in (None, "")}
        unit_id = given.pop("owner_unit_id", None)
        if unit_id is not None:
            given["owner"] = f"{owners.UNIT}:{unit_id}"
        if names := given.pop("names", None):
            given["names"] = {
                code: {plain(name): told for name, told in told_of.items()}
                for code, told_of in names.items()
            }
        return {name: forms.as_stored(value) for name, value in given.items()}


class ImportColumnsIn(In):
    mapping: dict[Annotated[str, Text(40)], Annotated[int, Field(ge=0, le=500)]] = Field(
        max_length=100, description="Target to the place of its column, from 0."
    )
    options: ImportOptionsIn | None = None


class ImportApplyIn(In):
    skips_bad_rows: bool = Field(False, description="Leave out the rows that cannot be imported.")


@endpoints.report("/import-kinds", list[ImportKindOut], *IMPORT_PERMISSIONS)
def list_import_kinds(request: ApiRequest) -> Any:
    """What you may import, and what a column of it can be."""
    return [
        {
            "code": kind.code,
            "title": kind.title,
            "max_rows": kind.max_rows,
            "targets": list(kind.targets),
            "profiles": [profile.name for profile in kind.profiles],
        }
        for kind in kind_registry.kinds_for(request.actor)
    ]


@endpoints.list("/imports", lists_of_imports.IMPORTS, *IMPORT_PERMISSIONS, name="Import")
def list_imports(request: ApiRequest) -> Any:
    """Imports of the kinds that you may import."""
    return selectors.run_rows(actor=request.actor)


@endpoints.read("/imports/{import_id}", ImportOut, *IMPORT_PERMISSIONS)
def get_import(request: ApiRequest, import_id: Id) -> Any:
    """One import: its columns, and what became or would become of its rows."""
    page = selectors.run_page(actor=request.actor, run_id=import_id)
    run = page.run
    given = {name: getattr(run, name, None) for name in ImportOut.model_fields}
    job = {"id": run.job_run_id, "name": run.summary} if run.job_run_id and page.is_live else None
    return given | {
        "counts": dict(page.counts),
        "refused_rows": [{"number": row.number, "sentence": row.sentence} for row in page.bad],
        "totals": list(page.totals),
        "job": job,
    }


@endpoints.write("POST", "/imports", ImportOut, *IMPORT_PERMISSIONS, status=201)
def start_import(
    request: ApiRequest,
    file: UploadedFile = File(...),
    kind: Word = Form(...),
    profile: Word = Form(""),
) -> Any:
    """Send a CSV or XLSX file. Its columns are guessed; nothing is imported yet."""
    if file.size is None or file.size > MAX_BYTES:
        raise DomainError(
            f"The file is larger than {MAX_BYTES // 1024**2} MB. Split it, or save it as CSV.",
            "file",
        )
    made = staging.stage_file(
        kind_code=kind,
        profile=profile,
        filename=file.name or "import",
        content=file.read(),
        actor=request.actor,
        at=clock.now(),
    )
    return get_import(request, import_id=made.pk)


@endpoints.write(
    "PUT",
    "/imports/{import_id}/columns",
    ImportOut,
    *IMPORT_PERMISSIONS,
    of=get_import,
    versioned=True,
)
def check_import(request: ApiRequest, import_id: Id, body: ImportColumnsIn) -> Any:
    """Say which column is what, and see what importing would do; long files are checked by a job."""
    running.map_and_check(
        run_id=import_id,
        mapping=body.mapping,
        options=body.options.chosen() if body.options else {},
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
    )
    return get_import(request, import_id=import_id)


@endpoints.write(
    "POST", "/imports/{import_id}/apply", ImportOut, *IMPORT_PERMISSIONS, of=get_import
)
def apply_import(request: ApiRequest, import_id: Id, body: ImportApplyIn) -> Any:
    """Import what was checked, by a job: all rows or none, or all but the bad ones."""
    running.start_apply(
        run_id=import_id,
        skips_bad_rows=body.skips_bad_rows,
        actor=request.actor,
        at=clock.now(),
    )
    return get_import(request, import_id=import_id)


@endpoints.write("POST", "/imports/{import_id}/undo", ImportOut, *IMPORT_PERMISSIONS, of=get_import)
def undo_import(request: ApiRequest, import_id: Id, body: Nothing) -> Any:
    """Take back what an import made, by a job; what was used since stays, with the reason."""
    running.start_undo(run_id=import_id, actor=request.actor, at=clock.now())
    return get_import(request, import_id=import_id)


@endpoints.write(
    "DELETE", "/imports/{import_id}", None, *IMPORT_PERMISSIONS, status=204, of=get_import
)
def discard_import(request: ApiRequest, import_id: Id) -> Any:
    """Remove an import of which nothing was applied."""
    staging.discard_run(run_id=import_id, actor=request.actor, at=clock.now())


@endpoints.list(
    "/imports/{import_id}/rows", lists_of_imports.ROWS, *IMPORT_PERMISSIONS, name="ImportRow"
)
def list_import_rows(request: ApiRequest, import_id: Id) -> Any:
    """The rows of the file, each with its state and the reason."""
    found = selectors.get_run(actor=request.actor, run_id=import_id)
    return selectors.rows_of(found, actor=request.actor).values(
        "id", "number", "state", "sentence", "cells"
    )
