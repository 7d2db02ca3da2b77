"""The page by which an administrator answers a person who asks for their data, or to be forgotten."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import AccessPermission
from psa.core.access.step_up import step_up
from psa.core.errors import NotFound
from psa.core.web.pages import errors_on, go_to, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms
from .services import people


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_USERS)
@step_up
def person_data(request: TenantRequest) -> HttpResponse:
    """The address is posted, never part of the page's own: addresses of pages are logged."""
    form = forms.Person(request.POST or None)
    kept: people.Kept | None = None
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            try:
                answer = _answer(request, form.cleaned_data)
            except NotFound as error:
                form.add_error("email", error.message)
            else:
                if isinstance(answer, HttpResponse):
                    return answer
                kept = answer
    if kept is None and form.is_bound and not form.has_error("email"):
        # What was refused is said beside what there is.
        kept = people.kept_about(
            email=form.cleaned_data["email"], actor=request.actor, today_on=clock.today()
        )
    return render_page_or_part(
        request,
        "operations/person_data.html",
        "operations/_person_data.html",
        {"form": form, "kept": kept},
        status=422 if form.is_bound and form.errors else 200,
    )


def _answer(request: TenantRequest, given: dict[str, str]) -> HttpResponse | people.Kept:
    email, at = given["email"], clock.now()
    if given["action"] == "copy":
        found = people.copy_for_person(email=email, actor=request.actor, at=at)
        response = JsonResponse(found, json_dumps_params={"indent": 1, "ensure_ascii": False})
        response["Content-Disposition"] = 'attachment; filename="person.json"'
        response["Cache-Control"] = "no-store"
        return response
    if given["action"] == "forget":
        people.forget_for_person(email=email, actor=request.actor, today_on=clock.today(), at=at)
        return go_to(request, "people_data:person", toast="Name and address are gone")
    return people.kept_about(email=email, actor=request.actor, today_on=clock.today())
