"""Viewing as another member: a session's state becomes another actor, in a read-only transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import InternalError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from psycopg.errors import ReadOnlySqlTransaction

from psa.core import clock
from psa.core.access import actors
from psa.core.access.models import Membership
from psa.core.access.permissions import AccessPermission
from psa.core.access.viewing import rights_while_viewing
from psa.core.actor import Actor
from psa.core.tenancy.scope import set_local
from psa.core.web import sentences

from . import read_only
from .clocks import real_now
from .services import view_as

SESSION_KEY = "view_as"
END_PATH = "/access/view-as/end/"
REASON = "While you view as somebody else nothing can be changed."
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Viewing:
    """What the banner says."""

    name: str
    minutes_left: int


class ViewAsMiddleware:
    """Stands inside the tenant's scope. While viewing, the database itself refuses every write."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        state = request.session.get(SESSION_KEY)
        own: Membership | None = getattr(request, "membership", None)
        if not state or own is None or state["tenant_id"] != own.tenant_id:
            return self.get_response(request)
        if request.path_info == END_PATH:
            return self.get_response(request)
        viewer: Actor = request.actor  # type: ignore[attr-defined]
        member = Membership.objects.filter(pk=state["membership_id"], is_active=True).first()
        left = state["until"] - real_now().timestamp()
        if left <= 0 or member is None or not viewer.has(AccessPermission.VIEW_AS):
            end_viewing(request, viewer, "its time was over" if left <= 0 else "a right was lost")
            messages.info(request, "You see the application as yourself again.")
            return self.get_response(request)
        return self._view(request, own, viewer, member, int(left // 60) + 1)

    def _view(
        self, request: HttpRequest, own: Membership, viewer: Actor, member: Membership, minutes: int
    ) -> HttpResponse:
        shown: Any = request
        actor = actors.for_membership(member)
        kept = rights_while_viewing(viewer.permissions, actor.permissions)
        shown.membership, shown.viewing_as = member, Viewing(member.name, minutes)
        shown.actor = Actor(
            user_id=viewer.user_id,
            membership_id=member.pk,
            tenant_id=member.tenant_id,
            permissions=kept,
        )
        try:
            with transaction.atomic():
                # Holds to the end of this savepoint; nothing inside can take it back.
                set_local("transaction_read_only", "on")
                response = self.get_response(request)
        finally:
            shown.membership, shown.actor = own, viewer
        if "attachment" in response.get("Content-Disposition", ""):
            return refused(request, "While you view as somebody else no file is handed out.")
        return _without_writes(response)

    def process_view(self, request: HttpRequest, *args: object) -> HttpResponse | None:
        if hasattr(request, "viewing_as") and request.method not in _SAFE:
            return refused(request, REASON)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, InternalError) and isinstance(
            exception.__cause__, ReadOnlySqlTransaction
        ):
            return refused(request, "This page notes that it was opened, which would be a change.")
        return None


def _without_writes(response: HttpResponse) -> HttpResponse:
    """The page with its buttons disabled that would be refused, and the reason on each."""
    kind = response.get("Content-Type", "")
    if getattr(response, "streaming", False) or not kind.startswith("text/html"):
        return response
    page = read_only.without_writes(
        response.content.decode(response.charset),
        reason=sentences.told(REASON),
        may_still=(END_PATH, "/accounts/logout/"),
    )
    response.content = page.encode(response.charset)
    return response


def begin_viewing(request: HttpRequest, member: Membership) -> None:
    """Let the session view as a member from its next request on."""
    request.session[SESSION_KEY] = {
        "tenant_id": member.tenant_id,
        "membership_id": member.pk,
        "until": (real_now() + view_as.LASTS).timestamp(),
    }


def end_viewing(request: HttpRequest, viewer: Actor, how: str) -> None:
    """Make the session its owner's again, and note it. Nothing happens if it is already."""
    state = request.session.pop(SESSION_KEY, None)
    if state and state["tenant_id"] == viewer.tenant_id:
        view_as.end(membership_id=state["membership_id"], how=how, actor=viewer, at=clock.now())


def refused(request: HttpRequest, reason: str) -> HttpResponse:
    """403: a page, or for htmx the sentence, which shows as a toast."""
    if getattr(request, "htmx", None):
        return HttpResponse(reason, status=403, content_type="text/plain; charset=utf-8")
    return render(request, "identity/view_as_refused.html", {"reason": reason}, status=403)
