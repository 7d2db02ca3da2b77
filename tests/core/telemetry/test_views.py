"""psa.core.telemetry.views: health, readiness, and figures for who may have them."""

import logging
import re

import pytest
from django.db import connection
from django.test import Client

from psa.core.telemetry import slow_queries
from tests.factories import Firm

TOKEN = "a-token-that-only-the-scraper-knows"


def test_answers_probes_by_any_name_and_without_tls(db: None, settings: object) -> None:
    settings.SECURE_SSL_REDIRECT = True  # type: ignore[attr-defined]
    for path in ("/healthz", "/readyz"):
        assert Client().get(path, headers={"host": "10.1.2.3:8000"}).status_code == 200
    assert Client().get("/accounts/login/", headers={"host": "10.1.2.3"}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({}, "203.0.113.7", 404),
        ({}, "", 404),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 404),  # through a proxy on this machine
        ({"Authorization": f"Bearer {TOKEN}"}, "203.0.113.7", 200),
        ({"Authorization": "Bearer another"}, "127.0.0.1", 404),
        ({"Authorization": TOKEN}, "203.0.113.7", 404),
    ],
)
def test_shows_figures_to_the_machine_itself_or_with_the_token(
    db: None, settings: object, headers: dict[str, str], address: str, status: int
) -> None:
    settings.METRICS_TOKEN = TOKEN  # type: ignore[attr-defined]
    answer = Client().get("/metrics", headers=headers, REMOTE_ADDR=address)
    assert answer.status_code == status


def test_without_a_token_in_the_environment_none_opens(db: None) -> None:
    answer = Client().get("/metrics", headers={"Authorization": "Bearer "}, REMOTE_ADDR="10.0.0.9")
    assert answer.status_code == 404


def test_counts_requests_by_route_and_shows_the_queue(acme: Firm) -> None:
    before = _count('route="sales:account_list"')
    client = acme.client("amara")
    assert client.get(acme.url("sales/customers/")).status_code == 200
    assert client.get(acme.url("sales/customers/987654321/")).status_code == 404
    assert _count('route="sales:account_list"') == before + 1
    text = Client().get("/metrics").content.decode()
    assert "psa_jobs_waiting" in text and "psa_database_sessions" in text
    assert "987654321" not in text and "acme" not in text


def test_gives_the_answer_the_number_of_its_request(acme: Firm) -> None:
    answer = acme.client("amara").get(acme.url(""), headers={"X-Request-ID": "edge-0123456789"})
    assert answer.headers["X-Request-ID"] == "edge-0123456789"


def test_tells_of_slow_statements_without_their_values(
    db: None, settings: object, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SLOW_QUERY_SECONDS = 0.2  # type: ignore[attr-defined]
    assert connection.execute_wrappers.count(slow_queries._WATCH) == 1
    with caplog.at_level(logging.WARNING), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.25), %s", ["Kessler Maschinenbau"])
        cursor.execute("SELECT %s", ["Kessler Maschinenbau"])
    lines = [record.getMessage() for record in caplog.records]
    assert [line for line in lines if "pg_sleep" in line and "%s" in line]
    assert "Kessler" not in str(lines)


def _count(label: str) -> float:
    text = Client().get("/metrics").content.decode()
    found = re.findall(rf"psa_request_seconds_count{{[^}}]*{label}[^}}]*}} ([\d.]+)", text)
    return sum(map(float, found))
