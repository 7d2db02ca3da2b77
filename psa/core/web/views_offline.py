"""The service worker, and what makes a firm's pages an application on the phone."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from psa.core.access.decorators import asks_by_itself, for_every_member
from psa.core.web import offline
from psa.core.web.requests import TenantRequest

# Behind the icon on the phone: (name, address), as far as they exist.
_SHORTCUTS = (("My day", "timeexpense:day"), ("Approvals", "timeexpense:approvals"))


@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """The one worker of this site; its text changes with each file that it keeps."""
    response = HttpResponse(
        f"self.PSA = {json.dumps(offline.settings_of_worker())};\n{offline.worker()}",
        content_type="text/javascript; charset=utf-8",
    )
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_GET
@asks_by_itself
@for_every_member
def manifest(request: TenantRequest) -> HttpResponse:
    """The firm's pages as an application: its name, icons, and where it begins."""
    home = reverse("home:home")
    shortcuts = []
    for name, address in _SHORTCUTS:
        try:
            shortcuts.append({"name": gettext(name), "url": reverse(address)})
        except NoReverseMatch:
            continue
    response = JsonResponse(
        {
            "id": home,
            "name": request.tenant.name,  # type: ignore[attr-defined]
            "short_name": request.tenant.name[:12].strip(),  # type: ignore[attr-defined]
            "start_url": reverse("timeexpense:day"),
            # Signing in lies outside the firm's own addresses and still inside the application.
            "scope": "/",
            "display": "standalone",
            "background_color": "#f5f5f2",
            "theme_color": "#2d4cb9",
            "icons": [
                _icon("icons/icon-192.png", "192x192", "any"),
                _icon("icons/icon-512.png", "512x512", "any"),
                _icon("icons/icon-maskable-512.png", "512x512", "maskable"),
            ],
            "shortcuts": shortcuts,
        },
        content_type="application/manifest+json",
    )
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _icon(name: str, sizes: str, purpose: str) -> dict[str, str]:
    return {"src": static(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
