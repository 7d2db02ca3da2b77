"""The audit trail's pages and the activity beside a record"""

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from psa.core.audit import selectors, services
from psa.core.audit.models import AuditEntry
from psa.core.errors import PermissionDenied
from psa.core.tenancy.scope import tenant_scope
from tests.core.firms import NOW, Firms, make_firms, url


@pytest.fixture
def firms(db: None) -> Firms:
    return make_firms()


def _record(firms: Firms, sentence: str = "Renamed the project “Atlas”", **changes: object) -> int:
    with tenant_scope(firms.priya.tenant_id):
        services.record(
            actor=firms.priya.actor,
            at=NOW,
            event="projects.project.renamed",
            record_type="projects.Project",
            record_id=7,
            sentence=sentence,
            changes=changes or {"name": ("Atlas", "Borealis")},
        )
        return int(AuditEntry.objects.latest("id").pk)


def test_lists_entries_for_who_may_read_them(firms: Firms) -> None:
    number = _record(firms)
    client = firms.ada.signed_in()
    assert "Renamed the project" in client.get(url(firms.ada, "audit/")).content.decode()
    page = client.get(url(firms.ada, f"audit/{number}/")).content.decode()
    for part in ("Priya", "Atlas", "Borealis", "projects.project.renamed"):
        assert part in page


def test_hides_it_from_others(firms: Firms) -> None:
    number = _record(firms)
    for member in (firms.ben, firms.priya):
        client = member.signed_in()
        assert client.get(url(member, "audit/")).status_code == 404
        assert client.get(url(member, f"audit/{number}/")).status_code == 404
    otto = firms.otto.signed_in()
    assert otto.get(url(firms.otto, f"audit/{number}/")).status_code == 404
    assert "Atlas" not in otto.get(url(firms.otto, "audit/")).content.decode()
    with tenant_scope(firms.ben.tenant_id), pytest.raises(PermissionDenied):
        selectors.entries(actor=firms.ben.actor)


def test_hides_rates_in_changes_from_who_may_not_see_them(firms: Firms) -> None:
    number = _record(firms, "Changed a price line", cost_rate=("91.37", "92.41"), price=("7", "8"))
    client = firms.ada.signed_in()
    for path in (f"audit/{number}/", "audit/", "audit/?export=csv"):
        answer = client.get(url(firms.ada, path))
        assert b"91.37" not in answer.content
        assert b"92.41" not in answer.content


def test_lists_many_with_the_queries_of_one(firms: Firms) -> None:
    _record(firms)
    client = firms.ada.signed_in()
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url(firms.ada, "audit/")).status_code == 200
        counts.append(len(queries))
        for _ in range(30):
            _record(firms)
    assert counts[1] <= counts[0]


def test_gives_the_activity_beside_a_record(firms: Firms) -> None:
    _record(firms)
    with tenant_scope(firms.priya.tenant_id):
        with CaptureQueriesContext(connection) as queries:
            rows = selectors.activity_entries(record_type="projects.Project", record_id=7)
        html = render_to_string("audit/_activity.html", {"activity": rows})
    assert len(queries) == 1
    assert (rows[0].who, rows[0].what) == ("Priya", "renamed the project “Atlas”")
    assert "renamed the project" in html
