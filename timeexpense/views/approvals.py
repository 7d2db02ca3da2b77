"""The approver's inbox, and recalls of what was approved."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member, requires
from psa.core.actor import Actor
from psa.core.audit.wording import counted
from psa.core.errors import DomainError, NotFound
from psa.core.jobs.models import JobRun
from psa.core.web import sentences
from psa.core.web.pages import errors_on, go_to, go_to_url, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from timeexpense import forms, forms_policy, policies
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules import typed_time
from timeexpense.selectors import approval_desks as desks
from timeexpense.selectors import inbox as inbox_selectors
from timeexpense.services import approval_sets, approvals, recalls, travel
from timeexpense.services.approvals import Approval
from timeexpense.services.refusals import Adjustment

RECALLABLE: dict[str, Callable[[Actor], QuerySet[Any]]] = {
    "time": policies.visible_time,
    "expense": policies.visible_expenses,
}


@require_GET
@requires(TimeExpensePermission.APPROVE)
def inbox(request: TenantRequest) -> HttpResponse:
    return _render(request)


def _render(
    request: TenantRequest,
    form: forms.Entries | forms_policy.DecideAll | None = None,
    done: Approval | None = None,
    left: tuple[travel.Refused, ...] = (),
) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    by = "project" if asked.get("by") == "project" else "person"
    chosen = asked.get("entry") or asked.get("entries") or ""
    page = inbox_selectors.inbox_page(
        actor=request.actor,  # type: ignore[attr-defined]
        at=clock.now(),
        zone=request.membership.time_zone,  # type: ignore[attr-defined]
        kind=asked.get("kind") or "",
        by=by,
        chosen=chosen,
    )
    keys = page.keys
    at = keys.index(page.chosen_key) if page.chosen_key else 0
    context = {
        "page": page,
        "form": form,
        "refused": desks.outcomes_of(done.refused) if done else left,
        "done": done,
        "next_key": keys[min(at + 1, len(keys) - 1)] if keys else "",
        "previous_key": keys[max(at - 1, 0)] if keys else "",
        "return_form": form if isinstance(form, forms.GiveBack) else forms.GiveBack(),
        "return_journey": form
        if isinstance(form, forms_policy.DecideAll)
        else forms_policy.DecideAll(),
    }
    has_errors = bool(left) or bool(done and done.refused) or bool(form and form.errors)
    return render_page_or_part(
        request,
        "timeexpense/approvals.html",
        "timeexpense/_approvals.html",
        context,
        status=422 if has_errors else 200,
    )


@require_POST
@requires(TimeExpensePermission.APPROVE)
def approve(request: TenantRequest) -> HttpResponse:
    form = forms.Approve(_joined(request))
    with errors_on(form):
        if form.is_valid():
            done = _approved(request, form.cleaned_data)
            if isinstance(done, JobRun):
                return go_to(request, "jobs:run", done.pk)
            return after_decision(request, done)
    return _render(request, form)


def _approved(request: TenantRequest, cleaned: dict[str, Any]) -> Approval | JobRun:
    """The entries at once, with what the rail says of one; many of them as a job."""
    actor = request.actor  # type: ignore[attr-defined]
    entries = cleaned["entries"]
    if len(entries) > 1:
        return approval_sets.approve_set(entries=entries, actor=actor, at=clock.now())
    return approvals.approve_entries(
        entries=entries,
        actor=actor,
        at=clock.now(),
        adjustments=_adjustments(entries, cleaned),
        comments={key: cleaned["comment"] for key in entries if cleaned["comment"].strip()},
    )


def _joined(request: TenantRequest) -> dict[str, str]:
    """One field or many checkboxes of the same name, as one."""
    data = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    data["entries"] = " ".join(request.POST.getlist("entries"))
    return data


def _adjustments(entries: list[tuple[str, int]], cleaned: dict[str, str]) -> dict[int, Adjustment]:
    """What the rail's fields say about the one entry they belong to."""
    typed = cleaned["billable"].strip()
    if not typed or len(entries) != 1 or entries[0][0] != "time":
        return {}
    try:
        minutes = typed_time.read_time(typed).minutes
    except DomainError as error:
        raise DomainError(error.message, "billable") from None
    return {entries[0][1]: Adjustment(minutes, cleaned["billable_reason"])}


def after_decision(request: TenantRequest, done: Approval, *, kind: str = "") -> HttpResponse:
    """Back to the inbox as it was arranged; what was refused is named there with its reason."""
    if done.refused:
        return _render(request, done=done)
    asked = request.POST
    kind = kind or ("expense" if asked.get("kind") == "expense" else "time")
    by = "project" if asked.get("by") == "project" else "person"
    query = urlencode({"kind": kind, "by": by})
    return go_to_url(request, f"{reverse('timeexpense:approvals')}?{query}", toast=said_of(done))


def said_of(done: Approval) -> str:
    """What was done, in a sentence or two, with the limits that were passed on the way."""
    parts = []
    approved = sum(one.outcome == "approved" for one in done.decisions)
    if approved:
        parts.append("Approved the entry" if approved == 1 else f"Approved {approved} entries")
    returned = sum(one.outcome == "returned" for one in done.decisions)
    if returned:
        parts.append("Returned the entry" if returned == 1 else f"Returned {returned} entries")
    if done.passed_count:
        parts.append(
            f"{counted(done.passed_count, 'entry waits', 'entries wait')} for a further approval"
        )
    return ". ".join(sentences.told(part) for part in (*parts, *done.warnings))


@require_POST
@requires(TimeExpensePermission.APPROVE)
def give_back(request: TenantRequest) -> HttpResponse:
    form = forms.GiveBack(_joined(request))
    with errors_on(form):
        if form.is_valid():
            done = approval_sets.return_set(
                entries=form.cleaned_data["entries"],
                reason=form.cleaned_data["reason"],
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            if isinstance(done, JobRun):
                return go_to(request, "jobs:run", done.pk)
            return after_decision(request, done)
    return _render(request, form)


@require_POST
@requires(TimeExpensePermission.APPROVE)
def approve_clean(request: TenantRequest) -> HttpResponse:
    form = forms.Entries(_joined(request))
    with errors_on(form):
        if form.is_valid():
            done = approval_sets.approve_all_clean(
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
                expected=form.cleaned_data["entries"],
            )
            if isinstance(done, JobRun):
                return go_to(request, "jobs:run", done.pk)
            return after_decision(request, done)
    return _render(request, form)


@require_POST
@requires(TimeExpensePermission.APPROVE)
def decide_journeys(request: TenantRequest) -> HttpResponse:
    """Approve or return one journey, or the chosen ones."""
    given = {name: request.POST.get(name, "") for name in ("decision", "reason")}
    chosen = " ".join(request.POST.getlist("requests"))
    form = forms_policy.DecideAll(given | {"requests": chosen})
    with errors_on(form):
        if form.is_valid():
            approve = form.cleaned_data["decision"] == "approve"
            done = travel.decide_all(
                request_ids=form.cleaned_data["requests"],
                approve=approve,
                reason=form.cleaned_data["reason"],
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            if done.refused:
                return _render(request, left=done.refused)
            where = f"{reverse('timeexpense:approvals')}?kind=travel"
            return go_to_url(request, where, toast=_said_of_journeys(approve, done.count))
    return _render(request, form)


def _said_of_journeys(approve: bool, count: int) -> str:
    if count == 1:
        return "Approved the journey" if approve else "Returned the journey"
    return f"Approved {count} journeys" if approve else f"Returned {count} journeys"


@require_http_methods(["GET", "POST"])
@for_every_member
def recall(request: TenantRequest, kind: str, entry_id: int) -> HttpResponse:
    """Ask for one's own approved entry to be taken back."""
    _check_entry(request, kind, entry_id)
    form = forms.Reason(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            recalls.request_recall(
                kind=kind,
                entry_id=entry_id,
                reason=form.cleaned_data["reason"],
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:week", toast="Asked for the recall")
    return _reason_page(request, form, "Ask for a recall", "Ask for the recall")


@require_http_methods(["GET", "POST"])
@requires(TimeExpensePermission.APPROVE, TimeExpensePermission.GRANT_RECALL)
def recall_grant(request: TenantRequest, kind: str, entry_id: int) -> HttpResponse:
    _check_entry(request, kind, entry_id)
    form = forms.Reason(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            recalls.grant_recall(
                kind=kind,
                entry_id=entry_id,
                reason=form.cleaned_data["reason"],
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:week", toast="Taken back; its actuals are reversed")
    return _reason_page(request, form, "Grant the recall", "Reverse and reopen")


@require_http_methods(["GET", "POST"])
@requires(TimeExpensePermission.APPROVE, TimeExpensePermission.GRANT_RECALL)
def recall_decline(request: TenantRequest, kind: str, entry_id: int) -> HttpResponse:
    _check_entry(request, kind, entry_id)
    form = forms.Reason(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            recalls.decline_recall(
                kind=kind,
                entry_id=entry_id,
                reason=form.cleaned_data["reason"],
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:approvals", toast="The entry stays approved")
    return _reason_page(request, form, "Decline the recall", "Leave it approved")


def _check_entry(request: TenantRequest, kind: str, entry_id: int) -> None:
    """Raises  NotFound for an entry that this person does not see, before a form is shown."""
    seen = RECALLABLE.get(kind)
    actor = request.actor  # type: ignore[attr-defined]
    if seen is None or not seen(actor).filter(pk=entry_id).exists():
        raise NotFound("There is no such entry.")


def _reason_page(
    request: TenantRequest, form: forms.Reason, title: str, submit: str
) -> HttpResponse:
    return render_form(
        request,
        form,
        page="timeexpense/form.html",
        part="_components/form_part.html",
        context={"title": title, "submit": submit},
    )
