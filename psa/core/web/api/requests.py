"""The request as endpoints receive it."""

from psa.core.web.requests import TenantRequest


class ApiRequest(TenantRequest):
    """A request that a token has opened.

    ``scopes`` are the token's; ``etag`` is that of the record answered with; ``seen_version`` is
    the lock version of the record as the caller last saw it, once `If-Match` was checked.
    ``is_told_once`` says that the answer holds what is kept nowhere, nor under an `Idempotency-Key`.
    """

    scopes: frozenset[str]
    etag: str = ""
    seen_version: int = 0
    is_told_once: bool = False
