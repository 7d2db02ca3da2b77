"""Declaring endpoints: permission, scope, version check and transaction, once for all of them.

A room writes in its ``api.py``:

    endpoints = Endpoints("sales", "Sales")

    @endpoints.read("/accounts/{account_id}", AccountOut, SalesPermission.VIEW)
    def account(request: ApiRequest, account_id: Id) -> AccountPage: ...

    @endpoints.write("PUT", "/accounts/{account_id}", AccountOut, SalesPermission.MANAGE, of=account)
    def edit_account(request: ApiRequest, account_id: Id, body: AccountIn) -> Any: ...

The edge collects them, authenticates, and turns refusals into problems.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Literal

from django.db import connection, transaction
from ninja import Router, Schema

from psa.core.errors import NotFound
from psa.core.web.lists.spec import ListSpec

from .listing import MAX_LIMIT, Listing, OwnValues
from .records import check_named, check_unchanged, etag_of
from .refusals import ScopeMissing
from .requests import ApiRequest

Endpoint = Callable[..., Any]
Method = Literal["POST", "PUT", "PATCH", "DELETE"]
# What a token may always ask: who it is.
OPEN_AREA = "me"
_areas: dict[str, str] = {}
_named_alone: set[str] = set()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the edge needs to know of an endpoint, to describe it truly."""

    kind: Literal["list", "record", "report", "file", "write"]
    status: int = 200
    takes_if_match: bool = False
    needs_if_match: bool = False


def areas() -> dict[str, str]:
    """The areas that scopes name, with their titles; complete once all endpoints are imported."""
    return dict(_areas)


