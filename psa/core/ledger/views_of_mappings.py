"""Pages of account mappings: which number an account has in an accounting package."""

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import LedgerPermission
from psa.core.web import lists as web_lists
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest

from . import closing, forms, lists, mappings
from .services import mappings as services


class Nothing(django_forms.Form):
    """A button."""


@require_GET
@requires(LedgerPermission.EXPORT)
def mapping_list(request: TenantRequest) -> HttpResponse:
    rows = mappings.mapping_rows(actor=request.actor)
    return web_lists.list_page(request, lists.MAPPINGS, rows)


@require_http_methods(["GET", "POST"])
@requires(LedgerPermission.EXPORT)
def mapping_create(request: TenantRequest) -> HttpResponse:
    form = forms.NewMapping(request.POST or None, entities=closing.exportable(actor=request.actor))
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = services.add_mapping(actor=request.actor, at=clock.now(), **form.arguments())
            return go_to(request, "ledger:mapping", made.pk, toast="Mapping added")
    back = reverse("ledger:mapping_list")
    context = {
        "title": "New mapping",
        "submit": "Add mapping",
        "cancel_url": back,
        "intro": "An entity has as many as it has packages. The accounts follow on the next page.",
        "crumbs": [("Account", None), ("Account mappings", back)],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_http_methods(["GET", "POST"])
@requires(LedgerPermission.EXPORT)
def mapping(request: TenantRequest, mapping_id: int) -> HttpResponse:
    page = mappings.mapping_page(actor=request.actor, mapping_id=mapping_id)
    form = forms.ChangeMapping(request.POST or None, page=page)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            services.change_mapping(
                mapping_id=mapping_id, actor=request.actor, at=clock.now(), **form.arguments()
            )
            return go_to(request, "ledger:mapping", mapping_id, toast="Saved")
    return render_form(
        request,
        form,
        page="ledger/mapping.html",
        part="ledger/_mapping.html",
        context={"page": page},
    )


@require_POST
@requires(LedgerPermission.EXPORT)
def mapping_remove(request: TenantRequest, mapping_id: int) -> HttpResponse:
    form = Nothing({})
    with errors_on(form):
        services.remove_mapping(mapping_id=mapping_id, actor=request.actor, at=clock.now())
        return go_to(request, "ledger:mapping_list", toast="Mapping removed")
    return mapping(request, mapping_id)
