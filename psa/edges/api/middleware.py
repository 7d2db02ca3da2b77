"""From token to tenant: ``/api/v1/…`` opens the token's tenant around the whole response.

In this order: who asks (401), how often (429), was this asked before under its key (the answer
given then), and only then the endpoint. Whatever goes wrong is answered as a problem.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import set_script_prefix, set_urlconf

from psa.core.documents.uploads import SizeLimit
from psa.core.tenancy import reading
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from psa.core.web.api import records

from . import problems
from .problems import problem
from .services import idempotency, limits, tokens
from .services.idempotency import Answer
from .services.limits import Allowance
from .services.tokens import Opened

ROOT = "/api/"
PUBLIC = frozenset({"/api/v1/openapi.json", "/api/v1/docs"})
READS = frozenset({"GET", "HEAD"})
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
BODIES = frozenset({"application/json", "multipart/form-data"})
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_BEARER = re.compile(r"[Bb]earer +([\x21-\x7e]{1,200})")
logger = logging.getLogger(__name__)


class ApiMiddleware:
    """Opens the tenant of the token, and speaks problem details whatever happens inside."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(ROOT) or request.path_info in PUBLIC:
            return self.get_response(request)
        # Tokens and limits keep the real clock: a played business date must not revive a token.
        at = datetime.now(tz=UTC)
        try:
            return self._authenticated(request, at)
        except Exception as error:
            known = problems.of(request, error)
            if known is None:
                logger.exception("an API request broke")
            return known or problem(request, 500)

    def process_view(self, request: HttpRequest, *args: object) -> None:
        """Once the endpoint is found: addresses that services make are those of the tenant's pages."""
        tenant = getattr(request, "tenant", None)
        if tenant is not None and hasattr(request, "scopes"):
            set_urlconf(settings.TENANT_URLCONF)
            set_script_prefix(f"/{tenant.slug}/")

    def _authenticated(self, request: HttpRequest, at: datetime) -> HttpResponse:
        brought = _BEARER.fullmatch(request.headers.get("Authorization", ""))
        opened = tokens.authenticate(brought[1], at=at) if brought else None
        if opened is None:
            return problem(request, 401, headers={"WWW-Authenticate": 'Bearer realm="api"'})
        if opened.tenant.status != Tenant.Status.ACTIVE:
            sentence = f"{opened.tenant.name} is suspended; nothing in it is lost."
            if opened.tenant.is_leaving_sample:
                sentence = f"{opened.tenant.name} was a sample firm, and is being removed."
            return problem(request, 403, sentence)
        response = _too_many(request, opened.allowances) or self._in_scope(request, opened, at)
        return _with_limits(response, opened.allowances)

    def _in_scope(self, request: Any, opened: Opened, at: datetime) -> HttpResponse:
        with tenant_scope(opened.tenant.pk):
            request.tenant = opened.tenant
            request.membership = opened.membership
            request.actor = opened.actor
            request.scopes = opened.scopes
            request.beside = opened.beside
            request.etag, request.seen_version = "", 0
            refused = _unreadable(request)
            if refused:
                return refused
            if request.method in WRITES and "Idempotency-Key" in request.headers:
                return self._once(request, opened, at)
            if request.method in READS:
                with reading.of_one_page(opened.tenant, opened.beside):
                    return self._answered(request)
            return self._answered(request)

    def _once(self, request: Any, opened: Opened, at: datetime) -> HttpResponse:
        """The endpoint's answer, or that of the request that brought the key first."""
        key = request.headers["Idempotency-Key"]
        if not _KEY.fullmatch(key):
            message = "An Idempotency-Key is 1 to 255 visible ASCII characters."
            return problem(request, 422, message, [("Idempotency-Key", message)])
        taken = idempotency.take_key(
            tenant_id=opened.tenant.pk,
            token_id=opened.token_id,
            key=key,
            fingerprint=_fingerprint(request),
            at=at,
        )
        if isinstance(taken, Answer):
            response = HttpResponse(
                taken.body, status=taken.status, content_type=taken.content_type or None
            )
            if taken.etag:
                response["ETag"] = taken.etag
            response["Idempotency-Replayed"] = "true"
            return response
        response = self._answered(request)
        if response.status_code < 300 and not getattr(request, "is_told_once", False):
            answer = Answer(
                response.status_code,
                response.get("Content-Type", ""),
                response.get("ETag", ""),
                response.content.decode(),
            )
            idempotency.keep_answer(key_id=taken, answer=answer)
        else:
            idempotency.let_go(key_id=taken)
        return response

    def _answered(self, request: Any) -> HttpResponse:
        try:
            response = self.get_response(request)
        finally:
            set_urlconf(None)
            set_script_prefix("/")
        if response.status_code >= 400 and response.get("Content-Type") != problems.CONTENT_TYPE:
            kept = {name: response[name] for name in ("Allow",) if name in response}
            return problem(request, response.status_code, headers=kept)
        if getattr(request, "is_told_once", False):
            response["Cache-Control"] = "no-store"
        if response.get("Cache-Control") != "no-store":
            response["Cache-Control"] = "private, no-cache"
        if request.etag and response.status_code < 300:
            response["ETag"] = request.etag
            seen = request.headers.get("If-None-Match", "")
            if request.method == "GET" and seen and records.names(seen, request.etag):
                response.status_code = 304
                response.content = b""
        return response


