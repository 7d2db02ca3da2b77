"""What is said about a project and its tasks: comments, files, and what happened."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.errors import NotFound
from psa.core.web.pages import errors_on, go_to_url, render_form
from psa.core.web.requests import TenantRequest

from . import forms
from . import lists as room_lists
from .models import Comment
from .permissions import ProjectsPermission
from .selectors import discussion as selectors
from .selectors import pages
from .selectors.discussion import Discussion
from .services import discussion as services
from .views import SEE, form_page

READ = (*SEE, ProjectsPermission.VIEW_OWN_TASKS)


@require_http_methods(["GET", "POST"])
@requires(*SEE)
def discussion(request: TenantRequest, project_id: int) -> HttpResponse:
    """The comments of a project and of its tasks; POST writes one about the project."""
    head = pages.head_of(actor=request.actor, project_id=project_id, as_of=clock.today())
    form = forms.WriteComment(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            services.add_comment(
                project_id=project_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to_url(request, _url_of(project_id, None), toast="Comment added")
    page = selectors.project_discussion(
        actor=request.actor, project_id=project_id, before_id=_before(request)
    )
    context = {
        **_context(page),
        "head": head,
        "state": room_lists.STATUS_STATES[head.status],
        "tab": "discussion",
    }
    return render_form(
        request,
        form,
        page="projects/discussion.html",
        part="projects/_discussion.html",
        context=context,
    )


@require_http_methods(["GET", "POST"])
@requires(*READ)
def task_discussion(request: TenantRequest, project_id: int, task_id: int) -> HttpResponse:
    """The comments of a task, for who may open its project or is to do it."""
    form = forms.WriteComment(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            services.add_comment(
                project_id=project_id, task_id=task_id, actor=request.actor, at=clock.now(),
                **form.cleaned_data,
            )  # fmt: skip
            return go_to_url(request, _url_of(project_id, task_id), toast="Comment added")
    page = selectors.task_discussion(
        actor=request.actor, project_id=project_id, task_id=task_id, before_id=_before(request)
    )
    return render_form(
        request,
        form,
        page="projects/task_discussion.html",
        part="projects/_task_discussion.html",
        context=_context(page),
    )


@require_http_methods(["GET", "POST"])
@requires(*READ)
def comment_edit(request: TenantRequest, comment_id: int) -> HttpResponse:
    comment = selectors.readable_comment(actor=request.actor, comment_id=comment_id)
    if comment.author_id != request.actor.membership_id or comment.removed_at is not None:
        raise NotFound("There is no such comment of yours.")
    form = forms.WriteComment(request.POST or None, initial={"text": comment.text})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            services.edit_comment(
                comment_id=comment_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to_url(request, _back(comment), toast="Comment saved")
    return form_page(request, form, "Change your comment", "Save comment", _back(comment))


@require_POST
@requires(*READ)
def comment_remove(request: TenantRequest, comment_id: int) -> HttpResponse:
    comment = services.remove_comment(comment_id=comment_id, actor=request.actor, at=clock.now())
    return go_to_url(request, _back(comment), toast="Comment removed")


def _context(page: Discussion) -> dict[str, object]:
    older = page.comments[-1].id if page.has_older else None
    return {"page": page, "activity": page.activity, "older": older}


def _before(request: TenantRequest) -> int | None:
    text = request.GET.get("before", "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _url_of(project_id: int, task_id: int | None) -> str:
    if task_id is None:
        return reverse("projects:discussion", args=[project_id])
    return reverse("projects:task_discussion", args=[project_id, task_id])


def _back(comment: Comment) -> str:
    return _url_of(comment.project_id, comment.task_id)
