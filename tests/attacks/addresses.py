"""Every address of a tenant, read from the URL patterns, so that a new page is attacked unasked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_GROUP = re.compile(r"\(\?P(<\w+>)[^)]*\)")


@dataclass(frozen=True, slots=True)
class Address:
    """One pattern: its route inside the tenant and the module of its view."""

    route: str
    name: str
    module: str

    @property
    def parameters(self) -> list[str]:
        return _PARAMETER.findall(self.route)

    @property
    def id_parameters(self) -> list[str]:
        """Those that name a row."""
        return [name for name in self.parameters if name.endswith("_id")]

    def path(self, ids: Mapping[str, Any], **instead: Any) -> str:
        """The route with ids filled in, those of `instead` first.

        Raises  LookupError for a parameter that the map does not know: name its record there.
        """

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in instead:
                return str(instead[name])
            own = f"{self.module}:{name}"
            if own in ids:
                return str(ids[own])
            if name in ids:
                return str(ids[name])
            raise LookupError(f"{self.route}: add {own} to the ids in tests/attacks/world.py.")

        return _PARAMETER.sub(value, self.route)

    def foreign(self, ids: Mapping[str, Any], name: str) -> Any:
        """The id that the map holds for one parameter of this address."""
        own = f"{self.module}:{name}"
        return ids[own] if own in ids else ids[name]


@cache
def all_addresses() -> tuple[Address, ...]:
    return tuple(_walk(get_resolver(settings.TENANT_URLCONF).url_patterns, ""))


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[Address]:
    for pattern in patterns:
        # A regular expression becomes a route: its groups are parameters.
        own = _GROUP.sub(r"\1", str(pattern.pattern)).removeprefix("^").removesuffix("$")
        route = prefix + own
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield Address(route, str(pattern.name), pattern.callback.__module__)
