"""People: who may see them, and when they work."""

from datetime import date

import pytest

from psa.core.errors import NotFound
from psa.core.org.models import ResourceException
from resources.selectors import person_page
from tests.factories import TODAY, make_engagement


@pytest.mark.parametrize(
    ("name", "status"),
    [("rae", 200), ("priya", 200), ("paul", 200), ("ben", 404), ("fay", 404), ("sam", 404)],
)
def test_are_for_those_who_staff(acme, name, status):
    client = acme.client(name)
    assert client.get(acme.url("people/")).status_code == status
    ben = acme.resources["ben"].pk
    assert client.get(acme.url(f"people/{ben}/")).status_code == status


def test_of_another_tenant_do_not_exist(acme, globex):
    answer = globex.client("otto").get(globex.url(f"people/{acme.resources['ben'].pk}/"))
    assert answer.status_code == 404
    with globex.scope(), pytest.raises(NotFound):
        person_page(actor=globex.actors["otto"], resource_id=acme.resources["ben"].pk, today=TODAY)


def test_leave_takes_from_the_week_it_is_in(acme):
    with acme.scope():
        ben = acme.resources["ben"]
        before = person_page(actor=acme.actors["rae"], resource_id=ben.pk, today=TODAY)
        ResourceException.objects.create(
            tenant=acme.tenant,
            resource=ben,
            name="Summer leave",
            valid_from=date(2026, 7, 13),
            valid_until=date(2026, 7, 15),
        )
        after = person_page(actor=acme.actors["rae"], resource_id=ben.pk, today=TODAY)
    assert before.weeks[1].away_minutes == 0
    assert after.weeks[1].away_minutes == 2 * before.weeks[0].capacity_minutes // 5
    assert after.weeks[1].capacity_minutes == before.weeks[1].capacity_minutes * 3 // 5
    assert after.weeks[0] == before.weeks[0]
    assert [(a.first_on, a.last_on) for a in after.away] == [(date(2026, 7, 13), date(2026, 7, 14))]


def test_projects_of_others_are_named_but_not_linked(acme):
    with acme.scope():
        engagement = make_engagement(acme)
        ben = acme.resources["ben"].pk
        managers = person_page(actor=acme.actors["priya"], resource_id=ben, today=TODAY)
        strangers = person_page(actor=acme.actors["mei"], resource_id=ben, today=TODAY)
    assert [t.project_id for t in managers.teams] == [engagement.project.pk]
    assert [t.project_id for t in strangers.teams] == [None]


def test_list_takes_the_same_queries_for_many(acme, django_assert_max_num_queries):
    client = acme.client("rae")
    client.get(acme.url("people/"))
    with django_assert_max_num_queries(18):
        assert client.get(acme.url("people/")).status_code == 200