def _unreadable(request: HttpRequest) -> HttpResponse | None:
    """The problem of a body or an address that no endpoint could read; None when all is well."""
    if "\x00" in request.path_info or any("\x00" in v for vs in request.GET.lists() for v in vs[1]):
        return problem(request, 422, "An address can't hold NUL characters.")
    if request.method not in WRITES:
        return None
    if request.content_type == "multipart/form-data":
        limit = SizeLimit(request)
        request.upload_handlers.insert(0, limit)
        request.POST  # noqa: B018  reads the parts
        if limit.refused:
            return problem(request, 413, f"“{limit.refused}” is larger than a file may be.")
    elif request.body and request.content_type not in BODIES:
        return problem(request, 415)
    return None


def _fingerprint(request: HttpRequest) -> str:
    """What was asked, as a hash; the boundary of a multipart body differs each time, its parts don't."""
    digest = hashlib.sha256()

    def add(*parts: str | bytes) -> None:
        for part in parts:
            raw = part.encode() if isinstance(part, str) else part
            digest.update(str(len(raw)).encode() + b":" + raw)

    add(request.method or "", request.get_full_path(), request.headers.get("If-Match", ""))
    if request.content_type != "multipart/form-data":
        add(request.body)
        return digest.hexdigest()
    for name, texts in sorted(request.POST.lists()):
        add(name, *(str(text) for text in texts))
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            contents = hashlib.sha256()
            for piece in file.chunks():
                contents.update(piece)
            with suppress(OSError):
                file.seek(0)
            add(name, file.name or "", contents.digest())
    return digest.hexdigest()


def _too_many(request: HttpRequest, allowances: Iterable[Allowance]) -> HttpResponse | None:
    over = next((one for one in allowances if one.is_exceeded), None)
    if over is None:
        return None
    whose = "This token" if over.name == "token" else "Your organisation"
    return problem(
        request,
        429,
        f"{whose} may make {over.limit} requests a minute. Wait {over.reset_seconds} seconds.",
        headers={"Retry-After": str(over.reset_seconds)},
    )


def _with_limits(response: HttpResponse, allowances: Iterable[Allowance]) -> HttpResponse:
    response["RateLimit-Policy"] = ", ".join(
        f'"{one.name}";q={one.limit};w={limits.WINDOW_SECONDS}' for one in allowances
    )
    response["RateLimit"] = ", ".join(
        f'"{one.name}";r={max(one.left, 0)};t={one.reset_seconds}' for one in allowances
    )
    return response
