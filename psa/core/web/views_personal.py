"""One's own arrangements: settings, saved views, and taking a step back."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import get_script_prefix, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member
from psa.core.errors import DomainError, NotFound
from psa.core.web import help, personal, personal_forms, undo
from psa.core.web.lists import saved
from psa.core.web.pages import (
    errors_on,
    go_to,
    go_to_url,
    render_form,
    render_page_or_part,
    render_part,
)
from psa.core.web.requests import TenantRequest


@require_http_methods(["GET", "POST"])
@for_every_member
def settings(request: TenantRequest) -> HttpResponse:
    own, member = personal.settings_of(request.actor), request.membership
    form = personal_forms.Settings(
        request.POST or None,
        firm_region=request.tenant.locale,
        initial={
            "language": own.language,
            "locale": member.locale,
            "time_zone": member.time_zone,
            "week_starts_on": "" if own.week_starts_on is None else own.week_starts_on,
            "hours": "decimal" if member.hours_as_decimal else "clock",
            "theme": own.theme,
            "density": own.density,
            "has_letter_keys": own.has_letter_keys,
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            personal.save_settings(actor=request.actor, values=form.values())
            return go_to(request, "web:settings", toast=_("Settings saved"))
    context = {
        "title": _("My settings"),
        "submit": _("Save settings"),
        "cancel_url": get_script_prefix(),
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_POST
@for_every_member
def setting(request: TenantRequest) -> HttpResponse:
    """One switch of the shell, as its menu and the list of keys change it."""
    values: dict[str, object] = {}
    if request.POST.get("theme") in ("system", "light", "dark"):
        values["theme"] = request.POST["theme"]
    if request.POST.get("letters") in ("on", "off"):
        values["has_letter_keys"] = request.POST["letters"] == "on"
    personal.save_settings(actor=request.actor, values=values)
    return HttpResponse(status=204)


@require_POST
@for_every_member
def view_save(request: TenantRequest) -> HttpResponse:
    """Keep the list as it stands; `path` is where it stands."""
    form = personal_forms.SaveView(request.POST)
    back = _list_path(request)
    if not form.is_valid():
        messages.error(request, _("A view needs a name of at most 60 letters."))
        return HttpResponseRedirect(back)
    given = form.cleaned_data
    is_default = given.pop("is_default")
    view = saved.save_view(**given, actor=request.actor, at=clock.now(), is_default=is_default)
    messages.success(request, _("The view “%(name)s” is saved") % {"name": view.name})
    return HttpResponseRedirect(back + saved.address_of(view))


@require_POST
@for_every_member
def columns_keep(request: TenantRequest) -> HttpResponse:
    """Columns, pins and grouping as chosen: the list opens so for this person from now on."""
    back = _list_path(request)
    pairs = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ("path", "list_key", "csrfmiddlewaretoken", "saved", "columns")
        for value in values
        if value
    ]
    chosen = ",".join(request.POST.getlist("columns"))
    form = personal_forms.SaveView(
        {
            "name": _("My columns"),
            "list_key": request.POST.get("list_key", ""),
            "query": urlencode([*pairs, *([("columns", chosen)] if chosen else [])]),
        }
    )
    if not form.is_valid():
        messages.error(request, _("These columns could not be kept."))
        return go_to_url(request, back)
    given = {**form.cleaned_data, "is_default": True}
    view = saved.save_view(**given, actor=request.actor, at=clock.now())
    return go_to_url(
        request, back + saved.address_of(view), toast=_("The list opens so for you from now on")
    )


@require_POST
@for_every_member
def view_change(request: TenantRequest, view_id: int) -> HttpResponse:
    """Rename, share, open with, or take over how the list stands now (`query`)."""
    back = _list_path(request)
    actor = request.actor
    if "query" in request.POST:
        view = saved.change_view(view_id=view_id, actor=actor, query=request.POST["query"][:6000])
    else:
        form = personal_forms.ChangeView(request.POST)
        if not form.is_valid():
            messages.error(request, _("A view needs a name of at most 60 letters."))
            return HttpResponseRedirect(back)
        view = saved.change_view(view_id=view_id, actor=actor, **form.cleaned_data)
    messages.success(request, _("The view “%(name)s” is saved") % {"name": view.name})
    return HttpResponseRedirect(back + saved.address_of(view))


@require_POST
@for_every_member
def view_default(request: TenantRequest, view_id: int) -> HttpResponse:
    """Open the list with this view, also somebody else's, or no longer."""
    view = saved.choose_default(
        view_id=view_id, is_default=request.POST.get("is_default") == "on", actor=request.actor
    )
    messages.success(request, _("Saved"))
    return HttpResponseRedirect(_list_path(request) + saved.address_of(view))


@require_POST
@for_every_member
def view_delete(request: TenantRequest, view_id: int) -> HttpResponse:
    was = saved.delete_view(view_id=view_id, actor=request.actor)
    undo_url = undo.undo_url(actor=request.actor, kind="web.saved_view", payload=was)
    text = _("The view “%(name)s” is deleted") % {"name": was["name"]}
    messages.success(request, text, extra_tags=f"undo:{undo_url}")
    return HttpResponseRedirect(_list_path(request))


@require_POST
@for_every_member
def take_back(request: TenantRequest) -> HttpResponse:
    """The toast's Undo. Says in plain text what was done, or why not."""
    try:
        sentence = undo.take_back(
            token=request.GET.get("token", ""), actor=request.actor, at=clock.now()
        )
    except NotFound:
        raise
    except DomainError as error:
        return HttpResponse(str(error), status=409, content_type="text/plain; charset=utf-8")
    messages.success(request, sentence)
    return HttpResponse(sentence, content_type="text/plain; charset=utf-8")


@require_GET
@for_every_member
def help_index(request: TenantRequest) -> HttpResponse:
    """Every help text, or those that hold the words of `q`."""
    query = request.GET.get("q", "").strip()[:100]
    found = help.matching(query) if query else list(help.topics().values())
    context = {"topics": found, "query": query}
    return render_part(request, "web/help_index.html", context)


@require_GET
@for_every_member
def help_topic(request: TenantRequest, slug: str) -> HttpResponse:
    context = {"topic": help.get_topic(slug)}
    return render_page_or_part(request, "web/help.html", "web/_help.html", context)


@require_GET
@for_every_member
def keys(request: TenantRequest) -> HttpResponse:
    """The keys that work everywhere, as a page of their own."""
    return render_part(request, "web/keys.html")


@require_POST
@for_every_member
def checklist(request: TenantRequest) -> HttpResponse:
    """Hide the first steps, or show them again."""
    is_hidden = request.POST.get("show") != "on"
    personal.hide_checklist(actor=request.actor, is_hidden=is_hidden)
    return HttpResponseRedirect(get_script_prefix())


def _list_path(request: HttpRequest) -> str:
    """The list that the form came from, without its query; home for an address elsewhere."""
    path = request.POST.get("path", "").partition("?")[0]
    inside = path.startswith(get_script_prefix()) and "//" not in path and "\\" not in path
    is_safe = inside and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_safe else reverse("home:home")
