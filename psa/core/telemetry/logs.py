"""Structured logs: one event a line with tenant, member and request, and never a secret.

JSON in production, words for people elsewhere. Loggers stay the standard library's; structlog adds
what is bound to the request or the task, redacts and renders. Imports nothing of Django: settings,
gunicorn and Celery read it.
"""

import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

Event = MutableMapping[str, Any]

_SECRET_NAME = re.compile(
    r"passw|secret|token|authori[sz]ation|cookie|api_?key|csrf|session|credential|otp|recovery",
    re.IGNORECASE,
)
# user:password@host, bearer tokens, and name=value of a secret name, wherever a text has them.
_SECRET_TEXT = (
    (re.compile(r"(\w+://[^\s:/@]*):[^\s@/]+@"), r"\1:•••@"),
    # The address of a calendar is its key.
    (re.compile(r"(/accounts/calendar/)[^\s\"'/?]+"), r"\1•••"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 •••"),
    (re.compile(r"(?i)\b(\w*(?:password|secret|token|api_?key)\w*)(['\"]?\s*[=:]\s*)['\"]?[^\s'\",;&]+"),
     r"\1\2•••"),
)  # fmt: skip
_LONGEST = 8000


def redact(_: Any, __: str, event: Event) -> Event:
    """Blank out values under secret names, and secrets inside texts; cut what has no end."""
    for name, value in event.items():
        if name != "event" and _SECRET_NAME.search(name):
            event[name] = "•••"
        elif isinstance(value, str):
            event[name] = without_secrets(value)
    return event


def without_secrets(text: str) -> str:
    """The text with passwords in addresses, bearer tokens and assigned secrets blanked out."""
    for pattern, instead in _SECRET_TEXT:
        text = pattern.sub(instead, text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def _without_newlines(_: Any, __: str, event: Event) -> Event:
    """Nobody writes a line of their own into the log by what they send."""
    if isinstance(event.get("event"), str):
        event["event"] = event["event"].replace("\r", "\\r").replace("\n", "\\n")
    return event


def configuration(*, as_json: bool, level: str) -> dict[str, Any]:
    """Django's LOGGING; also gunicorn's and Celery's, so that all of one process reads alike."""
    render: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=False,
            pad_event_to=0,
            sort_keys=False,
            exception_formatter=structlog.dev.plain_traceback,  # the other shows local variables
        )
    )
    tracebacks = [structlog.processors.format_exc_info] if as_json else []
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*_SHARED, structlog.stdlib.ExtraAdder(allow=_EXTRA)],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *tracebacks,
                    redact,
                    _without_newlines,
                    render,
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Its own line for each refused request says less than ours, and says it twice.
            "django.request": {"level": "ERROR"},
            # Scanners try names by the thousand; the request's own line says 400.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "gunicorn.error": {"handlers": [], "propagate": True},
            "gunicorn.access": {"handlers": [], "propagate": False},
        },
    }


def set_up(settings: dict[str, Any]) -> None:
    """Apply a configuration outside Django, which applies its own."""
    logging.config.dictConfig(settings)


_EXTRA = ["status_code"]
_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
