"""Pages of one project's plan and team."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web import formats, sentences, undo
from psa.core.web.pages import errors_on, go_to, render_page_or_part, render_part
from psa.core.web.requests import TenantRequest

from . import forms, plan_answers, plan_batches, template_forms
from . import lists as room_lists
from .selectors import pages, plan_sheet
from .selectors import projects as selectors
from .selectors import team as team_grid
from .selectors.changes import plan_changed_since
from .selectors.plan_sheet import PlanSheet
from .selectors.template_drafts import draft_head
from .services import levelling, plan_inverse, plan_preview, projects, tasks, team
from .services import plan_changes as services
from .services.plan_changes import Edit
from .views import CHANGE, SEE, form_page


@require_GET
@requires(*SEE)
def plan(request: TenantRequest, project_id: int) -> HttpResponse:
    """Tree grid and Gantt of a project, or of a template's draft; the script draws them from the
    data in the page."""
    as_of = clock.today()
    sheet = plan_sheet.plan_sheet(actor=request.actor, project_id=project_id)
    draft = draft_head(sheet.project)
    if draft is not None:
        context: dict[str, Any] = {"head": draft, "can_edit": True}
    else:
        head = pages.head_of_planned(actor=request.actor, project=sheet.project, as_of=as_of)
        state = room_lists.STATUS_STATES[head.status]
        context = {"head": head, "state": state, "tab": "plan", "can_edit": head.can_manage}
    context |= {
        "rows": sheet.rows.values(),
        "data": plan_answers.whole(sheet, as_of=as_of),
        "is_decimal": formats.hours_text(30) != "0:30",
    }
    return render_part(request, "projects/plan.html", context)


@require_GET
@requires(*SEE)
def plan_state(request: TenantRequest, project_id: int) -> HttpResponse:
    """Whether the plan has changed since a revision; if so, what was done to it, and the plan."""
    now = plan_sheet.revision_of(actor=request.actor, project_id=project_id)
    since = request.GET.get("since", "")
    if not since.isascii() or not since.isdecimal() or len(since) > 9:
        return JsonResponse({"error": "Say since which revision."}, status=400)
    if int(since) == now:
        return JsonResponse({"revision": now})
    sheet = plan_sheet.plan_sheet(actor=request.actor, project_id=project_id)
    return JsonResponse(_newer(sheet, int(since)))


@require_POST
@requires(*CHANGE)
def plan_changes(request: TenantRequest, project_id: int) -> HttpResponse:
    """A batch of edits as JSON: kept, or with `is_trial` only told what it would do.

    409 with the plan as it stands when somebody else has changed it; 422 with the refusal.
    """
    form = forms.PlanBatch({})
    before = plan_sheet.plan_sheet(actor=request.actor, project_id=project_id)
    answer: dict[str, Any] = {"revision": before.project.plan_revision, "rows": []}
    with errors_on(form):
        batch = plan_batches.read_batch(request.body)
        if batch.revision != before.project.plan_revision:
            return JsonResponse(_newer(before, batch.revision), status=409)
        edits = plan_batches.edits_of(batch, before, is_month_first=_is_month_first())
        if edits:
            answer = _changed(request, before, edits, is_trial=batch.is_trial)
    if not form.errors:
        return JsonResponse(answer)
    error = " ".join(str(sentence) for found in form.errors.values() for sentence in found)
    if plan_sheet.revision_of(actor=request.actor, project_id=project_id) != answer["revision"]:
        now = plan_sheet.plan_sheet(actor=request.actor, project_id=project_id)
        return JsonResponse(_newer(now, answer["revision"]), status=409)
    return JsonResponse({"error": sentences.told(error.removeprefix("Edit 1: "))}, status=422)


def _changed(
    request: TenantRequest, before: PlanSheet, edits: list[Edit], *, is_trial: bool
) -> dict[str, Any]:
    """One service call, and what it came to."""
    door = plan_preview.preview_change if is_trial else services.change_plan
    done = door(
        project_id=before.project.pk, edits=edits, revision=before.project.plan_revision,
        actor=request.actor, at=clock.now(),
    )  # fmt: skip
    if is_trial:
        return {"effect": plan_answers.effect(before, done)}
    after = plan_sheet.reloaded(before)
    return {
        **plan_answers.changed(before, after, done),
        "inverse": plan_answers.edits_json(plan_inverse.inverse_of(before, after)),
    }


def _newer(sheet: PlanSheet, since: int) -> dict[str, Any]:
    """The plan for somebody who knows an older one, and who did what to it meanwhile."""
    told = plan_changed_since(project_id=sheet.project.pk, revision=since)
    return {"told": sentences.told(told), "plan": plan_answers.whole(sheet, as_of=clock.today())}


def _is_month_first() -> bool:
    """Whether the reader writes Jul 6 and 7/6, as their dates are shown to them."""
    return not formats.day_text(date(2026, 7, 6))[:1].isdigit()


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def task_edit(request: TenantRequest, project_id: int, task_id: int) -> HttpResponse:
    """All fields of a task, also without scripts."""
    task = pages.editable_task(actor=request.actor, project_id=project_id, task_id=task_id)
    is_draft = task.project.draft_of_id is not None
    shape = template_forms.EditTemplateTask if is_draft else forms.EditTask
    form = shape(request.POST or None, task=task)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            tasks.edit_task(
                project_id=project_id, task_id=task_id, actor=request.actor, at=clock.now(),
                **form.values(),
            )  # fmt: skip
            return go_to(request, "projects:plan", project_id, toast="Task saved")
    back = reverse("projects:plan", args=[project_id])
    return form_page(request, form, f"{task.outline} {task.name}", "Save task", back)


@require_GET
@requires(*SEE)
def team_page(request: TenantRequest, project_id: int) -> HttpResponse:
    page = team_grid.team_page(actor=request.actor, project_id=project_id, as_of=clock.today())
    context = {
        "page": page,
        "head": page.head,
        "state": room_lists.STATUS_STATES[page.head.status],
        "tab": "team",
    }
    return render_page_or_part(request, "projects/team.html", "projects/_team.html", context)


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
    page = team_grid.team_page(actor=request.actor, project_id=project_id, as_of=clock.today())
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


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def plan_levelling(request: TenantRequest, project_id: int) -> HttpResponse:
    """What levelling would put off; POST does it, on the plan that was looked at."""
    form = forms.LevelPlan(request.POST or None)
    within_slack = (request.POST or request.GET).get("within_slack") == "1"
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            done = levelling.level_plan(
                project_id=project_id, actor=request.actor, at=clock.now(), **form.values()
            )
            payload = levelling.undo_payload(project_id, done)
            undo_url = None
            if payload is not None:
                undo_url = undo.undo_url(
                    actor=request.actor, kind="projects.levelling", payload=payload
                )
            tasks_said = "1 task" if done.count == 1 else f"{done.count} tasks"
            said = f"{tasks_said} put off"
            return go_to(request, "projects:plan", project_id, toast=said, undo_url=undo_url)
    page = levelling.propose_levelling(
        project_id=project_id, within_slack=within_slack, actor=request.actor
    )
    head = pages.head_of(actor=request.actor, project_id=project_id, as_of=clock.today())
    context = {
        "page": page,
        "head": head,
        "state": room_lists.STATUS_STATES[head.status],
        "tab": "plan",
        "form": form,
    }
    return render_page_or_part(
        request,
        "projects/levelling.html",
        "projects/_levelling.html",
        context,
        status=422 if form.errors else 200,
    )
