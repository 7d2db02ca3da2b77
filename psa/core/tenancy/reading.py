"""What one page has read already: asked once for a GET, and forgotten with its answer."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from .models import Tenant

T = TypeVar("T")
_found: ContextVar[dict[Hashable, Any] | None] = ContextVar("psa_page_reading", default=None)


@contextmanager
def of_one_page(tenant: Tenant, known: Mapping[Hashable, Any] | None = None) -> Iterator[None]:
    """Let `once` keep what it reads until the block ends, beside what is `known` already.

    Open it only where nothing is changed.
    """
    token = _found.set({("tenancy.currency", tenant.pk): tenant.currency, **(known or {})})
    try:
        yield
    finally:
        _found.reset(token)


def once(key: Hashable, read: Callable[[], T]) -> T:
    """What `read` answers; inside `of_one_page` a second question with the same key costs nothing.

    Services and jobs stand outside, so they always read afresh.
    """
    kept = _found.get()
    if kept is None:
        return read()
    if key not in kept:
        kept[key] = read()
    found: T = kept[key]
    return found


def firm_currency(tenant_id: int) -> str:
    """The currency a firm keeps its own figures in. A page knows it; else one query."""
    return once(
        ("tenancy.currency", tenant_id),
        lambda: str(Tenant.objects.values_list("currency", flat=True).get(pk=tenant_id)),
    )
