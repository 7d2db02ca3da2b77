"""Pages of one's own notifications and preferences."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest

from . import forms, lists_of_notifications, selectors, services


@require_GET
@for_every_member
def notification_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.notifications(actor=request.actor)
    return lists.list_page(
        request,
        lists_of_notifications.NOTIFICATIONS,
        rows,
        template="notifications/list.html",
    )


@require_http_methods(["GET", "POST"])
@for_every_member
def notification(request: TenantRequest, notification_id: int) -> HttpResponse:
    """Open what it is about; that marks it as read."""
    found = selectors.get_notification(actor=request.actor, notification_id=notification_id)
    services.mark_read(actor=request.actor, at=clock.now(), notification_id=found.pk)
    inside = found.path.startswith(f"/{request.tenant.slug}/")
    return HttpResponseRedirect(
        found.path if inside else reverse("notifications:notification_list")
    )


@require_POST
@for_every_member
def mark_all_read(request: TenantRequest) -> HttpResponse:
    services.mark_read(actor=request.actor, at=clock.now())
    return go_to(request, "notifications:notification_list", toast="All marked as read")


@require_http_methods(["GET", "POST"])
@for_every_member
def preferences(request: TenantRequest) -> HttpResponse:
    known = selectors.preferences(actor=request.actor)
    form = forms.Preferences(request.POST or None, preferences=known)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            services.save_preferences(actor=request.actor, choices=form.choices())
            return go_to(request, "notifications:notification_list", toast="Preferences saved")
    context = {
        "title": "What you are told of",
        "intro": "For each event: in the application, by e-mail, both, or not at all.",
        "submit": "Save preferences",
        "cancel_url": reverse("notifications:notification_list"),
    }
    return render_form(
        request,
        form,
        page="notifications/preferences.html",
        part="_components/form_part.html",
        context=context,
    )
