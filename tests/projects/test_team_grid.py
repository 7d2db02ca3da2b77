"""The team grid: booked, assigned, worked and left, by person and role."""

from datetime import date
from decimal import Decimal

from projects.models import Assignment, Task, TeamMember
from projects.selectors.team import team_page
from psa.core.ledger.rules.types import ActualDraft, ActualType, TransactionClass
from psa.core.ledger.services import posting
from resources.services import bookings
from tests.factories import AT, TODAY


def test_shows_hours_by_person_and_role(acme, engagement):
    with acme.scope():
        ben, bea = acme.resources["ben"], acme.resources["bea"]
        common = {"tenant": acme.tenant}
        Task.objects.filter(pk=engagement.build.pk).update(remaining_minutes=1001)
        for person, minutes in ((ben, 2000), (bea, 1000)):
            Assignment.objects.create(
                task=engagement.build, resource=person, minutes=minutes, **common
            )
        Assignment.objects.create(task=engagement.support, resource=ben, minutes=500, **common)
        TeamMember.objects.create(
            project=engagement.project, resource=ben, role=acme.roles["CO"],
            valid_from=date(2026, 7, 1), **common,
        )  # fmt: skip
        bookings.book_person(
            project_id=engagement.project.pk, resource_id=ben.pk, valid_from=date(2026, 7, 6),
            valid_until=date(2026, 7, 13), status="hard", method="percent", percent=Decimal(50),
            actor=acme.actors["rae"], at=AT,
        )  # fmt: skip
        posting.post(
            drafts=[
                ActualDraft(
                    type=ActualType.COST, work_on=TODAY, legal_entity_id=acme.entities["UK"].pk,
                    transaction_class=TransactionClass.TIME, currency="GBP", amount=Decimal(10),
                    source_kind="test", source_id=1, project_id=engagement.project.pk,
                    resource_id=ben.pk, role_id=acme.roles["SC"].pk, minutes=90, unit="hour",
                )
            ],
            actor=acme.actors["fay"], at=AT, kind="test",
        )  # fmt: skip
        page = team_page(actor=acme.actors["priya"], project_id=engagement.project.pk, as_of=TODAY)
    rows = {(row.name, row.role_name): row for row in page.members}
    first = rows[("Ben", "Senior consultant")]
    assert (first.booked_how, first.hard_minutes, first.soft_minutes) == (
        "50 % of capacity", 1200, 0,
    )  # fmt: skip
    assert (first.tasks, first.assigned_minutes, first.actual_minutes) == (
        ("Build", "Support"), 2500, 90,
    )  # fmt: skip
    assert first.is_short
    second = rows[("Ben", "Consultant")]
    assert (second.tasks, second.assigned_minutes, second.booked_how) == (None, None, "")
    # Work left of a task is shared by what each is to do of it, and sums to the whole.
    assert rows[("Bea", "Consultant")].remaining_minutes == 334
    assert first.remaining_minutes == 667 + 60_000
    assert page.totals.remaining_minutes == 1001 + 60_000
    assert page.totals.assigned_minutes == 3500


def test_takes_the_same_queries_for_many(acme, engagement, django_assert_max_num_queries):
    client = acme.client("priya")
    path = acme.url(f"projects/{engagement.project.pk}/team/")
    client.get(path)
    with django_assert_max_num_queries(20):
        assert client.get(path).status_code == 200
