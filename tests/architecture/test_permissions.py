"""Every page says who may open it, and roles name only permissions that exist."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from psa.core.access.default_roles import DEFAULT_ROLES
from psa.core.access.registry import all_permissions


def pages() -> Iterator[tuple[str, URLPattern]]:
    def walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
        for entry in resolver.url_patterns:
            here = prefix + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from walk(entry, here)
            else:
                yield here, entry

    return walk(get_resolver("psa.tenant_urls"), "")


def test_every_page_in_a_tenant_declares_its_permission() -> None:
    undeclared = [
        path for path, entry in pages() if not hasattr(entry.callback, "required_permissions")
    ]
    assert undeclared == []


def test_pages_ask_only_for_permissions_that_exist() -> None:
    known = all_permissions()
    unknown = {
        permission
        for _, entry in pages()
        for permission in entry.callback.required_permissions
        if permission not in known
    }
    assert unknown == set()


def test_default_roles_name_only_permissions_that_exist() -> None:
    known = all_permissions()
    assert {p for role in DEFAULT_ROLES for p in role.permissions if p not in known} == set()
