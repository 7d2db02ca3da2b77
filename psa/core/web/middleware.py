"""One log line a request, and refusals that no view took up as pages that help."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from psa.core.errors import DomainError
from psa.core.web import errors, formats

logger = logging.getLogger("psa.requests")


class RequestLogMiddleware:
    """Logs method, path, status, milliseconds, tenant and member; never a query or a body.

    It also turns a DomainError that reached the edge into its error page: the view's transaction
    has been rolled back by then.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        formats.use_decimal_hours(False)
        path, started = request.path, time.monotonic()
        response = self.get_response(request)
        membership = getattr(request, "membership", None)
        logger.info(
            "%s %s %d %.0fms tenant=%s member=%s",
            request.method,
            path,
            response.status_code,
            (time.monotonic() - started) * 1000,
            getattr(membership, "tenant_id", "-"),
            getattr(membership, "pk", "-"),
        )
        return response

    def process_view(self, request: HttpRequest, *args: object) -> None:
        membership = getattr(request, "membership", None)
        formats.use_decimal_hours(bool(membership and membership.hours_as_decimal))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return errors.refusal(request, exception)
        return None
