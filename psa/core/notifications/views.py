"""Pages of one's own notifications and preferences."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member
from psa.core.errors import DomainError
from psa.core.web import lists, undo
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest

from . import forms, lists_of_notifications, push_messages, selectors, services

# A token names each; more than this many are not taken back by one.
MOST_UNDONE = 200


@require_GET
@for_every_member
def notification_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.notifications(actor=request.actor)
    return lists.list_page(
        request,
        lists_of_notifications.NOTIFICATIONS,
        rows,
        context={"head_part": "notifications/_mark_all_read.html"},
    )


@require_http_methods(["GET", "POST"])
@for_every_member
def notification(request: TenantRequest, notification_id: int) -> HttpResponse:
    """Open what it is about; that marks it as read."""
    found = selectors.get_notification(actor=request.actor, notification_id=notification_id)
    services.mark_read(actor=request.actor, at=clock.now(), notification_ids=[found.pk])
    inside = found.path.startswith(f"/{request.tenant.slug}/")
    return HttpResponseRedirect(
        found.path if inside else reverse("notifications:notification_list")
    )


@require_POST
@for_every_member
def mark_all_read(request: TenantRequest) -> HttpResponse:
    return _marked(request, services.mark_read(actor=request.actor, at=clock.now()))


@require_POST
@for_every_member
def mark_read(request: TenantRequest) -> HttpResponse:
    """Dismiss those that are ticked."""
    rows = selectors.notifications(actor=request.actor)
    ids = lists.selected_ids(request, lists_of_notifications.NOTIFICATIONS, rows)
    return _marked(
        request, services.mark_read(actor=request.actor, at=clock.now(), notification_ids=ids)
    )


def _marked(request: TenantRequest, ids: list[int]) -> HttpResponse:
    count = "1 notification" if len(ids) == 1 else f"{len(ids)} notifications"
    undo_url = None
    if 0 < len(ids) <= MOST_UNDONE:
        payload = {"ids": ids}
        undo_url = undo.undo_url(actor=request.actor, kind="notifications.read", payload=payload)
    return go_to(
        request,
        "notifications:notification_list",
        toast=f"{count} marked as read",
        undo_url=undo_url,
    )


@require_POST
@for_every_member
def mute(request: TenantRequest, notification_id: int) -> HttpResponse:
    """Be told no more of what this one is about."""
    event = services.mute(actor=request.actor, notification_id=notification_id)
    undo_url = undo.undo_url(
        actor=request.actor, kind="notifications.mute", payload={"event": event}
    )
    return go_to(
        request,
        "notifications:notification_list",
        toast="You are told of this no more",
        undo_url=undo_url,
    )


@require_POST
@for_every_member
def mute_records(request: TenantRequest) -> HttpResponse:
    """Be told no more of the records that the ticked ones are about."""
    rows = selectors.notifications(actor=request.actor)
    ids = lists.selected_ids(request, lists_of_notifications.NOTIFICATIONS, rows)
    try:
        paths = services.mute_records(actor=request.actor, notification_ids=ids)
    except DomainError as refusal:
        return go_to(request, "notifications:notification_list", toast=refusal.message)
    payload = {"paths": paths[:MOST_UNDONE]}
    undo_url = undo.undo_url(
        actor=request.actor, kind="notifications.mute_records", payload=payload
    )
    return go_to(
        request,
        "notifications:notification_list",
        toast="You are told of these records no more",
        undo_url=undo_url if len(paths) <= MOST_UNDONE else None,
    )


@require_http_methods(["GET", "POST"])
@for_every_member
def preferences(request: TenantRequest) -> HttpResponse:
    known = selectors.preferences(actor=request.actor)
    hours = selectors.quiet_hours(actor=request.actor) or (None, None)
    form = forms.Preferences(
        request.POST or None,
        preferences=known,
        initial=dict(zip(("quiet_from", "quiet_until"), hours, strict=True)),
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            services.save_all_preferences(
                actor=request.actor, choices=form.choices(), **form.quiet_minutes()
            )
            return go_to(request, "notifications:notification_list", toast="Preferences saved")
    context = {
        "title": "What you are told of",
        "intro": "For each event: in the application, by e-mail at once or gathered, or not at all.",
        "submit": "Save preferences",
        "cancel_url": reverse("notifications:notification_list"),
        "devices": list(selectors.own_devices(actor=request.actor)),
        "push_key": push_messages.public_key(),
    }
    return render_form(
        request,
        form,
        page="notifications/preferences.html",
        part="_components/form_part.html",
        context=context,
    )
