"""The number of a request: taken from the proxy if it is plain, else made; bound to all log lines."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

HEADER = "X-Request-ID"
_PLAIN = re.compile(r"[A-Za-z0-9-]{8,64}")


def request_id(given: str | None) -> str:
    """The given number if it is letters, digits and dashes; else a new one."""
    return given if given and _PLAIN.fullmatch(given) else uuid.uuid4().hex


@contextmanager
def bound(**values: Any) -> Iterator[None]:
    """Bind values to every log line of the block, and nothing that was bound before it."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**values)
    try:
        yield
    finally:
        structlog.contextvars.clear_contextvars()


def bind(**values: Any) -> None:
    """Add values to what is bound; None is left out."""
    structlog.contextvars.bind_contextvars(
        **{name: value for name, value in values.items() if value is not None}
    )


def forget() -> None:
    """Let go of everything that is bound."""
    structlog.contextvars.clear_contextvars()


def current(name: str) -> str:
    """One bound value, or nothing."""
    return str(structlog.contextvars.get_contextvars().get(name, ""))
