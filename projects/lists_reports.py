"""The list of a project's status reports."""

from typing import Final

from django.urls import reverse

from psa.core.web.lists import Column, DateRangeFilter, Empty, ListSpec

from .selectors.reports import ReportRow


def _url(row: ReportRow) -> str:
    return reverse("projects:status_report", args=[row.project_id, row.id])


REPORTS: Final = ListSpec(
    key="status-reports",
    title="Status reports",
    noun=("report", "reports"),
    columns=(
        Column("title", "Report", kind="link", sort="number"),
        Column("health", "Status", kind="health"),
        Column("as_of", "As of", kind="date", sort="as_of"),
        Column("published_by_name", "Published by", kind="person", phone=False),
        Column("published_at", "Published", kind="datetime", sort="published_at", phone=False),
        Column("sent_to", "Sent to"),
    ),
    filters=(DateRangeFilter("as_of", "As of"),),
    search=("title", "sent_to"),
    search_label="Filter by number or address",
    order="-number",
    row_url=_url,
    empty=Empty(
        "No status report yet",
        "A report is filled in from live data, and kept as it was once published.",
        icon="file-text",
    ),
)
