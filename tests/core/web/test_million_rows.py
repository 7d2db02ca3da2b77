"""A list of a million rows pages as fast in its middle as at its beginning."""

from collections.abc import Callable

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from psa.core.notifications import selectors
from psa.core.notifications.lists_of_notifications import NOTIFICATIONS
from psa.core.tenancy.scope import tenant_scope
from psa.core.web.lists import build_list
from tests.core.firms import NOW, make_firms
from tests.database import database_url

from .conftest import MakeRequest

pytestmark = pytest.mark.urls("psa.tenant_urls")
ROWS = 1_000_000
FILL = """
INSERT INTO notifications_notification
       (tenant_id, membership_id, event, title, body, path, created_at, email_wanted, digest)
SELECT %(tenant)s, %(member)s, 'x.y', 'Notification ' || n, '', '', %(at)s, false, ''
  FROM generate_series(1, %(rows)s) n
"""


@pytest.mark.proof
def test_pages_by_index_wherever_it_is(
    committed_database: str, make_request: MakeRequest, explain: Callable[[str], str]
) -> None:
    ben = make_firms().ben
    with psycopg.connect(database_url("owner"), autocommit=True) as owner:
        owner.execute("SELECT set_config('psa.tenant_id', %s, false)", [str(ben.tenant_id)])
        given = {"tenant": ben.tenant_id, "member": ben.membership_id, "at": NOW, "rows": ROWS}
        owner.execute(FILL, given)
        owner.execute("VACUUM ANALYZE notifications_notification")
    with tenant_scope(ben.tenant_id):
        rows = selectors.notifications(actor=ben.actor)
        url, plans = "?view=all", []
        for _ in range(6):
            request = make_request(f"/list/{url}")
            request.actor = ben.actor  # type: ignore[attr-defined]
            with CaptureQueriesContext(connection) as asked:
                page = build_list(request, NOTIFICATIONS, rows)
            plans += [
                explain(query["sql"])
                for query in asked
                if "ORDER BY" in query["sql"] and "notifications_notification" in query["sql"]
            ]
            url = page.next_url
    assert plans and all("Index" in plan and "Seq Scan" not in plan for plan in plans)


@pytest.fixture
def explain() -> Callable[[str], str]:
    """The plan of a statement, as the application's role in its scope."""

    def ask(statement: str) -> str:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + statement)
            return "\n".join(row[0] for row in cursor.fetchall())

    return ask
