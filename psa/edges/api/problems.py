"""Every refusal as RFC 9457 problem details, in the sentences that pages use."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.core.exceptions import (
    ObjectDoesNotExist,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from ninja.errors import HttpError, ValidationError

from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.web.api.refusals import ApiRefusal

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: ("unreadable", "This request could not be read"),
    401: ("not-signed-in", "A token is needed"),
    403: ("forbidden", "This is not allowed"),
    404: ("not-found", "There is nothing here"),
    405: ("method-not-allowed", "This can't be done here"),
    409: ("conflict", "Somebody else was first"),
    412: ("stale", "The record has changed"),
    413: ("too-large", "This is too large"),
    415: ("media-type", "This kind of body is not understood"),
    422: ("refused", "This was not done"),
    428: ("version-needed", "Name the version you read"),
    429: ("too-many", "Too many requests"),
    500: ("broken", "Something broke on our side"),
    503: ("unavailable", "Not available at this moment"),
}
DETAILS = {
    401: "Send a token as “Authorization: Bearer …”. The one sent, if any, is unknown, expired or revoked.",
    404: "The address may be mistyped, the record may be gone, or it may not be yours to see.",
    405: "Look at the Allow header for what this address takes.",
    413: "The body is larger than is accepted. Send it in parts.",
    415: "Send JSON as application/json, or files as multipart/form-data.",
    500: "Nothing of your request was kept. It has been logged; try again in a moment.",
    503: "The database does not answer. Nothing of your request was kept; try again shortly.",
}
logger = logging.getLogger(__name__)
Errors = Sequence[tuple[str, str]]


def problem(
    request: HttpRequest,
    status: int,
    detail: str = "",
    errors: Errors = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A problem of this status; `errors` are pairs of field and sentence."""
    word, title = TITLES.get(status, ("refused", "This was not done"))
    body = {
        "type": f"/api/v1/docs#problem-{word}",
        "title": title,
        "status": status,
        "detail": detail or DETAILS.get(status, title),
        "instance": request.path,
        "errors": [{"field": field, "message": message} for field, message in errors],
    }
    response = HttpResponse(json.dumps(body), status=status, content_type=CONTENT_TYPE)
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def of(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """The problem that an exception stands for; None for one that nobody expected."""
    if isinstance(error, DomainError):
        return _of_refusal(request, error)
    if isinstance(error, ValidationError):
        return problem(
            request, 422, "Some of what was sent can't be used.", _fields_at_fault(error)
        )
    if isinstance(error, HttpError):
        return problem(request, error.status_code, str(error))
    if isinstance(error, Http404 | ObjectDoesNotExist):
        return problem(request, 404)
    if isinstance(error, RequestDataTooBig):
        return problem(request, 413)
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return problem(request, 400)
    if isinstance(error, OperationalError | InterfaceError):
        logger.exception("the database did not answer")
        return problem(request, 503, headers={"Retry-After": "5"})
    if isinstance(error, IntegrityError | DataError):
        return _of_database(request, error)
    return None


def _of_refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    errors: Errors = [(error.field, str(error))] if error.field else []
    if isinstance(error, ApiRefusal):
        return problem(request, error.status, str(error), error.errors or errors)
    status = 422
    if isinstance(error, NotFound):
        status = 404
    elif isinstance(error, PermissionDenied):
        status = 403
    elif isinstance(error, Conflict):
        status = 409
    return problem(request, status, str(error), errors)


def _of_database(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """What the database refused: a reference to nothing, a repetition, a value out of range."""
    cause = error.__cause__
    if isinstance(cause, psycopg.errors.ForeignKeyViolation):
        field = _column_of(cause)
        message = "There is no such record."
        return problem(request, 422, message, [(field, message)])
    if isinstance(cause, psycopg.errors.UniqueViolation):
        return problem(request, 409, "There is a record with these values already.")
    if isinstance(cause, psycopg.errors.CheckViolation | psycopg.DataError):
        logger.warning("a value reached the database and was refused there", exc_info=error)
        return problem(request, 422, "A value is out of the range that its field can hold.")
    return None


def _column_of(cause: psycopg.Error) -> str:
    table, constraint = cause.diag.table_name or "", cause.diag.constraint_name or ""
    return constraint.removeprefix(f"{table}_").removesuffix("_ref")


def _fields_at_fault(error: ValidationError) -> list[tuple[str, str]]:
    return [(_path(one.get("loc", ())), _sentence(one)) for one in error.errors]


def _path(loc: Sequence[Any]) -> str:
    """`("body", "body", "lines", 0, "name")` is `lines.0.name`."""
    parts = [str(part) for part in loc]
    if len(parts) > 1 and parts[0] in ("body", "query", "path", "form", "file", "header"):
        parts = parts[1:]
    if len(parts) > 1 and parts[0] == "body":
        parts = parts[1:]
    return ".".join(parts)


_SENTENCES = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such field.",
    "string_too_long": "This is longer than {max_length} characters.",
    "string_too_short": "This may not be blank.",
    "decimal_max_places": "At most {decimal_places} digits after the point.",
    "decimal_max_digits": "This number has too many digits.",
    "finite_number": "This is not a number.",
    "greater_than_equal": "This is at least {ge}.",
    "less_than_equal": "This is at most {le}.",
}


def _sentence(one: Mapping[str, Any]) -> str:
    context = dict(one.get("ctx") or {})
    known = _SENTENCES.get(str(one.get("type")))
    if known:
        try:
            return known.format(**context)
        except KeyError:
            return "This can't be used."
    text = str(one.get("msg", "This can't be used.")).removeprefix("Value error, ")
    return text if text.endswith(".") else f"{text}."
