"""Documents of a record as a part for its page; downloads that no browser will run."""

from typing import Any, cast

from django.http import FileResponse, HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member
from psa.core.errors import NotFound
from psa.core.web.pages import (
    add_domain_error,
    errors_on,
    go_to,
    render_form,
    render_page_or_part,
    toast,
    wants_part,
)
from psa.core.web.requests import TenantRequest

from . import forms, naming, registry, selectors, services
from .models import Document
from .uploads import SizeLimit

_PAGE = "documents/of_record.html"
_PART = "documents/_of_record.html"
_NO_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
_IMAGE_POLICY = "sandbox; default-src 'none'; img-src 'self'; frame-ancestors 'self'"


@require_GET
@for_every_member
def of_record(request: TenantRequest, record_type: str, record_id: int) -> HttpResponse:
    """The list and the upload form; a room's page loads it with hx-get."""
    context = _context(request, record_type, record_id)
    return render_page_or_part(request, _PAGE, _PART, {"form": forms.Upload(), **context})


@csrf_exempt  # the token is checked below, after the limit is in place: checking reads the body
@require_POST
@for_every_member
def upload(request: TenantRequest, record_type: str, record_id: int) -> HttpResponse:
    limit = SizeLimit(request)
    request.upload_handlers.insert(0, limit)
    return _upload(request, record_type, record_id, limit)


@csrf_protect
def _upload(
    request: TenantRequest, record_type: str, record_id: int, limit: SizeLimit
) -> HttpResponse:
    form = forms.Upload(request.POST, request.FILES)
    if limit.refused:
        shown = naming.spoken_filename(limit.refused)
        form.fields["file"].required = False
        add_domain_error(form, services.too_large(shown))
    added: Document | None = None
    with errors_on(form):
        if form.is_valid():
            added = services.store(
                record_type=record_type,
                record_id=record_id,
                filename=form.cleaned_data["file"].name,
                content=form.cleaned_data["file"],
                actor=request.actor,
                at=clock.now(),
                is_client_visible=form.cleaned_data["is_client_visible"],
            )
    if added is None:
        context = _context(request, record_type, record_id)
        return render_form(request, form, page=_PAGE, part=_PART, context=context)
    said = f"{added.filename} added"
    if not wants_part(request):
        return go_to(request, "documents:of_record", record_type, record_id, toast=said)
    context = {"form": forms.Upload(), **_context(request, record_type, record_id)}
    return toast(render_page_or_part(request, _PAGE, _PART, context), said)


@require_GET
@for_every_member
def download(request: TenantRequest, document_id: int) -> HttpResponse:
    """The file as an attachment; never shown by the browser, whatever it holds."""
    document = selectors.get_document(actor=request.actor, document_id=document_id)
    return _answer(document, inline=False)


@require_GET
@for_every_member
def image(request: TenantRequest, document_id: int) -> HttpResponse:
    """A picture for an <img>: those were drawn anew when they came. NotFound for other files."""
    document = selectors.get_document(actor=request.actor, document_id=document_id)
    if not document.content_type.startswith("image/"):
        raise NotFound("This document is not a picture; download it instead.")
    return _answer(document, inline=True)


def _answer(document: Document, *, inline: bool) -> HttpResponse:
    response = FileResponse(selectors.open_content(document), content_type=document.content_type)
    disposition = content_disposition_header(not inline, document.filename)
    response["Content-Disposition"] = disposition or "attachment"
    response["Content-Length"] = str(document.size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _IMAGE_POLICY if inline else _NO_POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    patch_cache_control(response, private=True, no_store=not inline, max_age=3600 if inline else 0)
    return cast(HttpResponse, response)  # the stubs deny that it is one


def _context(request: TenantRequest, record_type: str, record_id: int) -> dict[str, Any]:
    actor = request.actor
    return {
        "record_type": record_type,
        "record_id": record_id,
        "documents": selectors.of_record(actor=actor, record_type=record_type, record_id=record_id),
        "can_add": registry.can_add(actor=actor, record_type=record_type, record_id=record_id),
    }