class Endpoints:
    """The endpoints of one area, which is also what a token's scope may be narrowed to.

    `is_named_alone`: the wide scopes leave the area out; a token has to name it (docs/adr/0059).
    """

    def __init__(self, area: str, title: str, *, is_named_alone: bool = False) -> None:
        self.area = area
        self.router = Router(tags=[title])
        if area != OPEN_AREA:
            _areas[area] = title
        if is_named_alone:
            _named_alone.add(area)

    def list(
        self,
        path: str,
        spec: ListSpec,
        *permissions: str,
        name: str = "",
        also: dict[str, str] | None = None,
        max_limit: int = MAX_LIMIT,
        own: OwnValues | None = None,
    ) -> Callable[[Endpoint], Endpoint]:
        """Rows of a declared list; the function gives the queryset or the rows.

        For a list whose columns depend on the person, the function gives a pair: the list as this
        person may see it, and the rows; `spec` is then the list at its widest. `own` gives the
        values of the firm's own fields: rows have them as `custom_fields`, and filters and sorts
        by `custom_<key>` are those of the list that the function gives.
        """
        words = name or spec.key.title().replace("_", "")
        listing = Listing(spec, words, also or {}, max_limit, own)

        def decorate(function: Endpoint) -> Endpoint:
            @wraps(function)
            def call(request: ApiRequest, **given: Any) -> Any:
                rows = function(request, **given)
                if isinstance(rows, tuple) and rows and isinstance(rows[0], ListSpec):
                    own, rows = rows
                    return replace(listing, spec=own).answer(request, rows)
                return listing.answer(request, rows)

            extra = {"parameters": listing.open_api_parameters()}
            return self._add(call, "GET", path, listing.schema, permissions, Facts("list"), extra)

        return decorate

    def read(
        self, path: str, response: type[Schema], *permissions: str
    ) -> Callable[[Endpoint], Endpoint]:
        """One record, with an ETag; given to `of`, changes of it can be tied to its version."""

        def decorate(function: Endpoint) -> Endpoint:
            @wraps(function)
            def call(request: ApiRequest, **given: Any) -> Any:
                record = response.model_validate(function(request, **given), from_attributes=True)
                request.etag = etag_of(record)
                return record

            return self._add(call, "GET", path, response, permissions, Facts("record"))

        return decorate

    def report(self, path: str, response: Any, *permissions: str) -> Callable[[Endpoint], Endpoint]:
        """Figures as of now or of a day: no record that could be changed."""

        def decorate(function: Endpoint) -> Endpoint:
            @wraps(function)
            def call(request: ApiRequest, **given: Any) -> Any:
                return function(request, **given)

            return self._add(call, "GET", path, response, permissions, Facts("report"))

        return decorate

    def file(
        self, path: str, content_type: str, *permissions: str
    ) -> Callable[[Endpoint], Endpoint]:
        """Bytes; the function gives the response."""

        def decorate(function: Endpoint) -> Endpoint:
            @wraps(function)
            def call(request: ApiRequest, **given: Any) -> Any:
                with transaction.atomic():
                    return function(request, **given)

            content = {content_type: {"schema": {"type": "string", "format": "binary"}}}
            extra = {"responses": {200: {"description": "OK", "content": content}}}
            return self._add(call, "GET", path, None, permissions, Facts("file"), extra)

        return decorate

    def write(
        self,
        method: Method,
        path: str,
        response: Any,
        *permissions: str,
        status: int = 200,
        of: Endpoint | None = None,
        versioned: bool = False,
    ) -> Callable[[Endpoint], Endpoint]:
        """A change: one service call in one savepoint, deferred rules checked at its end.

        `of` names the record's read endpoint, which `If-Match` is checked against; `versioned`
        makes that header a must and puts the version seen on ``request.seen_version``.
        Raises  ValueError if this path does not name the record that `of` reads.
        """
        if of is not None:
            unnamed = [name for name in of.path_names if f"{{{name}}}" not in path]  # type: ignore[attr-defined]
            if unnamed:
                raise ValueError(f"{path} does not say {', '.join(unnamed)}")

        def decorate(function: Endpoint) -> Endpoint:
            @wraps(function)
            def call(request: ApiRequest, **given: Any) -> Any:
                with transaction.atomic():
                    if versioned:
                        check_named(request)
                    if of is not None and "If-Match" in request.headers:
                        check_unchanged(request, _seen(of, request, given))
                    request.etag = ""
                    answer = function(request, **given)
                    with connection.cursor() as cursor:
                        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                        # The mode outlives the savepoint: what comes next must be able to defer.
                        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
                return answer

            facts = Facts("write", status, takes_if_match=of is not None, needs_if_match=versioned)
            return self._add(call, method, path, response, permissions, facts)

        return decorate

    def _add(
        self,
        call: Endpoint,
        method: str,
        path: str,
        response: Any,
        permissions: tuple[str, ...],
        facts: Facts,
        extra: dict[str, Any] | None = None,
    ) -> Endpoint:
        call.required_permissions = permissions  # type: ignore[attr-defined]
        call.facts = facts  # type: ignore[attr-defined]
        needed = "write" if method != "GET" else "read"

        def let_in(request: ApiRequest) -> bool:
            self._check(request, needed, permissions)
            return True

        call.let_in = let_in  # type: ignore[attr-defined]
        call.path_names = [p for p in inspect.signature(call).parameters if f"{{{p}}}" in path]  # type: ignore[attr-defined]
        wide = "" if self.area in _named_alone else f"`{needed}` or "
        words = f"Scope {wide}`{self.area}:{needed}`." if self.area != OPEN_AREA else ""
        about = inspect.getdoc(call) or ""
        self.router.add_api_operation(
            _typed(path),
            [method],
            call,
            # Asked before the address's parameters and the body are read: who may not call an
            # endpoint does not hear what it takes.
            auth=let_in,
            response={facts.status: response},
            operation_id=call.__name__,
            summary=call.__name__.replace("_", " ").capitalize(),
            description=f"{about}\n\n{words}".strip(),
            openapi_extra=extra,
        )
        return call

    def _check(self, request: ApiRequest, needed: str, permissions: tuple[str, ...]) -> None:
        """The token's scope first, then the member's permission: any one of those named."""
        if not covers(request.scopes, self.area, needed):
            raise ScopeMissing(
                f"This token does not include the scope “{self.area}:{needed}”. Make one that does."
            )
        if permissions and not any(request.actor.has(p) for p in permissions):
            raise NotFound("There is nothing at this address, or it is not yours to see.")


def _typed(path: str) -> str:
    """Ids are numbers in the address too, so that `/proposals/confirm` is no proposal."""
    return re.sub(r"\{(\w+_id)\}", r"{int:\1}", path)


def covers(scopes: frozenset[str], area: str, needed: str) -> bool:
    """Whether these scopes let in; who may write an area may also read it."""
    if area == OPEN_AREA:
        return True
    enough = {f"{area}:write"} | ({f"{area}:read"} if needed == "read" else set())
    if area not in _named_alone:
        enough |= {"write"} | ({"read"} if needed == "read" else set())
    return bool(scopes & enough)


def _seen(of: Endpoint, request: ApiRequest, given: dict[str, Any]) -> Schema:
    of.let_in(request)  # type: ignore[attr-defined]
    record: Schema = of(request, **{name: given[name] for name in of.path_names})  # type: ignore[attr-defined]
    return record
