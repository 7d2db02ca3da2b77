"""The audit trail as a list, as a declaration."""

from django.urls import reverse

from psa.core.web import sentences
from psa.core.web.lists import ChoiceFilter, Column, DateRangeFilter, Empty, ListSpec, TextFilter

VIA = [
    ("web", "Pages"),
    ("api", "API"),
    ("job", "Job"),
    ("portal", "Portal"),
    ("copilot", "Copilot"),
]

ENTRIES = ListSpec(
    key="audit",
    title="Audit trail",
    noun=("entry", "entries"),
    columns=(
        Column("at", "When", kind="datetime"),
        Column("actor", "Who", kind="person", value=lambda row: row["actor__name"] or "System"),
        Column("sentence", "What", kind="link", value=lambda row: sentences.told(row["sentence"])),
        Column("event", "Event", kind="code"),
        Column("record_type", "Record", shown=False),
        Column("record_id", "Number", kind="code", shown=False),
        Column("via", "Through", value=lambda row: dict(VIA).get(row["via"], row["via"])),
    ),
    filters=(
        DateRangeFilter("at", "When"),
        TextFilter("event", "Event", lookup="startswith"),
        TextFilter("record_type", "Record", lookup="startswith"),
        TextFilter("actor", "Who", field="actor__name"),
        ChoiceFilter("via", "Through", choices=VIA),
    ),
    order="-id",
    row_url=lambda row: reverse("audit:entry", args=[row["id"]]),
    row_label=lambda row: sentences.told(row["sentence"]),
    empty=Empty("No entries yet", "Every change to a business record is written here."),
)
