"""Pages of webhooks: the list, one with its log, a delivery, and replaying it."""

from typing import Any

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import AccessPermission
from psa.core.errors import NotFound
from psa.core.web import lists, states
from psa.core.web.lists import build_list
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part, wants_part
from psa.core.web.requests import TenantRequest

from . import forms, lists_of_webhooks, selectors
from .jobs import real_now
from .models import Delivery
from .services import deliveries, endpoints

MANAGE = AccessPermission.MANAGE_PARAMETERS


@require_GET
@requires(MANAGE)
def endpoint_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.endpoints(actor=request.actor)
    return lists.list_page(request, lists_of_webhooks.ENDPOINTS, rows)


@require_GET
@requires(MANAGE)
def endpoint(request: TenantRequest, endpoint_id: int) -> HttpResponse:
    found = selectors.get_endpoint(actor=request.actor, endpoint_id=endpoint_id)
    rows = selectors.deliveries(actor=request.actor, endpoint_id=endpoint_id)
    if wants_part(request) or request.GET.get("export"):
        return lists.list_page(request, lists_of_webhooks.DELIVERIES, rows)
    context = {
        "endpoint": found,
        "secret": endpoints.readable_secret(found),
        "state": states.ON_OFF[found.is_active],
        "list": build_list(request, lists_of_webhooks.DELIVERIES, rows),
    }
    return render_page_or_part(
        request, "webhooks/endpoint.html", "webhooks/_endpoint.html", context
    )


@require_http_methods(["GET", "POST"])
@requires(MANAGE)
def endpoint_create(request: TenantRequest) -> HttpResponse:
    form = forms.EndpointForm(request.POST or None)
    del form.fields["is_active"], form.fields["lock_version"]
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = endpoints.create_endpoint(
                actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "webhooks:endpoint", made.pk, toast="Webhook added")
    return _form(request, form, "New webhook", reverse("webhooks:endpoint_list"))


@require_http_methods(["GET", "POST"])
@requires(MANAGE)
def endpoint_edit(request: TenantRequest, endpoint_id: int) -> HttpResponse:
    found = selectors.get_endpoint(actor=request.actor, endpoint_id=endpoint_id)
    form = forms.EndpointForm(request.POST or None, initial=forms.EndpointForm.initial_of(found))
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            typed = dict(form.cleaned_data)
            endpoints.change_endpoint(
                endpoint_id=endpoint_id,
                lock_version=typed.pop("lock_version") or 0,
                actor=request.actor,
                at=clock.now(),
                **typed,
            )
            return go_to(request, "webhooks:endpoint", endpoint_id, toast="Webhook saved")
    back = reverse("webhooks:endpoint", args=[endpoint_id])
    return _form(request, form, "Change the webhook", back)


@require_POST
@requires(MANAGE)
def secret_renew(request: TenantRequest, endpoint_id: int) -> HttpResponse:
    endpoints.renew_secret(endpoint_id=endpoint_id, actor=request.actor, at=clock.now())
    return go_to(request, "webhooks:endpoint", endpoint_id, toast="New secret made")


@require_POST
@requires(MANAGE)
def endpoint_remove(request: TenantRequest, endpoint_id: int) -> HttpResponse:
    endpoints.remove_endpoint(endpoint_id=endpoint_id, actor=request.actor, at=clock.now())
    return go_to(request, "webhooks:endpoint_list", toast="Webhook removed")


@require_GET
@requires(MANAGE)
def delivery(request: TenantRequest, delivery_id: int) -> HttpResponse:
    row: Delivery | None = (
        Delivery.objects.select_related("endpoint", "entry").filter(pk=delivery_id).first()
    )
    if row is None:
        raise NotFound("There is no such delivery.")
    context = {
        "delivery": row,
        "state": states.SENDING[row.state],
        "payload": deliveries.payload_text(row),
    }
    return render_page_or_part(
        request, "webhooks/delivery.html", "webhooks/_delivery.html", context
    )


@require_POST
@requires(MANAGE)
def delivery_replay(request: TenantRequest, delivery_id: int) -> HttpResponse:
    deliveries.replay(delivery_id=delivery_id, actor=request.actor, at=real_now())
    return go_to(
        request, "webhooks:delivery", delivery_id, toast="It is sent again within a minute"
    )


def _form(request: TenantRequest, form: django_forms.Form, title: str, back: str) -> HttpResponse:
    context: dict[str, Any] = {
        "title": title,
        "submit": "Save",
        "cancel_url": back,
        "crumbs": [("Webhooks", reverse("webhooks:endpoint_list"))],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )
