"""Pages of one project's plan and team."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web import undo
from psa.core.web.pages import errors_on, go_to, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms
from . import lists as room_lists
from .selectors import pages
from .selectors import projects as selectors
from .services import projects, tasks, team
from .views import CHANGE, SEE, form_page


@require_GET
@requires(*SEE)
def plan(request: TenantRequest, project_id: int) -> HttpResponse:
    return _plan(request, project_id)


@require_POST
@requires(*CHANGE)
def plan_arrange(request: TenantRequest, project_id: int) -> HttpResponse:
    """A command of the toolbar: add, indent, outdent, move or delete."""
    form = forms.ArrangePlan(request.POST)
    chosen = None
    with errors_on(form):
        if form.is_valid():
            chosen = _arrange(request, project_id, **form.cleaned_data)
            if not getattr(request, "htmx", None):
                return go_to(request, "projects:plan", project_id)
    return _plan(request, project_id, form=form, chosen=chosen)


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def task_edit(request: TenantRequest, project_id: int, task_id: int) -> HttpResponse:
    """A row of the plan in place; a page of its own without scripts."""
    task = pages.editable_task(actor=request.actor, project_id=project_id, task_id=task_id)
    form = forms.EditTask(request.POST or None, task=task)
    is_part = bool(getattr(request, "htmx", None))
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            tasks.edit_task(
                project_id=project_id, task_id=task_id, actor=request.actor, at=clock.now(),
                **form.values(),
            )  # fmt: skip
            if not is_part:
                return go_to(request, "projects:plan", project_id, toast="Task saved")
            return _plan(request, project_id, chosen=task_id)
    if is_part:
        return _plan(request, project_id, chosen=task_id, editing=form)
    back = reverse("projects:plan", args=[project_id])
    return form_page(request, form, f"{task.outline} {task.name}", "Save task", back)


def _arrange(
    request: TenantRequest, project_id: int, *, command: str, task: int | None, name: str
) -> int | None:
    """One service call; returns the row to choose next."""
    common: dict[str, Any] = {
        "project_id": project_id, "actor": request.actor, "at": clock.now(),
    }  # fmt: skip
    if command in ("add", "add_child"):
        made = tasks.add_task(
            name=name or "New task", after_id=task, as_child=command == "add_child", **common
        )
        return made.pk
    assert task is not None
    if command == "delete":
        tasks.delete_task(task_id=task, **common)
        return None
    if command in ("up", "down"):
        tasks.move_task(task_id=task, is_down=command == "down", **common)
    elif command == "indent":
        tasks.indent_task(task_id=task, **common)
    else:
        tasks.outdent_task(task_id=task, **common)
    return task


def _plan(
    request: TenantRequest,
    project_id: int,
    *,
    form: forms.ArrangePlan | None = None,
    chosen: int | None = None,
    editing: forms.EditTask | None = None,
) -> HttpResponse:
    page = pages.plan_page(actor=request.actor, project_id=project_id, as_of=clock.today())
    is_refused = any(f is not None and f.is_bound and f.errors for f in (form, editing))
    context = {
        "page": page,
        "head": page.head,
        "state": room_lists.STATUS_STATES[page.head.status],
        "tab": "plan",
        "form": form,
        "chosen": chosen or (page.rows[0].id if page.rows else None),
        "editing": editing,
        **(_typed(editing) if editing else {}),
        "can_edit": page.head.can_manage,
    }
    return render_page_or_part(
        request, "projects/plan.html", "projects/_plan.html", context,
        status=422 if is_refused else 200,
    )  # fmt: skip


def _typed(form: forms.EditTask) -> dict[str, str]:
    """What the inputs of the row say: as typed when refused, else as stored, in plain formats."""
    found = {}
    for name, key in _TEXTS.items():
        if name in form.fields:
            value = form[name].value()
            if name.endswith("minutes") and isinstance(value, int):
                value = f"{value // 60}:{value % 60:02d}"
            found[key] = "" if value is None else str(value)
    return found


_TEXTS = {
    "lock_version": "lock_text",
    "effort_minutes": "effort_text",
    "remaining_minutes": "remaining_text",
    "starts_on": "starts_text",
    "finishes_on": "finishes_text",
}


@require_GET
@requires(*SEE)
def team_page(request: TenantRequest, project_id: int) -> HttpResponse:
    page = pages.team_page(actor=request.actor, project_id=project_id, as_of=clock.today())
    context = {
        "page": page,
        "head": page.head,
        "state": room_lists.STATUS_STATES[page.head.status],
        "tab": "team",
    }
    return render_page_or_part(request, "projects/team.html", "projects/_team.html", context)


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def team_add(request: TenantRequest, project_id: int) -> HttpResponse:
    found = pages.editable_project(actor=request.actor, project_id=project_id)
    form = forms.AddTeamMember(
        request.POST or None,
        with_rate=selectors.sight(request.actor, found).bill,
        initial={"valid_from": found.starts_on},
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            values = _team_values(form.cleaned_data)
            values["resource_id"] = values.pop("resource")
            values["role_id"] = values.pop("role")
            team.add_team_member(
                project_id=project_id, actor=request.actor, at=clock.now(), **values
            )
            return go_to(request, "projects:team", project_id, toast="Added to the team")
    back = reverse("projects:team", args=[project_id])
    return form_page(request, form, f"Add to the team of {found.code}", "Add to the team", back)


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def team_edit(request: TenantRequest, project_id: int, member_id: int) -> HttpResponse:
    member = pages.editable_member(actor=request.actor, project_id=project_id, member_id=member_id)
    with_rate = selectors.sight(request.actor, member.project).bill
    initial: dict[str, Any] = {
        "valid_from": member.valid_from,
        "last_on": member.valid_until - timedelta(days=1) if member.valid_until else None,
        "planned_minutes": member.planned_minutes,
    }
    if with_rate:
        initial["bill_rate_override"] = member.bill_rate_override
    form = forms.EditTeamMember(request.POST or None, with_rate=with_rate, initial=initial)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            team.change_team_member(
                project_id=project_id, member_id=member_id, actor=request.actor, at=clock.now(),
                **_team_values(form.cleaned_data),
            )  # fmt: skip
            return go_to(request, "projects:team", project_id, toast="Team saved")
    back = reverse("projects:team", args=[project_id])
    return form_page(
        request, form, f"{member.resource.name} on {member.project.code}", "Save", back
    )


@require_POST
@requires(*CHANGE)
def team_remove(request: TenantRequest, project_id: int, member_id: int) -> HttpResponse:
    was = team.remove_team_member(
        project_id=project_id, member_id=member_id, actor=request.actor, at=clock.now()
    )
    undo_url = None
    if was:
        undo_url = undo.undo_url(actor=request.actor, kind="projects.team_member", payload=was)
    return go_to(
        request, "projects:team", project_id, toast="Removed from the team", undo_url=undo_url
    )


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def approvers(request: TenantRequest, project_id: int) -> HttpResponse:
    page = pages.team_page(actor=request.actor, project_id=project_id, as_of=clock.today())
    form = forms.Approvers(
        request.POST or None, initial={"approvers": [p.id for p in page.approvers]}
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            projects.set_approvers(
                project_id=project_id, resource_ids=form.cleaned_data["approvers"],
                actor=request.actor, at=clock.now(),
            )  # fmt: skip
            return go_to(request, "projects:team", project_id, toast="Approvers saved")
    back = reverse("projects:team", args=[project_id])
    return form_page(request, form, f"Who approves for {page.head.code}", "Save approvers", back)


def _team_values(cleaned: dict[str, Any]) -> dict[str, Any]:
    """People say the last day; the service takes the day after."""
    values = dict(cleaned)
    last_on: date | None = values.pop("last_on")
    values["valid_until"] = last_on + timedelta(days=1) if last_on else None
    values["planned_minutes"] = values["planned_minutes"] or 0
    return values
