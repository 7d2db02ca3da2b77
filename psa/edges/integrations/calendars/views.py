"""The page of one's calendar address, and what a calendar program reads there."""

from datetime import UTC, datetime
from hashlib import sha256

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseNotModified
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from django.views.decorators.http import require_GET, require_POST, require_safe

from psa.core import clock
from psa.core.access.decorators import for_every_member
from psa.core.web.pages import go_to, render_outcome, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import selectors, services


@require_GET
@for_every_member
def feed(request: TenantRequest) -> HttpResponse:
    context = {"feed": selectors.own_feed(actor=request.actor)}
    return render_page_or_part(request, "calendars/feed.html", "calendars/_feed.html", context)


@require_POST
@for_every_member
def feed_make(request: TenantRequest) -> HttpResponse:
    """The one answer that shows the address; it is never stored, so not even Back brings it again."""
    made = services.make_feed(actor=request.actor, at=_real_now())
    path = reverse("calendar", urlconf="psa.urls", args=[made.secret])
    # Reversed inside a firm, it begins with the firm's own address.
    path = path.removeprefix(f"/{request.tenant.slug}")
    context = {"feed": made.feed, "address": request.build_absolute_uri(path)}
    response = render_outcome(request, "calendars/feed.html", "calendars/_feed.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@for_every_member
def feed_revoke(request: TenantRequest) -> HttpResponse:
    services.revoke_feed(actor=request.actor, at=_real_now())
    return go_to(request, "calendars:feed", toast="The address is revoked")


@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """What a calendar program reads: nobody signs in, the address is the key. 304 while unchanged."""
    content = services.read_feed(secret, today=clock.today(), at=_real_now())
    if content is None:
        return HttpResponseNotFound("There is no such calendar.", content_type="text/plain")
    etag = f'"{sha256(content).hexdigest()[:32]}"'
    known = parse_etags(request.headers.get("If-None-Match", ""))
    response: HttpResponse
    if etag in known or f"W/{etag}" in known or "*" in known:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="work.ics"'
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _real_now() -> datetime:
    """Secrets keep the real clock, whatever business date is played."""
    return datetime.now(tz=UTC)
