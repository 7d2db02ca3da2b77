"""Status reports of projects: history, the draft, publishing and sending."""

import secrets
from datetime import date
from typing import Annotated, Any

from ninja import Field

from projects import lists_reports
from projects.models import Project
from projects.rules.reporting import ReportContent
from projects.selectors import reports as selectors
from projects.services import report_mails, reports
from psa.core import clock
from psa.core.notifications.mailing import DeliveryView
from psa.core.web.api import ApiRequest, In, Nothing, Out, shape
from psa.core.web.api.fields import Day, Id, OneOf, Text

from .area import CHANGE, SEE, endpoints

# Amounts stand beside the content, for who may see cost.
ContentOut = shape(
    ReportContent,
    "StatusReportContent",
    without=("cpi", "currency", "budget_amount", "cost_amount", "eac_amount"),
)
DeliveryOut = shape(DeliveryView, "StatusReportDelivery")
ReportOut = shape(
    selectors.ReportPage,
    "StatusReportOut",
    content=ContentOut,
    deliveries=list[DeliveryOut],  # type: ignore[valid-type]
)
_Words = Annotated[str, Text(20000)]


class DraftIn(In):
    """What is left out stays as it is, or as live data fill it in."""

    as_of: Day = Field(date(1990, 1, 1), description="Today when a new draft does not say.")
    health: Annotated[str, OneOf(*Project.Health.values)] = "none"
    health_comment: Annotated[str, Text(300)] = ""
    summary: _Words = ""
    accomplishments: _Words = ""
    next_steps: _Words = ""
    decisions_required: _Words = ""


class DraftOut(Out):
    as_of: Day
    health: str
    health_comment: str
    summary: str
    accomplishments: str
    next_steps: str
    decisions_required: str
    lock_version: int


class SendReportIn(In):
    recipients: list[Annotated[str, Text(254, blank=False)]] = Field(min_length=1, max_length=10)
    message: Annotated[str, Text(5000)] = Field("", description="The usual words when left out.")


@endpoints.list(
    "/projects/{project_id}/status-reports", lists_reports.REPORTS, *SEE, name="StatusReport"
)
def list_status_reports(request: ApiRequest, project_id: Id) -> Any:
    """What was published on a project."""
    return selectors.report_rows(actor=request.actor, project_id=project_id)


@endpoints.read("/projects/{project_id}/status-reports/{status_report_id}", ReportOut, *SEE)
def get_status_report(request: ApiRequest, project_id: Id, status_report_id: Id) -> Any:
    """One report as it was published, with the amounts you may see."""
    return selectors.report_page(
        actor=request.actor, project_id=project_id, report_id=status_report_id
    )


@endpoints.write("PUT", "/projects/{project_id}/status-report-draft", DraftOut, *CHANGE)
def write_status_report_draft(request: ApiRequest, project_id: Id, body: DraftIn) -> Any:
    """Begin a draft, filled in from live data, or write in the one that is begun."""
    return reports.write_draft(
        project_id=project_id, today_on=clock.today(), actor=request.actor, at=clock.now(),
        **body.given(),
    )  # fmt: skip


@endpoints.write("POST", "/projects/{project_id}/status-reports", ReportOut, *CHANGE, status=201)
def publish_status_report(request: ApiRequest, project_id: Id) -> Any:
    """Publish the draft; from then on nothing changes it."""
    made = reports.publish_report(
        project_id=project_id, today_on=clock.today(), actor=request.actor, at=clock.now()
    )
    return get_status_report(request, project_id=project_id, status_report_id=made.pk)


@endpoints.write(
    "POST",
    "/projects/{project_id}/status-reports/{status_report_id}/send",
    ReportOut,
    *CHANGE,
    of=get_status_report,
)
def send_status_report(
    request: ApiRequest, project_id: Id, status_report_id: Id, body: SendReportIn
) -> Any:
    """Send the client's edition by e-mail."""
    report_mails.send_report(
        project_id=project_id, report_id=status_report_id, request_key=secrets.token_hex(8),
        actor=request.actor, at=clock.now(), **body.values(),
    )  # fmt: skip
    return get_status_report(request, project_id=project_id, status_report_id=status_report_id)


@endpoints.write("POST", "/status-report-deliveries/{delivery_id}/retry", ReportOut, *CHANGE)
def retry_status_report_delivery(request: ApiRequest, delivery_id: Id, body: Nothing) -> Any:
    """Try an e-mail with a report that did not go out again."""
    row = report_mails.retry_delivery(delivery_id=delivery_id, actor=request.actor, at=clock.now())
    return get_status_report(
        request, project_id=row.report.project_id, status_report_id=row.report_id
    )
