"""One log line a request, its time measured, and refusals that no view took up as pages that help."""

import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from psa.core.errors import DomainError
from psa.core.telemetry import metrics, requests
from psa.core.telemetry.views import PROBES
from psa.core.web import errors, formats

logger = structlog.get_logger("psa.requests")
_NO_ROUTE = "none"


class ProbeMiddleware:
    """Health, readiness and metrics, asked by address from the same network.

    Before the host name is checked and before all else: a probe knows no name and ends no TLS.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        return self.get_response(request) if probe is None else probe(request)


class RequestLogMiddleware:
    """Logs method, path, route, status, milliseconds, tenant and member; never a query or a body.

    The answer carries the request's number. It also turns a DomainError that reached the edge into
    its error page: the view's transaction has been rolled back by then.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        formats.use_decimal_hours(False)
        path, started = request.path, time.monotonic()
        number = requests.request_id(request.headers.get(requests.HEADER))
        with requests.bound(request=number):
            response = self.get_response(request)
            took, route = time.monotonic() - started, _route(request)
            logger.info(
                "request",
                method=request.method,
                path=path,
                route=route,
                status=response.status_code,
                milliseconds=round(took * 1000),
            )
        metrics.REQUESTS.labels(
            route, _method(request), f"{response.status_code // 100}xx"
        ).observe(took)
        response.headers[requests.HEADER] = number
        return response

    def process_view(self, request: HttpRequest, *args: object) -> None:
        membership = getattr(request, "membership", None)
        formats.use_decimal_hours(bool(membership and membership.hours_as_decimal))
        requests.bind(
            tenant=getattr(membership, "tenant_id", None),
            member=getattr(membership, "pk", None),
            user=request.user.pk if hasattr(request, "user") else None,
        )

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return errors.refusal(request, exception)
        return None


def _route(request: HttpRequest) -> str:
    """The name of the pattern that matched: as many as there are pages, unlike addresses."""
    match = getattr(request, "resolver_match", None)
    return match.view_name or match.route if match else _NO_ROUTE


def _method(request: HttpRequest) -> str:
    """One of the known methods: what clients invent would be a label without end."""
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return request.method if request.method in known else "OTHER"
