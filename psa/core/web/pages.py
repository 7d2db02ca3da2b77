"""Answering a request: a page or its part, a redirect, a form's errors, a toast."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.web import sentences

Context = Mapping[str, Any] | None


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part; boosted links and the Back button want the whole page."""
    htmx = getattr(request, "htmx", None)
    if not htmx:
        return False
    return not htmx.boosted and not htmx.history_restore_request


def render_part(
    request: HttpRequest, template: str, context: Context = None, *, status: int = 200
) -> HttpResponse:
    """One part of a page."""
    response = render(request, template, dict(context or {}), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def render_page_or_part(
    request: HttpRequest, page: str, part: str, context: Context = None, *, status: int = 200
) -> HttpResponse:
    """The part for an htmx request, else the page that includes it."""
    template = part if wants_part(request) else page
    return render_part(request, template, context, status=status)


def render_outcome(
    request: HttpRequest, page: str, part: str, context: Context = None
) -> HttpResponse:
    """What posting a form led to, where it has no address of its own: shown in the form's place.

    A form takes only itself out of an answer, so it is told to take the part, whose root has its
    file's name as its id.
    """
    response = render_page_or_part(request, page, part, context)
    if wants_part(request):
        response["HX-Retarget"] = "#form_part"
        response["HX-Reselect"] = f"#{PurePath(part).stem.removeprefix('_')}"
        response["HX-Reswap"] = "outerHTML show:top"
    return response


def render_form(
    request: HttpRequest, form: forms.BaseForm, *, page: str, part: str, context: Context = None
) -> HttpResponse:
    """A form's page or part; 422 when it was refused, with what was typed kept.

    The form posts to where it came from, unless the context names another `action_url`.
    """
    refused = form.is_bound and bool(form.errors)
    given = {"form": form, "action_url": request.get_full_path(), **(context or {})}
    return render_page_or_part(request, page, part, given, status=422 if refused else 200)


def go_to(
    request: HttpRequest,
    url_name: str,
    *args: Any,
    toast: str | None = None,
    undo_url: str | None = None,
    refused: str | None = None,
    **kwargs: Any,
) -> HttpResponse:
    """Go to a named page; the toast waits for it there, or what was refused, in its own tone."""
    if refused:
        messages.error(request, refused)
    url = reverse(url_name, args=args or None, kwargs=kwargs or None)
    return go_to_url(request, url, toast=toast, undo_url=undo_url)


def go_to_url(
    request: HttpRequest, url: str, *, toast: str | None = None, undo_url: str | None = None
) -> HttpResponse:
    """Go to an address of this application, such as one with a query; else as `go_to`."""
    if toast:
        messages.success(request, toast, extra_tags=f"undo:{undo_url}" if undo_url else "")
    if getattr(request, "htmx", None):
        return HttpResponseClientRedirect(url)
    return HttpResponseRedirect(url)


@contextmanager
def errors_on(form: forms.BaseForm) -> Iterator[None]:
    """Run the service call inside a savepoint; a refusal undoes it and lands on its field.

    Deferred constraints are checked at the end of the block, so that they refuse here and not at
    commit. Other exceptions pass through, among them NotFound and PermissionDenied: those are error
    pages. An unbound form has nothing to undo and costs no query.
    """
    if not form.is_bound:
        yield
        return
    try:
        with transaction.atomic():
            yield
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                # The mode outlives the savepoint: what comes next must be able to defer again.
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except (NotFound, PermissionDenied):
        raise
    except DomainError as error:
        add_domain_error(form, error)


def add_domain_error(form: forms.BaseForm, error: DomainError) -> None:
    """Put a refusal on the field it names, or on the form when the form has no such field."""
    field = error.field if error.field and error.field in form.fields else NON_FIELD_ERRORS
    if form.is_valid() or field == NON_FIELD_ERRORS or field not in form.errors:
        form.add_error(None if field == NON_FIELD_ERRORS else field, str(error))


def toast(
    response: HttpResponse, text: str, *, undo_url: str | None = None, tone: str = "ok"
) -> HttpResponse:
    """Show a toast after the swap; its Undo button posts to `undo_url` within ten seconds."""
    detail = {"text": sentences.told(text), "tone": tone}
    if undo_url:
        detail["undo_url"] = undo_url
    return trigger_client_event(response, "psa:toast", detail, after="swap")


def refresh(response: HttpResponse, event: str) -> HttpResponse:
    """Raise a client event, so that parts waiting for it load themselves anew."""
    return trigger_client_event(response, event, {}, after="settle")


def events_of(response: HttpResponse) -> dict[str, Any]:
    """The client events a response raises, for tests and for merging."""
    found: dict[str, Any] = {}
    for header in ("HX-Trigger", "HX-Trigger-After-Swap", "HX-Trigger-After-Settle"):
        if header in response:
            found |= json.loads(response[header])
    return found
