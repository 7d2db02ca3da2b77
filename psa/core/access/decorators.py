"""``@requires``: what a view needs; a structural test lists views without it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from psa.core.errors import NotFound

View = Callable[..., HttpResponse]


def requires(*permissions: str) -> Callable[[View], View]:
    """Let in who holds *any* of these permissions; the page does not exist for others (404)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            actor = getattr(request, "actor", None)
            if actor is None or not any(actor.has(p) for p in permissions):
                raise NotFound("This page does not exist, or it is not yours to see.")
            return view(request, *args, **kwargs)

        guarded.required_permissions = permissions  # type: ignore[attr-defined]
        return guarded

    return decorate


def for_every_member(view: View) -> View:
    """A page that every member of the tenant may open; says so, so that the test sees a decision."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if getattr(request, "actor", None) is None:
            raise NotFound("This page does not exist, or it is not yours to see.")
        return view(request, *args, **kwargs)

    guarded.required_permissions = ()  # type: ignore[attr-defined]
    return guarded


def asks_by_itself(view: View) -> View:
    """A part that the page asks for again and again: nobody need be there, so it is no use made."""
    view.asks_by_itself = True  # type: ignore[attr-defined]
    return view
