"""What browsers are told beyond Django's own headers: no devices, no strangers, no copies kept."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_UNUSED = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "geolocation",
    "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment",
    "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
_SIGNING_OUT = "/accounts/logout/"


def permitting(*used: str) -> str:
    """The Permissions-Policy of a page that uses these devices itself, and no others."""
    return ", ".join(f"{name}=({'self' if name in used else ''})" for name in _UNUSED)


PERMISSIONS_POLICY = permitting()


class PolicyMiddleware:
    """Permissions-Policy, Cross-Origin-Resource-Policy, and no copy of what only its reader may see.

    A view that says for itself how long its answer may be kept is left alone. Signing out empties
    the browser's cache of this site.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        headers = response.headers
        headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("X-Permitted-Cross-Domain-Policies", "none")
        if getattr(request, "user", None) is not None:
            headers.setdefault("Cache-Control", "private, no-store")
        if request.method == "POST" and request.path == _SIGNING_OUT:
            headers["Clear-Site-Data"] = '"cache"'
        return response
