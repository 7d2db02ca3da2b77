"""My week: the grid, its autosave, and what is done with the whole week."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member, requires
from psa.core.errors import DomainError, NotFound
from psa.core.web import sentences, states
from psa.core.web.formats import decimal_symbol, hours_text
from psa.core.web.pages import (
    errors_on,
    go_to,
    render_form,
    render_page_or_part,
)
from psa.core.web.requests import TenantRequest
from timeexpense import forms
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.spans import text_of as span_text
from timeexpense.selectors import approvals, compliance, late_work, people, weeks
from timeexpense.selectors.rows import RowKey, key_from
from timeexpense.services import cells
from timeexpense.services import weeks as week_services
from timeexpense.services.cells import CellDraft
from timeexpense.words import grid_words

MAX_CELLS = 500
STATES = {
    "": states.DRAFT,
    "draft": states.DRAFT,
    "submitted": states.SUBMITTED,
    "approved": states.APPROVED,
    "returned": states.RETURNED,
}


def zone_of(request: TenantRequest) -> ZoneInfo:
    """The time zone that the person is in."""
    return ZoneInfo(request.membership.time_zone or "UTC")  # type: ignore[attr-defined]


def today_of(request: TenantRequest) -> date:
    """Today where the person is."""
    return clock.now().astimezone(zone_of(request)).date()


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


def added_rows(request: TenantRequest) -> list[RowKey]:
    """Rows that were added to the grid, as the address names them; the last as it is varied."""
    found = [key for word in request.GET.getlist("row")[:50] if (key := key_from(word))]
    role, billing, activity = (request.GET.get(name) for name in ("role", "billing", "activity"))
    if found and (role or billing or activity):
        last = found[-1]
        varied = last._replace(
            billing_type=(billing or last.billing_type)[:16],
            activity=(activity or last.activity)[:40],
        )
        is_role = role and role.isascii() and role.isdecimal() and len(role) < 18
        found[-1] = varied._replace(role_id=int(role)) if role and is_role else varied
    return found


@require_GET
@requires(TimeExpensePermission.ENTER)
def week(request: TenantRequest, on: str | None = None) -> HttpResponse:
    return render_week(request, on)


def render_week(
    request: TenantRequest, on: str | None, form: forms.Nothing | None = None, **more: Any
) -> HttpResponse:
    """The week's page, or its part; 422 with a form's errors or refused entries."""
    today = today_of(request)
    day = day_from(on, today)
    me = people.my_resource(request.actor)  # type: ignore[attr-defined]
    page = weeks.week_page(
        resource=me,
        on=day,
        today=today,
        added=added_rows(request),
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
        "decimal_mark": decimal_symbol(),
        "words": grid_words(),
        "previous_on": page.week.previous.starts_on.isoformat(),
        "next_on": page.week.next.starts_on.isoformat(),
        "chosen": next(d for d in page.days if d.on == chosen),
        "chosen_cells": [
            (row, cell) for row in page.rows for cell in row.cells if cell.on == chosen
        ],
        "is_this_week": today in page.week.days,
        "outcomes": (),
        "late": late_work.late_of_week(resource=me, week=page.week),
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
            return render_week(request, on, form, outcomes=failed)
    return render_week(request, on, form)


def _posted(request: TenantRequest) -> Iterator[CellDraft]:
    for name, typed in list(request.POST.items())[:MAX_CELLS]:
        kind, _, rest = name.partition("|")
        key, _, day = rest.rpartition("|")
        row = key_from(key) if kind == "cell" else None
        if row is None:
            continue
        entry, _, version = request.POST.get(f"was|{key}|{day}", "").partition(".")
        if not isinstance(typed, str) or (not typed.strip() and not entry):
            continue
        yield cell_draft(
            {
                "ref": f"{key}|{day}", "project": row.project_id, "task": row.task_id,
                "role": row.role_id, "activity": row.activity, "billing": row.billing_type,
                "on": day, "typed": typed, "entry": entry, "version": version,
            }
        )  # fmt: skip


@require_POST
@requires(TimeExpensePermission.ENTER)
def cells_save(request: TenantRequest) -> HttpResponse:
    """Autosave: cells as JSON in, an outcome for each out."""
    try:
        sent = json.loads(request.body)["cells"][:MAX_CELLS]
        drafts = [cell_draft(one) for one in sent]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return JsonResponse(
            {"error": sentences.told("This could not be read. Reload the page.")}, status=400
        )
    except DomainError as error:
        return JsonResponse({"error": sentences.told(error.message)}, status=400)
    done = cells.save_cells(
        cells=drafts,
        actor=request.actor,  # type: ignore[attr-defined]
        at=clock.now(),
    )
    return JsonResponse({"cells": [_answer(one) for one in done]})


def cell_draft(sent: dict[str, Any]) -> CellDraft:
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
        role_id=number("role"),
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
        "spans": span_text(one.spans),
        "sentence": sentences.told(one.sentence),
        "code": next((f.code for f in one.findings if f.blocks), ""),
        "findings": [sentences.told(f.sentence) for f in one.findings if not f.blocks],
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
            return render_week(request, on, form, outcomes=refusals)
    return render_week(request, on, form)


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
    return render_week(request, on, form)


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
