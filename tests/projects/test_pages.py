"""The pages of projects: they open, they write, and they keep what they should."""

from datetime import datetime

import pytest
from django.urls import reverse

from projects.models import Project, Task, TeamMember

PAGES = ["", "plan/", "team/", "actuals/", "edit/", "discussion/", "lines/new/", "team/approvers/"]


@pytest.mark.parametrize("path", PAGES)
def test_open_for_the_manager(acme, engagement, path):
    answer = acme.client("priya").get(acme.url(f"projects/{engagement.project.pk}/{path}"))
    assert answer.status_code == 200
    assert "ERP core rollout" in answer.content.decode() or "P-1" in answer.content.decode()


def test_list_shows_the_managers_project(acme, engagement):
    answer = acme.client("priya").get(acme.url("projects/"))
    assert answer.status_code == 200
    assert "ERP core rollout" in answer.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_do_not_exist_for_another_tenant(acme, globex, engagement, path):
    answer = globex.client("otto").get(globex.url(f"projects/{engagement.project.pk}/{path}"))
    assert answer.status_code == 404


def test_adds_a_project(acme, engagement):
    answer = acme.client("priya").post(
        acme.url("projects/new/"),
        {
            "name": "Identity migration",
            "manager": acme.resources["priya"].pk,
            "starts_on": "2026-07-01",
            "is_internal": "on",
        },
    )
    assert answer.status_code == 302
    with acme.scope():
        assert Project.objects.get(name="Identity migration").is_internal


def test_a_refused_project_says_why_and_keeps_what_was_typed(acme, engagement):
    answer = acme.client("priya").post(
        acme.url("projects/new/"),
        {
            "name": "Backwards",
            "manager": acme.resources["priya"].pk,
            "starts_on": "2026-07-01",
            "ends_on": "2026-06-01",
        },
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "cannot end before it starts" in text
    assert "Backwards" in text


def test_a_task_is_edited_on_a_page_of_its_own(acme, engagement):
    client = acme.client("priya")
    url = acme.url(f"projects/{engagement.project.pk}/plan/{engagement.build.pk}/")
    values = {
        "lock_version": 1, "name": "Build it", "effort_minutes": "10:00",
        "remaining_minutes": "4:00", "starts_on": "2026-07-01", "finishes_on": "2026-07-31",
        "mode": "fixed_units", "constraint_kind": "asap", "priority": 500,
        "deadline_on": "2026-08-14",
    }  # fmt: skip
    saved = client.post(url, values)
    assert saved.status_code == 302
    with acme.scope():
        task = Task.objects.get(pk=engagement.build.pk)
    assert (task.name, task.effort_minutes, task.remaining_minutes) == ("Build it", 600, 240)
    assert task.deadline_at == datetime(2026, 8, 15)
    stale = client.post(url, values | {"name": "Mine"})
    assert stale.status_code == 422
    assert "Build it" in stale.content.decode()
    kept = values | {
        "lock_version": task.lock_version, "constraint_kind": "fnlt", "constrained_on": "2026-08-28",
        "starts_on": task.starts_on.isoformat(), "finishes_on": task.finishes_on.isoformat(),
    }  # fmt: skip
    assert client.post(url, kept).status_code == 302
    with acme.scope():
        task.refresh_from_db()
    assert (task.constraint_kind, task.constrained_to) == ("fnlt", datetime(2026, 8, 29))
    assert b'value="2026-08-28"' in client.get(url).content


def test_team_takes_and_ends_a_member(acme, engagement):
    client = acme.client("priya")
    base = f"projects/{engagement.project.pk}/team/"
    values = {
        "resource": acme.resources["sam"].pk, "valid_from": "2026-07-01", "method": "none",
        "status": "hard",
    }  # fmt: skip
    add = acme.url(f"people/teams/{engagement.project.pk}/add/")
    starts_on = engagement.project.starts_on.isoformat()
    with acme.scope():  # of a project that is still planned, from its first day on
        Project.objects.update(status=Project.Status.PLANNING)
    assert f'value="{starts_on}"' in client.get(add).content.decode()
    with acme.scope():
        Project.objects.update(status=engagement.project.status)
    assert client.post(add, values).status_code == 302
    with acme.scope():
        member = TeamMember.objects.get(resource=acme.resources["sam"])
    ended = client.post(
        acme.url(f"{base}{member.pk}/"), {"valid_from": "2026-07-01", "last_on": "2026-07-31"}
    )
    assert ended.status_code == 302
    assert client.post(acme.url(f"{base}{member.pk}/remove/")).status_code == 302


def test_moves_through_its_states(acme, engagement):
    client = acme.client("priya")
    base = f"projects/{engagement.project.pk}/status/"
    silent = client.post(acme.url(base + "on_hold/"), {})
    assert silent.status_code == 422
    held = client.post(acme.url(base + "on_hold/"), {"reason": "Customer froze the budget"})
    assert held.status_code == 302
    with acme.scope():
        assert Project.objects.get(pk=engagement.project.pk).status == "on_hold"


def test_milestones_open(acme, engagement):
    assert acme.client("rae").get(acme.url("projects/milestones/")).status_code == 200


def test_urls_are_named():
    assert reverse("projects:project_list", urlconf="psa.tenant_urls")
