"""What other rooms ask: contract lines and team roles of many pieces of work at once."""

from datetime import date

import pytest

from projects import selectors
from projects.models import Task
from projects.rules.contract_lines import LineLink, conflicting
from projects.selectors import WorkKey
from projects.services import tasks
from tests.factories import AT, TODAY


def test_the_nearest_link_above_wins(acme, engagement):
    with acme.scope():
        code = tasks.add_task(
            project_id=engagement.project.pk, name="Code", after_id=engagement.build.pk,
            as_child=True, actor=acme.actors["priya"], at=AT,
        )  # fmt: skip
        project = engagement.project.pk
        found = selectors.contract_line_for(
            [
                (project, code.pk, "time"),
                (project, engagement.fixed.pk, "time"),
                (project, engagement.fixed.pk, "expense"),
                (project, None, "time"),
            ]
        )
    assert found == {
        (project, code.pk, "time"): engagement.time_line.pk,
        (project, engagement.fixed.pk, "time"): engagement.fixed_line.pk,
        (project, engagement.fixed.pk, "expense"): None,
        (project, None, "time"): None,
    }


def test_context_of_work(acme, engagement):
    ben = acme.resources["ben"]
    with acme.scope():
        key = WorkKey(engagement.project.pk, engagement.build.pk, "time", ben.pk, TODAY)
        early = WorkKey(
            engagement.project.pk, engagement.build.pk, "time", ben.pk, date(2025, 12, 31)
        )
        foreign = WorkKey(engagement.project.pk, 999_999, "time", ben.pk, TODAY)
        found = selectors.work_context([key, early, foreign])
    assert found[key].contract_line_id == engagement.time_line.pk
    assert [r.role_id for r in found[key].team_roles] == [ben.job_role_id]
    assert found[key].is_bookable
    assert found[key].legal_entity_id == acme.entities["UK"].pk
    assert found[early].team_roles == ()
    assert foreign not in found


def test_a_thousand_pieces_take_five_queries(acme, engagement, django_assert_num_queries):
    with acme.scope():
        made = Task.objects.bulk_create(
            [
                Task(
                    tenant=acme.tenant, project=engagement.project, position=n, outline=str(n),
                    name=str(n),
                )
                for n in range(10, 310)
            ]
        )  # fmt: skip
        ids = [acme.resources[name].pk for name in ("ben", "bea", "priya", "sam")]
        keys = [
            WorkKey(engagement.project.pk, task.pk, "time", person, TODAY)
            for task in made
            for person in ids
        ]
        with django_assert_num_queries(5):
            assert len(selectors.work_context(keys)) == 1200


def test_another_tenants_work_has_no_context(acme, globex, engagement):
    key = WorkKey(
        engagement.project.pk, engagement.build.pk, "time", acme.resources["ben"].pk, TODAY
    )
    with globex.scope():
        assert selectors.work_context([key]) == {}
        assert selectors.bookable_projects(acme.resources["ben"].pk, TODAY) == []


@pytest.mark.parametrize(
    ("outline", "line", "kind", "clashes"),
    [
        ("2", 1, "time", True),
        ("2.1", 2, "time", True),
        ("2.1", 1, "time", False),
        ("", 2, "time", True),
        ("20", 2, "time", False),
        ("2", 2, "expense", False),
        ("3", 2, "time", False),
    ],
)
def test_links_that_clash(outline, line, kind, clashes):
    present = [LineLink(7, "2", "time", 1)]
    found = conflicting(present, LineLink(7, outline, kind, line))
    assert (found is not None) is clashes
