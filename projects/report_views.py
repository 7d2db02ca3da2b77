"""Pages of a project's status reports, and of what a client accepts of a task."""

import secrets

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.web import lists
from psa.core.web.lists import build_list
from psa.core.web.pages import errors_on, go_to, render_page_or_part, wants_part
from psa.core.web.requests import TenantRequest

from . import forms_reports as forms
from . import lists as room_lists
from . import lists_reports
from . import status_report as documents
from .models import ReportDraft
from .rules import reporting
from .selectors import get_project, pages, report_mails, task_readiness
from .selectors import reports as selectors
from .services import acceptance, reports
from .services import report_mails as sending
from .status_report import Edition
from .views import CHANGE, SEE, form_page


@require_GET
@requires(*SEE)
def report_list(request: TenantRequest, project_id: int) -> HttpResponse:
    as_of = clock.today()
    head = pages.head_of(actor=request.actor, project_id=project_id, as_of=as_of)
    rows = selectors.report_rows(actor=request.actor, project_id=project_id)
    if wants_part(request) or request.GET.get("export"):
        return lists.list_page(request, lists_reports.REPORTS, rows)
    found = get_project(actor=request.actor, project_id=project_id)
    context = {
        "head": head,
        "state": room_lists.STATUS_STATES[head.status],
        "tab": "reports",
        "reporting": selectors.reporting_of(project=found, as_of=as_of),
        "list": build_list(request, lists_reports.REPORTS, rows),
    }
    return render_page_or_part(request, "projects/reports.html", "projects/_reports.html", context)


@require_POST
@requires(*CHANGE)
def report_start(request: TenantRequest, project_id: int) -> HttpResponse:
    reports.start_draft(
        project_id=project_id, as_of=clock.today(), actor=request.actor, at=clock.now()
    )
    return go_to(request, "projects:report_draft", project_id)


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def report_draft(request: TenantRequest, project_id: int) -> HttpResponse:
    found = pages.editable_project(actor=request.actor, project_id=project_id)
    draft: ReportDraft | None = selectors.reporting_of(project=found, as_of=clock.today()).draft
    if draft is None:
        raise NotFound("No status report is being written. Start one from the list of reports.")
    form = forms.EditDraft(request.POST or None, draft=draft)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            reports.edit_draft(
                project_id=project_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "projects:report_list", project_id, toast="Draft saved")
    back = reverse("projects:report_list", args=[project_id])
    return form_page(request, form, f"Status report of {found.code}", "Save draft", back)


@require_POST
@requires(*CHANGE)
def report_publish(request: TenantRequest, project_id: int) -> HttpResponse:
    try:
        made = reports.publish_report(
            project_id=project_id, today_on=clock.today(), actor=request.actor, at=clock.now()
        )
    except (NotFound, PermissionDenied):
        raise
    except DomainError as error:
        return go_to(request, "projects:report_draft", project_id, refused=error.message)
    return go_to(
        request, "projects:status_report", project_id, made.pk,
        toast=f"Status report {made.number} published",
    )  # fmt: skip


@require_POST
@requires(*CHANGE)
def report_discard(request: TenantRequest, project_id: int) -> HttpResponse:
    reports.discard_draft(project_id=project_id, actor=request.actor, at=clock.now())
    return go_to(request, "projects:report_list", project_id, toast="Draft thrown away")


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def report_cadence(request: TenantRequest, project_id: int) -> HttpResponse:
    found = pages.editable_project(actor=request.actor, project_id=project_id)
    present = selectors.reporting_of(project=found, as_of=clock.today())
    form = forms.SetCadence(
        request.POST or None,
        initial={"cadence": present.cadence, "starts_on": present.starts_on or clock.today()},
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            reports.set_cadence(
                project_id=project_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "projects:report_list", project_id, toast="Saved")
    back = reverse("projects:report_list", args=[project_id])
    return form_page(request, form, f"Status reports of {found.code}", "Save", back)


@require_GET
@requires(*SEE)
def status_report(request: TenantRequest, project_id: int, report_id: int) -> HttpResponse:
    page = selectors.report_page(actor=request.actor, project_id=project_id, report_id=report_id)
    context = {"page": page, "content": page.content}
    return render_page_or_part(
        request, "projects/status_report.html", "projects/_status_report.html", context
    )


@require_GET
@requires(*SEE)
def report_file(
    request: TenantRequest, project_id: int, report_id: int, edition: str, kind: str
) -> HttpResponse:
    """The document; the internal edition only for who may see the project's cost."""
    page = selectors.report_page(actor=request.actor, project_id=project_id, report_id=report_id)
    if edition not in list(Edition) or kind not in ("pdf", "docx"):
        raise NotFound("A status report has no such file.")
    if edition == Edition.INTERNAL and not page.sees_cost:
        raise NotFound("There is no such file, or it is not yours to see.")
    own = (get_language() or "en").partition("-")[0] if edition == Edition.INTERNAL else None
    sheet = documents.sheet_of(page.content, Edition(edition), language=own)
    name = f"{page.content.project_code}-status-{page.content.number}.{kind}"
    if kind == "pdf":
        answer = HttpResponse(documents.as_pdf(sheet), content_type=documents.PDF_TYPE)
    else:
        made = documents.as_docx(sheet, at=page.published_at)
        answer = HttpResponse(made, content_type=documents.DOCX_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def report_send(request: TenantRequest, project_id: int, report_id: int) -> HttpResponse:
    found = pages.editable_project(actor=request.actor, project_id=project_id)
    report = selectors.get_report(actor=request.actor, project_id=project_id, report_id=report_id)
    content = reporting.from_json(report.content)
    form = forms.SendReport(
        request.POST or None,
        initial={
            "request_key": secrets.token_hex(8),
            "recipients": "\n".join(report_mails.client_addresses(found)[:1]),
            "message": report_mails.usual_message(content),
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            sending.send_report(
                project_id=project_id, report_id=report_id, actor=request.actor,
                at=clock.now(), **form.cleaned_data,
            )  # fmt: skip
            return go_to(
                request, "projects:status_report", project_id, report_id, toast="On its way"
            )
    back = reverse("projects:status_report", args=[project_id, report_id])
    title = f"Send status report {report.number} of {found.code}"
    return form_page(request, form, title, "Send", back)


@require_POST
@requires(*CHANGE)
def report_retry(request: TenantRequest, delivery_id: int) -> HttpResponse:
    row = sending.retry_delivery(delivery_id=delivery_id, actor=request.actor, at=clock.now())
    return go_to(
        request, "projects:status_report", row.report.project_id, row.report_id,
        toast=f"Sending to {row.recipient}",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def task_acceptance(request: TenantRequest, project_id: int, task_id: int) -> HttpResponse:
    """What the client is to accept of a task, and that they did."""
    task = pages.editable_task(actor=request.actor, project_id=project_id, task_id=task_id)
    known = task_readiness([task_id])[task_id]
    form = forms.TaskAcceptanceForm(
        request.POST or None,
        initial={
            "criteria": known.criteria,
            "accepted_on": known.accepted_on,
            "accepted_by_name": known.accepted_by_name,
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            acceptance.set_acceptance(
                project_id=project_id, task_id=task_id, today_on=clock.today(),
                actor=request.actor, at=clock.now(), **form.cleaned_data,
            )  # fmt: skip
            return go_to(request, "projects:plan", project_id, toast="Saved")
    back = reverse("projects:plan", args=[project_id])
    return form_page(request, form, f"Acceptance of {task.outline} {task.name}", "Save", back)
