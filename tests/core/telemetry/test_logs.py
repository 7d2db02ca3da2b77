"""psa.core.telemetry.logs: one event a line, with its context and without secrets."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from psa.core.telemetry import logs, requests


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a handler set up as production's writes."""
    stream = io.StringIO()
    formatter = logs.configuration(as_json=True, level="INFO")["formatters"]["structured"]
    made = structlog.stdlib.ProcessorFormatter(
        **{name: value for name, value in formatter.items() if name != "()"}
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(made)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def _events(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_binds_request_tenant_and_member_to_every_line(written: io.StringIO) -> None:
    with requests.bound(request="abcdef12"):
        requests.bind(tenant=3, member=9, user=None)
        logging.getLogger("billing").info("confirmed %s", "INV-1")
        structlog.get_logger("psa.requests").info("request", status=200)
    logging.getLogger("billing").info("afterwards")
    first, second, third = _events(written)
    assert (first["event"], first["tenant"], first["member"]) == ("confirmed INV-1", 3, 9)
    assert (second["request"], second["status"], second["logger"]) == (
        "abcdef12", 200, "psa.requests",
    )  # fmt: skip
    assert "user" not in first
    assert "tenant" not in third and "request" not in third


@pytest.mark.parametrize(
    "text",
    [
        "cannot reach postgresql://psa_app:hunter2hunter2@db:5432/psa",
        "redis://:hunter2hunter2@127.0.0.1:6379/0 refused",
        "Authorization: Bearer hunter2hunter2",
        "password=hunter2hunter2&next=/",
        '{"api_key": "hunter2hunter2"}',
    ],
)
def test_blanks_out_secrets_in_texts(written: io.StringIO, text: str) -> None:
    logging.getLogger("psa").warning(text)
    assert "hunter2" not in written.getvalue()
    assert "•••" in _events(written)[0]["event"]


@pytest.mark.parametrize("name", ["password", "csrftoken", "sessionid", "set_cookie", "apikey"])
def test_blanks_out_values_under_secret_names(written: io.StringIO, name: str) -> None:
    structlog.get_logger("psa").info("sent", **{name: "hunter2hunter2"})
    assert _events(written)[0][name] == "•••"


def test_blanks_out_secrets_in_tracebacks(written: io.StringIO) -> None:
    try:
        raise ConnectionError("postgresql://psa_app:hunter2hunter2@db/psa")
    except ConnectionError:
        logging.getLogger("psa").exception("broke")
    (event,) = _events(written)
    assert "ConnectionError" in event["exception"]
    assert "hunter2" not in written.getvalue()


def test_nobody_writes_a_line_of_their_own(written: io.StringIO) -> None:
    logging.getLogger("psa").info("not found: %s", '/x\n{"event": "admin signed in"}')
    assert len(written.getvalue().splitlines()) == 1


def test_people_read_words(capsys: pytest.CaptureFixture[str]) -> None:
    made = logs.configuration(as_json=False, level="INFO")["formatters"]["structured"]
    formatter = structlog.stdlib.ProcessorFormatter(
        **{name: value for name, value in made.items() if name != "()"}
    )
    record = logging.LogRecord("psa", logging.INFO, "x.py", 1, "said %s", ("so",), None)
    line = formatter.format(record)
    assert "said so" in line and not line.startswith("{")
    assert sys.stdout is not None


@pytest.mark.parametrize(
    "given", ["", None, "short", "a" * 65, "no spaces here", "x\r\nSet-Cookie:"]
)
def test_makes_a_number_where_the_given_one_is_not_plain(given: str | None) -> None:
    made = requests.request_id(given)
    assert made != given and len(made) == 32
    assert requests.request_id("edge-0123456789") == "edge-0123456789"
