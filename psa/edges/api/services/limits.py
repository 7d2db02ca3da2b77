"""How often a token and a tenant may ask: counted by the minute, in the database."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

WINDOW_SECONDS = 60
_COUNT = """
INSERT INTO api_requestcount AS counted (tenant_id, token_id, minute, requests)
VALUES (%(tenant)s, %(token)s, %(minute)s, 1), (%(tenant)s, NULL, %(minute)s, 1)
ON CONFLICT ON CONSTRAINT request_count_once DO UPDATE SET
    requests = CASE WHEN counted.minute = EXCLUDED.minute THEN counted.requests + 1 ELSE 1 END,
    minute = EXCLUDED.minute
RETURNING requests;
SET LOCAL synchronous_commit = off
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

    Call it last in a transaction before the request's own, inside the tenant's scope: the rows are
    locked for an instant only, and a request that fails counts too. That transaction then does not
    wait for the disk: what a crash could lose is the count of an instant.
    """
    minute, gone = divmod(unix_seconds, WINDOW_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"tenant": tenant_id, "token": token_id, "minute": minute})
        (of_token,), (of_tenant,) = cursor.fetchall()
    return tuple(
        Allowance(name, limit, limit - used, WINDOW_SECONDS - gone)
        for name, limit, used in (
            ("token", settings.API_REQUESTS_PER_MINUTE_OF_TOKEN, of_token),
            ("tenant", settings.API_REQUESTS_PER_MINUTE_OF_TENANT, of_tenant),
        )
    )
