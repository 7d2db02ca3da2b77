"""The list of imports, and of one import's rows, as declarations."""

from typing import Any

from django.urls import reverse

from psa.core.web.lists import Action, ChoiceFilter, Column, DateRangeFilter, Empty, ListSpec, View
from psa.core.web.states import State

from .models import ImportRow, ImportRun

RUN_STATES = {
    ImportRun.State.STAGED.value: State("To map", icon="circle-dashed"),
    ImportRun.State.CHECKING.value: State("Being checked", "go", icon="progress"),
    ImportRun.State.CHECKED.value: State("To apply", "warn", icon="circle-dot"),
    ImportRun.State.APPLYING.value: State("Being applied", "go", icon="progress"),
    ImportRun.State.DONE.value: State("Imported", "ok", icon="circle-check"),
    ImportRun.State.UNDOING.value: State("Being undone", "go", icon="progress"),
    ImportRun.State.UNDONE.value: State("Undone", icon="arrow-back-up"),
}
ROW_STATES = {
    ImportRow.State.WAITING.value: State("Not checked", icon="circle-dashed"),
    ImportRow.State.READY.value: State("Will be imported", "ok", icon="circle-dot"),
    ImportRow.State.KNOWN.value: State("There already", icon="circle-minus"),
    ImportRow.State.BAD.value: State("Cannot be imported", "bad", icon="alert-square"),
    ImportRow.State.IMPORTED.value: State("Imported", "ok", icon="circle-check"),
    ImportRow.State.UNDONE.value: State("Undone", icon="arrow-back-up"),
    ImportRow.State.KEPT.value: State("Kept at undo", "warn", icon="lock"),
}
IMPORTS = ListSpec(
    key="imports",
    title="Imports",
    noun=("import", "imports"),
    columns=(
        Column("filename", "File", kind="link"),
        Column("kind_title", "Holds"),
        Column("state", "State", kind="state", states=RUN_STATES),
        Column("row_count", "Rows", kind="number"),
        Column("summary", "Result", prose=True),
        Column("created_by", "By", kind="person"),
        Column("created_at", "When", kind="datetime"),
    ),
    filters=(
        ChoiceFilter("state", "State", choices=ImportRun.State.choices),
        DateRangeFilter("created_at", "When"),
    ),
    views=(
        View("all", "All"),
        View("open", "Open", keep=lambda row: row.state not in ("done", "undone")),
    ),
    search=("filename", "kind_title"),
    search_label="Filter by file",
    order="-created_at",
    row_url=lambda row: reverse("imports:run", args=[row.id]),
    row_label=lambda row: str(row.filename),
    actions=(Action("New import", "imports:create", key="c", icon="plus", primary=True),),
    empty=Empty(
        "No imports yet",
        "Bring accounts, people, price lists and time from CSV and XLSX files. Nothing is written "
        "before you have seen what would happen, and an import can be undone.",
        "New import",
        "imports:create",
    ),
)


def _cells(row: Any) -> str:
    return " · ".join(cell for cell in row["cells"] if cell)


ROWS = ListSpec(
    key="import_rows",
    title="Rows",
    crumbs=(("Imports", "imports:run_list"),),
    noun=("row", "rows"),
    columns=(
        Column("number", "Row", kind="number", sort="number"),
        Column("state", "State", kind="state", states=ROW_STATES, sort="state"),
        Column("sentence", "Why", prose=True),
        Column("cells", "In the file", value=_cells),
    ),
    filters=(ChoiceFilter("state", "State", choices=ImportRow.State.choices),),
    order="number",
    row_label=lambda row: f"Row {row['number']}",
)
