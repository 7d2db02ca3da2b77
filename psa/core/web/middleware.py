"""One log line a request, its time measured, and refusals that no view took up as pages that help."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import get_language

from psa.core.access.middleware import memberships_of
from psa.core.access.models import Membership
from psa.core.errors import DomainError
from psa.core.org import features
from psa.core.telemetry import metrics, requests
from psa.core.telemetry.views import PROBES
from psa.core.tenancy.scope import current_tenant_id, glance_into, set_local, tenant_scope
from psa.core.web import errors, formats, navigation, personal
from psa.core.web.models import PersonalSettings

logger = structlog.get_logger("psa.requests")
# Outside every firm: read as its owner reads in a firm of theirs.
_OWN_ACCOUNT = "/accounts/"
_NO_ROUTE = "none"
# Links that let somebody in are not for those who read logs.
_SECRET = re.compile(r"^(/accounts/(?:invitation|password/reset/key)/)(?!done/)[^/]+/")


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
        as_for_strangers()
        path, started = _SECRET.sub(r"\1…/", request.path), time.monotonic()
        number = requests.request_id(request.headers.get(requests.HEADER))
        with requests.bound(request=number):
            try:
                response = self.get_response(request)
            finally:
                # What comes next in this thread is somebody else's.
                as_for_strangers()
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

    def process_view(self, request: HttpRequest, *args: object) -> HttpResponse | None:
        """The member's language, region, time zone and hours, before their view runs; and no view of
        what their firm's deployment model does not offer."""
        membership = read_by_its_member(request)
        if membership is None and request.path.startswith(_OWN_ACCOUNT):
            reading = _reading_of(_user_id(request, None))
            if reading is not None:
                read_as(*reading)
        requests.bind(
            tenant=getattr(membership, "tenant_id", None),
            member=getattr(membership, "pk", None),
            user=_user_id(request, membership),
        )
        match = request.resolver_match
        feature = navigation.feature_of(match.view_name) if membership and match else None
        if feature is not None and not features.offers(feature):
            return errors.refusal(request, features.not_offered(feature))
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return errors.refusal(request, exception)
        return None


def read_by_its_member(request: Any) -> Membership | None:
    """Write everything from here on in this request as its member reads it; None for strangers."""
    membership: Membership | None = getattr(request, "membership", None)
    if membership is not None:
        # While somebody views as another, what stands beside is the viewer's.
        known = None if hasattr(request, "viewing_as") else getattr(request, "beside", None)
        request.personal = personal.settings_of(request.actor, known)
        read_as(membership, request.personal, request.tenant.locale)
    return membership


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Of an address that no page has, no view was run: its reader is not known yet."""
    if not hasattr(request, "personal"):
        read_by_its_member(request)
    return errors.page_not_found(request, exception)


def _user_id(request: Any, membership: Membership | None) -> int | None:
    """Who sits there: whoever views as somebody else; a program is whom its token acts for."""
    if membership is not None:
        return request.actor.user_id or None
    return request.user.pk if hasattr(request, "user") else None


def _route(request: HttpRequest) -> str:
    """The name of the pattern that matched: as many as there are pages, unlike addresses."""
    match = getattr(request, "resolver_match", None)
    return match.view_name or match.route if match else _NO_ROUTE


def _method(request: HttpRequest) -> str:
    """One of the known methods: what clients invent would be a label without end."""
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return request.method if request.method in known else "OTHER"


def read_as(membership: Membership, own: PersonalSettings, firm_region: str) -> None:
    """Write everything from here on in this request or job as the member reads it."""
    region = (membership.locale or firm_region).lower()
    language = own.language or region.partition("-")[0]
    language = language if language in dict(personal.LANGUAGES) else "en"
    translation.activate("de" if language == "de" else settings.LANGUAGE_CODE)
    formats.use_region(region, language, own.week_starts_on)
    formats.use_decimal_hours(membership.hours_as_decimal)
    try:
        timezone.activate(ZoneInfo(membership.time_zone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        timezone.activate(UTC)


@contextmanager
def read_by(membership: Membership) -> Iterator[None]:
    """Write what goes to one member, such as a mail, in their language; in the tenant's scope."""
    before = get_language()
    own = PersonalSettings.objects.filter(membership_id=membership.pk).first()
    read_as(membership, own or PersonalSettings(), membership.tenant.locale)
    try:
        yield
    finally:
        as_for_strangers()
        translation.activate(before or settings.LANGUAGE_CODE)


@contextmanager
def read_in(language: str, region: str) -> Iterator[None]:
    """Write what goes where many read, such as a channel of a chat, in one language."""
    before = get_language()
    translation.activate("de" if language == "de" else settings.LANGUAGE_CODE)
    formats.use_region(region.lower(), language)
    try:
        yield
    finally:
        as_for_strangers()
        translation.activate(before or settings.LANGUAGE_CODE)


@contextmanager
def read_by_user(user_id: int | None) -> Iterator[None]:
    """Write a mail or a page outside any firm in a person's language: the one they chose in a firm of
    theirs, else that of their first firm; English for who belongs to none.
    """
    before = get_language()
    found = _reading_of(user_id)
    if found is not None:
        read_as(*found)
    try:
        yield
    finally:
        as_for_strangers()
        translation.activate(before or settings.LANGUAGE_CODE)


def _reading_of(user_id: int | None) -> tuple[Membership, PersonalSettings, str] | None:
    if user_id is None:
        return None
    with transaction.atomic():
        before = set_local("psa.user_id", str(user_id))
        members = memberships_of(user_id)
        set_local("psa.user_id", before)
    first, here = None, current_tenant_id()
    for member in members:
        if here is not None and member.tenant_id != here:
            continue  # no firm's rows are read inside another's
        with tenant_scope(member.tenant_id):
            own = PersonalSettings.objects.filter(membership_id=member.pk).first()
        reading = (member, own or PersonalSettings(), member.tenant.locale)
        if own is not None and own.language:
            return reading
        first = first or reading
    return first


def language_chosen_by(user_id: int | None) -> str:
    """The language a person chose in a firm of theirs, whichever firm is open here; "" for none."""
    if user_id is None:
        return ""
    with transaction.atomic():
        before = set_local("psa.user_id", str(user_id))
        members = memberships_of(user_id)
        set_local("psa.user_id", before)
    for member in members:
        is_here = current_tenant_id() in (None, member.tenant_id)
        with (tenant_scope if is_here else glance_into)(member.tenant_id):
            rows = PersonalSettings.objects.filter(membership_id=member.pk).exclude(language="")
            chosen = rows.values_list("language", flat=True).first()
        if chosen:
            return str(chosen)
    return ""


def as_for_strangers() -> None:
    """Forget whose language, region, time zone and hours were in force."""
    translation.activate(settings.LANGUAGE_CODE)
    timezone.deactivate()
    formats.use_decimal_hours(False)
    formats.use_region("", "")
