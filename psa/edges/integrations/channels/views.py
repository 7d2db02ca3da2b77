"""Pages of channels: the list, one with its log, a message, and sending it again."""

from typing import Any

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import AccessPermission
from psa.core.notifications import events as known_events
from psa.core.web import lists, states
from psa.core.web.lists import build_list
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part, wants_part
from psa.core.web.requests import TenantRequest

from . import forms, lists_of_channels, selectors
from .services import channels, deliveries

MANAGE = AccessPermission.MANAGE_PARAMETERS


@require_GET
@requires(MANAGE)
def channel_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.channels(actor=request.actor)
    return lists.list_page(request, lists_of_channels.CHANNELS, rows)


@require_GET
@requires(MANAGE)
def channel(request: TenantRequest, channel_id: int) -> HttpResponse:
    found = selectors.get_channel(actor=request.actor, channel_id=channel_id)
    rows = selectors.posts(actor=request.actor, channel_id=channel_id)
    if wants_part(request) or request.GET.get("export"):
        return lists.list_page(request, lists_of_channels.POSTS, rows)
    context = {
        "channel": found,
        "standing": selectors.standing_of(found),
        "told": [one.label for one in known_events.shared_events() if one.event in found.events],
        "state": states.ON_OFF[found.is_active],
        "list": build_list(request, lists_of_channels.POSTS, rows),
    }
    return render_page_or_part(request, "channels/channel.html", "channels/_channel.html", context)


@require_http_methods(["GET", "POST"])
@requires(MANAGE)
def channel_create(request: TenantRequest) -> HttpResponse:
    form = forms.ChannelForm(request.POST or None)
    del form.fields["is_active"], form.fields["lock_version"]
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = channels.create_channel(actor=request.actor, at=clock.now(), **form.cleaned_data)
            return go_to(request, "channels:channel", made.pk, toast="Channel added")
    return _form(request, form, "New channel", reverse("channels:channel_list"))


@require_http_methods(["GET", "POST"])
@requires(MANAGE)
def channel_edit(request: TenantRequest, channel_id: int) -> HttpResponse:
    found = selectors.get_channel(actor=request.actor, channel_id=channel_id)
    form = forms.ChannelForm(request.POST or None, initial=forms.ChannelForm.initial_of(found))
    form.keeps_address()
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            typed = dict(form.cleaned_data)
            channels.change_channel(
                channel_id=channel_id,
                lock_version=typed.pop("lock_version") or 0,
                actor=request.actor,
                at=clock.now(),
                **typed,
            )
            return go_to(request, "channels:channel", channel_id, toast="Channel saved")
    back = reverse("channels:channel", args=[channel_id])
    return _form(request, form, "Change the channel", back)


@require_POST
@requires(MANAGE)
def channel_try(request: TenantRequest, channel_id: int) -> HttpResponse:
    deliveries.try_channel(channel_id=channel_id, actor=request.actor, at=clock.now())
    return go_to(
        request, "channels:channel", channel_id, toast="A trial message goes out within a minute"
    )


@require_POST
@requires(MANAGE)
def channel_retry(request: TenantRequest, channel_id: int) -> HttpResponse:
    deliveries.replay_failed(channel_id=channel_id, actor=request.actor, at=clock.now())
    return go_to(request, "channels:channel", channel_id, toast="It is sent again within a minute")


@require_POST
@requires(MANAGE)
def channel_remove(request: TenantRequest, channel_id: int) -> HttpResponse:
    channels.remove_channel(channel_id=channel_id, actor=request.actor, at=clock.now())
    return go_to(request, "channels:channel_list", toast="Channel removed")


@require_GET
@requires(MANAGE)
def post(request: TenantRequest, post_id: int) -> HttpResponse:
    row = selectors.get_post(actor=request.actor, post_id=post_id)
    context = {
        "post": row,
        "state": states.SENDING[row.state],
        "message": deliveries.message_text(row),
    }
    return render_page_or_part(request, "channels/post.html", "channels/_post.html", context)


@require_POST
@requires(MANAGE)
def post_replay(request: TenantRequest, post_id: int) -> HttpResponse:
    deliveries.replay(post_id=post_id, actor=request.actor, at=clock.now())
    return go_to(request, "channels:post", post_id, toast="It is sent again within a minute")


def _form(request: TenantRequest, form: django_forms.Form, title: str, back: str) -> HttpResponse:
    context: dict[str, Any] = {
        "title": title,
        "submit": "Save",
        "cancel_url": back,
        "crumbs": [("Channels", reverse("channels:channel_list"))],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )
