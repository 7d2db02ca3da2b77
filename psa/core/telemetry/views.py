"""Health, readiness, and the figures for Prometheus."""

import hmac
from collections.abc import Callable, Iterator
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse

from . import metrics

_GAUGES = """
SELECT count(*) FILTER (WHERE lease_until IS NULL OR lease_until < statement_timestamp()),
       count(*) FILTER (WHERE lease_until >= statement_timestamp()),
       coalesce(extract(epoch FROM statement_timestamp() - min(due_at) FILTER (
           WHERE lease_until IS NULL OR lease_until < statement_timestamp())), 0)
  FROM jobs_jobticket WHERE due_at <= statement_timestamp()
"""
_SESSIONS = """
SELECT coalesce(state, 'none'), count(*) FROM pg_stat_activity
 WHERE usename = current_user AND datname = current_database() GROUP BY 1
"""


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve: its database answers. 503 until it does."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return JsonResponse({"status": "the database does not answer"}, status=503)
    return JsonResponse({"status": "ready"})


def figures(request: HttpRequest) -> HttpResponse:
    """The metrics, for the machine itself or for who has the token; for others there is no page."""
    if not may_read_metrics(request):
        return HttpResponseNotFound()
    body = metrics.exposition(_from_database())
    return HttpResponse(body, content_type=metrics.CONTENT_TYPE)


def may_read_metrics(request: HttpRequest) -> bool:
    """From loopback and through no proxy, or with the token of the environment."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    if wanted and scheme.lower() == "bearer":
        return hmac.compare_digest(token.strip().encode(), wanted.encode())
    forwarded = {"X-Forwarded-For", "Forwarded", "X-Real-Ip"} & set(request.headers)
    try:
        return not forwarded and ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _from_database() -> Iterator[tuple[str, str, float]]:
    yield "psa_build", f"Version {settings.VERSION} {settings.REVISION}".strip(), 1
    try:
        with connection.cursor() as cursor:
            cursor.execute(_GAUGES)
            waiting, leased, oldest = cursor.fetchone()
            cursor.execute(_SESSIONS)
            sessions = dict(cursor.fetchall())
    except DatabaseError:
        connection.close()
        yield "psa_database_up", "Whether the database answered.", 0
        return
    yield "psa_database_up", "Whether the database answered.", 1
    yield "psa_jobs_waiting", "Runs that are due and that nobody works on.", waiting
    yield "psa_jobs_leased", "Runs that a worker has taken.", leased
    yield "psa_jobs_oldest_wait_seconds", "How long the oldest of those waits.", float(oldest)
    yield "psa_database_sessions", "The application's connections.", sum(sessions.values())
    yield (
        "psa_database_sessions_busy",
        "Those in a transaction.",
        sum(count for state, count in sessions.items() if state != "idle"),
    )


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": figures,
}
