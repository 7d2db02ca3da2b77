"""How often a token and a tenant may ask: counted by the minute, in the database."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from psa.core.tenancy.scope import tenant_scope

WINDOW_SECONDS = 60
_COUNT = """
INSERT INTO api_requestcount AS counted (tenant_id, token_id, minute, requests)
VALUES (%s, %s, %s, 1)
ON CONFLICT ON CONSTRAINT request_count_once DO UPDATE SET
    requests = CASE WHEN counted.minute = EXCLUDED.minute THEN counted.requests + 1 ELSE 1 END,
    minute = EXCLUDED.minute
RETURNING requests
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of one limit in this minute."""

    name: str
    limit: int
    left: int
    reset_seconds: int

    @property
    def is_exceeded(self) -> bool:
        return self.left < 0


def count_request(*, tenant_id: int, token_id: int, unix_seconds: int) -> tuple[Allowance, ...]:
    """Count one request against the token's limit and the tenant's, and say what is left.

    In a transaction of its own, before the request's: the rows are locked for an instant only,
    and a request that fails counts too.
    """
    minute, gone = divmod(unix_seconds, WINDOW_SECONDS)
    found = []
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        for name, counted_token, limit in (
            ("token", token_id, settings.API_REQUESTS_PER_MINUTE_OF_TOKEN),
            ("tenant", None, settings.API_REQUESTS_PER_MINUTE_OF_TENANT),
        ):
            cursor.execute(_COUNT, [tenant_id, counted_token, minute])
            used = cursor.fetchone()[0]
            found.append(Allowance(name, limit, limit - used, WINDOW_SECONDS - gone))
    return tuple(found)
