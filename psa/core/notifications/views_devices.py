"""The browser that is asked on: writing to it, trying it, and writing to it no more."""

import json

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member
from psa.core.errors import DomainError
from psa.core.web import sentences
from psa.core.web.pages import go_to
from psa.core.web.requests import TenantRequest

from . import decisions, devices, services

TRIED = "notifications.device_tried"


@require_POST
@for_every_member
def device_save(request: TenantRequest) -> HttpResponse:
    """A subscription as the browser gives it, with a name for the device."""
    try:
        sent = json.loads(request.body)
        keys = sent["keys"]
        devices.save_device(
            endpoint=str(sent["endpoint"]),
            public_key=str(keys["p256dh"]),
            auth_secret=str(keys["auth"]),
            label=str(sent.get("label", "")),
            actor=request.actor,
            at=clock.now(),
        )
    except DomainError as error:
        return JsonResponse({"error": sentences.told(error.message)}, status=422)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        sentence = gettext("This could not be read. Reload the page.")
        return JsonResponse({"error": sentence}, status=400)
    return JsonResponse({"status": "saved"})


@require_POST
@for_every_member
def device_test(request: TenantRequest) -> HttpResponse:
    """A notification to oneself, on the way that real ones take."""
    services.notify(
        membership_ids=[request.actor.membership_id],
        event=TRIED,
        title=gettext("This works"),
        body=gettext("This device is told from now on."),
        path=reverse("notifications:preferences"),
        at=clock.now(),
    )
    return go_to(request, "notifications:preferences", toast=gettext("On its way"))


@require_POST
@for_every_member
def device_remove(request: TenantRequest, device_id: int) -> HttpResponse:
    devices.remove_device(device_id=device_id, actor=request.actor)
    return go_to(request, "notifications:preferences", toast=gettext("Removed"))


@csrf_exempt  # a service worker has no token; the sealed right is what no other site can have
@require_POST
@for_every_member
def decide(request: TenantRequest) -> HttpResponse:
    """A button of a push message was pressed; what is answered shows as the next message."""
    try:
        right = str(json.loads(request.body)["right"])
        said = decisions.decide(right=right, actor=request.actor, at=clock.now())
    except DomainError as error:
        body = decisions.told_on_screen(sentences.told(error.message))
        return JsonResponse({"title": gettext("Nothing was decided"), "body": body}, status=422)
    except (ValueError, TypeError, KeyError, RecursionError):
        sentence = gettext("This could not be read. Reload the page.")
        return JsonResponse({"error": sentence}, status=400)
    return JsonResponse({"title": decisions.told_on_screen(sentences.told(said)), "body": ""})
