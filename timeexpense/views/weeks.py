"""My week: the grid, its autosave, and what is done with the whole week."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member, requires
from psa.core.errors import DomainError, NotFound
from psa.core.web import states
from psa.core.web.formats import hours_text
from psa.core.web.pages import (
    errors_on,
    go_to,
    render_form,
    render_page_or_part,
)
from psa.core.web.requests import TenantRequest
from timeexpense import forms
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import approvals, compliance, people, weeks
from timeexpense.services import cells
from timeexpense.services import weeks as week_services
from timeexpense.services.cells import CellDraft

MAX_CELLS = 500
STATES = {
    "": states.DRAFT,
    "draft": states.DRAFT,
    "submitted": states.SUBMITTED,
    "approved": states.APPROVED,
    "returned": states.RETURNED,
}


def today_of(request: TenantRequest) -> date:
    """Today where the person is."""
    zone = ZoneInfo(request.membership.time_zone or "UTC")  # type: ignore[attr-defined]
    return clock.now().astimezone(zone).date()


def day_from(text: str | None, otherwise: date) -> date:
    """A day out of an address. Raises  NotFound for one that no calendar has."""
    if not text:
        return otherwise
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 2000 <= day.year <= 2099:
        raise NotFound("There is no such day.")
    return day


def _added(request: TenantRequest) -> list[tuple[int, int | None]]:
    """Rows that were added to the grid: "project:task" in the address."""
    found = []
    for word in request.GET.getlist("row")[:50]:
        project, _, task = word.partition(":")
        if project.isdecimal() and len(project) < 18 and len(task) < 18:
            found.append((int(project), int(task) if task.isdecimal() else None))
    return found


@require_GET
@requires(TimeExpensePermission.ENTER)
def week(request: TenantRequest, on: str | None = None) -> HttpResponse:
    return _render(request, on)


def _render(
    request: TenantRequest, on: str | None, form: forms.Nothing | None = None, **more: Any
) -> HttpResponse:
    today = today_of(request)
    day = day_from(on, today)
    page = weeks.week_page(
        resource=people.my_resource(request.actor),  # type: ignore[attr-defined]
        on=day,
        today=today,
        added=_added(request),
        with_last_week=request.GET.get("rows") == "last",
        with_suggestions=request.GET.get("suggest") == "1",
    )
    chosen = day_from(request.GET.get("day"), today)
    if chosen not in page.week.days:
        chosen = page.week.starts_on
    here = page.week.starts_on.isoformat()
    context = {
        "page": page,
        "form": form or forms.Nothing(),
        "state": STATES[page.state],
        "last_state": STATES[page.last_state],
        "on": here,
        "previous_on": page.week.previous.starts_on.isoformat(),
        "next_on": page.week.next.starts_on.isoformat(),
        "chosen": next(d for d in page.days if d.on == chosen),
        "chosen_cells": [
            (row, cell) for row in page.rows for cell in row.cells if cell.on == chosen
        ],
        "is_this_week": today in page.week.days,
        "outcomes": (),
        **more,
    }
    refused = bool(form and form.errors) or bool(more.get("outcomes"))
    return render_page_or_part(
        request,
        "timeexpense/week.html",
        "timeexpense/_week.html",
        context,
        status=422 if refused else 200,
    )


def _week_url(on: date | str) -> str:
    return reverse("timeexpense:week_of", args=[str(on)])


@require_POST
@requires(TimeExpensePermission.ENTER)
def week_save(request: TenantRequest, on: str) -> HttpResponse:
    """The grid as a plain form: every cell of it, for browsers without scripts."""
    form = forms.Nothing(request.POST)
    with errors_on(form):
        if form.is_valid():
            done = cells.save_cells(
                cells=list(_posted(request)),
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            failed = [one for one in done if one.status in (cells.FAILED, cells.CONFLICT)]
            if not failed:
                return go_to(request, "timeexpense:week_of", on, toast="Saved")
            return _render(request, on, form, outcomes=failed)
    return _render(request, on, form)


def _posted(request: TenantRequest) -> Iterator[CellDraft]:
    for name, typed in list(request.POST.items())[:MAX_CELLS]:
        parts = name.split("|")
        if len(parts) != 3 or parts[0] != "cell":
            continue
        _, key, day = parts
        project, task, activity, billing = (key.split(":", 3) + ["", "", ""])[:4]
        entry, _, version = request.POST.get(f"was|{key}|{day}", "").partition(".")
        if not isinstance(typed, str) or (not typed.strip() and not entry):
            continue
        yield _draft(
            {
                "ref": f"{key}|{day}", "project": project, "task": task, "activity": activity,
                "billing": billing, "on": day, "typed": typed, "entry": entry, "version": version,
            }
        )  # fmt: skip


@require_POST
@requires(TimeExpensePermission.ENTER)
def cells_save(request: TenantRequest) -> HttpResponse:
    """Autosave: cells as JSON in, an outcome for each out."""
    try:
        sent = json.loads(request.body)["cells"][:MAX_CELLS]
        drafts = [_draft(one) for one in sent]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return JsonResponse({"error": "This could not be read. Reload the page."}, status=400)
    except DomainError as error:
        return JsonResponse({"error": error.message}, status=400)
    done = cells.save_cells(
        cells=drafts,
        actor=request.actor,  # type: ignore[attr-defined]
        at=clock.now(),
    )
    return JsonResponse({"cells": [_answer(one) for one in done]})


def _draft(sent: dict[str, Any]) -> CellDraft:
    """A cell as it was sent. Raises  DomainError for one that makes no sense."""

    def number(name: str) -> int | None:
        value = str(sent.get(name) or "")
        if value and (not value.isascii() or not value.isdecimal() or len(value) > 18):
            raise DomainError("This cell could not be read. Reload the page.")
        return int(value) if value else None

    def text(name: str) -> str | None:
        value = sent.get(name)
        return None if value is None else str(value)

    project = number("project")
    if project is None:
        raise DomainError("This cell names no project. Reload the page.")
    try:
        on = date.fromisoformat(str(sent.get("on"))[:10])
        key = UUID(str(sent["key"])) if sent.get("key") else None
    except ValueError:
        raise DomainError("This cell could not be read. Reload the page.") from None
    return CellDraft(
        ref=str(sent.get("ref", ""))[:200],
        project_id=project,
        task_id=number("task"),
        work_on=on,
        typed=text("typed"),
        activity=text("activity") or "",
        billing_type=text("billing") or "",
        description=text("description"),
        internal_note=text("note"),
        entry_id=number("entry"),
        lock_version=number("version"),
        client_key=key,
    )


def _answer(one: cells.CellOutcome) -> dict[str, Any]:
    return {
        "ref": one.ref,
        "status": one.status,
        "entry": one.entry_id,
        "version": one.lock_version,
        "minutes": one.minutes,
        "text": hours_text(one.minutes) if one.minutes else "",
        "sentence": one.sentence,
        "findings": [f.sentence for f in one.findings if not f.blocks],
    }


@require_POST
@requires(TimeExpensePermission.ENTER)
def week_submit(request: TenantRequest, on: str) -> HttpResponse:
    form = forms.Nothing(request.POST)
    with errors_on(form):
        if form.is_valid():
            done = week_services.submit_week(
                week_starts_on=day_from(on, today_of(request)),
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            left = [one for one in done if not one.is_submitted]
            if not left:
                return go_to(request, "timeexpense:week_of", on, toast="Week submitted")
            refusals = [one.findings[0] for one in left if one.findings]
            return _render(request, on, form, outcomes=refusals)
    return _render(request, on, form)


@require_POST
@requires(TimeExpensePermission.ENTER)
def week_recall(request: TenantRequest, on: str) -> HttpResponse:
    form = forms.Nothing(request.POST)
    with errors_on(form):
        if form.is_valid():
            week_services.recall_week(
                week_starts_on=day_from(on, today_of(request)),
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(
                request, "timeexpense:week_of", on, toast="Taken back; it is a draft again"
            )
    return _render(request, on, form)


@require_POST
@requires(TimeExpensePermission.ENTER)
def week_copy(request: TenantRequest, on: str) -> HttpResponse:
    """Last week's rows with their hours; the rows alone are an address, not a change."""
    if request.POST.get("hours") != "1":
        return HttpResponseRedirect(_week_url(on) + "?rows=last")
    form = forms.Nothing(request.POST)
    with errors_on(form):
        if form.is_valid():
            done = week_services.copy_last_week(
                week_starts_on=day_from(on, today_of(request)),
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return _after_filling(request, on, form, done, "Copied last week")
    return _render(request, on, form)


@require_POST
@requires(TimeExpensePermission.ENTER)
def week_suggest(request: TenantRequest, on: str) -> HttpResponse:
    form = forms.Nothing(request.POST)
    with errors_on(form):
        if form.is_valid():
            done = week_services.accept_suggestions(
                week_starts_on=day_from(on, today_of(request)),
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return _after_filling(request, on, form, done, "Filled in as suggested; look it over")
    return _render(request, on, form)


def _after_filling(
    request: TenantRequest, on: str, form: forms.Nothing, done: list[Any], toast: str
) -> HttpResponse:
    refused = [one.findings[0] for one in done if not one.is_entered and one.findings]
    if refused:
        return _render(request, on, form, outcomes=refused)
    return go_to(request, "timeexpense:week_of", on, toast=toast)


@require_GET
@requires(TimeExpensePermission.ENTER)
def week_list(request: TenantRequest) -> HttpResponse:
    rows = compliance.history(
        resource=people.my_resource(request.actor),  # type: ignore[attr-defined]
        today=today_of(request),
    )
    context = {"rows": [(row, STATES[row.state]) for row in rows]}
    return render_page_or_part(
        request, "timeexpense/weeks.html", "timeexpense/_weeks.html", context
    )


@require_http_methods(["GET", "POST"])
@for_every_member
def time_entry(request: TenantRequest, entry_id: int) -> HttpResponse:
    """One entry: what was decided about it; its person may still change a draft here."""
    actor = request.actor  # type: ignore[attr-defined]
    page = approvals.time_entry_page(actor=actor, entry_id=entry_id)
    form = forms.EditTime(
        request.POST or None,
        initial={
            "hours": hours_text(page.minutes),
            "description": page.description,
            "internal_note": page.internal_note,
            "lock_version": page.lock_version,
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            (done,) = cells.save_cells(
                cells=[_of_entry(page, form.cleaned_data)], actor=actor, at=clock.now()
            )
            if done.status in (cells.FAILED, cells.CONFLICT):
                raise DomainError(done.sentence, "hours")
            return go_to(request, "timeexpense:week_of", page.on.isoformat(), toast="Saved")
    return render_form(
        request,
        form,
        page="timeexpense/time_entry.html",
        part="timeexpense/_time_entry.html",
        context={"page": page, "state": STATES[page.state]},
    )


def _of_entry(page: approvals.TimeEntryPage, typed: dict[str, Any]) -> CellDraft:
    return CellDraft(
        ref="entry",
        project_id=page.project_id,
        task_id=page.task_id,
        work_on=page.on,
        typed=typed["hours"],
        activity=page.activity,
        billing_type=page.billing_type,
        description=typed["description"],
        internal_note=typed["internal_note"],
        entry_id=page.id,
        lock_version=typed["lock_version"],
    )
