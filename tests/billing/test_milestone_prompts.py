"""From a finished task to “Ready to invoice?”: asked once, reminded once, after two working days."""

from datetime import date, datetime, timedelta

import pytest

from billing.models import ContractMilestone
from billing.selectors.readiness_chain import readiness_chain
from billing.services import milestone_prompts as prompts
from billing.services import readiness
from projects.models import Dependency, Task
from projects.selectors.milestones import milestones
from projects.services import acceptance
from psa.core.errors import DomainError, PermissionDenied
from psa.core.notifications.models import Notification
from tests.factories import AT, TODAY, make_engagement, make_firm


@pytest.fixture
def acme(db):
    return make_firm()


@pytest.fixture
def work(acme):
    with acme.scope():
        found = make_engagement(acme)
        ContractMilestone.objects.create(
            tenant=acme.tenant, contract_line=found.fixed_line, position=1, due_on=TODAY,
            name="Blueprint signed", amount=20000, project=found.project,
        )  # fmt: skip
        yield found


@pytest.fixture
def linked(acme, work):
    milestone = ContractMilestone.objects.get()
    return prompts.link_milestone_task(
        milestone_id=milestone.pk, task_id=work.fixed.pk, actor=acme.actors["priya"], at=AT
    )


def ask(milestone, on):
    at = datetime.combine(on, AT.timetz())
    return prompts.prompt(milestone_id=milestone.pk, on=on, at=at)


def accept(acme, work, **values):
    usual = {"criteria": "Signed by the board", "accepted_on": None, "accepted_by_name": ""}
    return acceptance.set_acceptance(
        project_id=work.project.pk, task_id=work.fixed.pk, today_on=TODAY,
        actor=acme.actors["priya"], at=AT, **(usual | values),
    )  # fmt: skip


def told(acme, name):
    rows = Notification.objects.filter(membership_id=acme.actors[name].membership_id)
    return list(rows.order_by("id").values_list("title", flat=True))


def test_asks_manager_and_billing_then_reminds_after_two_working_days(acme, work, linked):
    assert prompts.due_milestones(on=TODAY) == []
    Task.objects.filter(pk=work.fixed.pk).update(is_completed=True)
    # TODAY is Thursday 9 July 2026: two working days later is Monday the 13th.
    assert ask(linked, TODAY)
    assert not ask(linked, TODAY)
    assert not ask(linked, date(2026, 7, 12))
    assert ask(linked, date(2026, 7, 13))
    assert not ask(linked, date(2026, 7, 20))
    for name in ("priya", "bill", "fay"):
        assert told(acme, name) == [
            "“Blueprint signed” can be invoiced",
            "Still to do: “Blueprint signed” can be invoiced",
        ]
    assert told(acme, "ben") == []
    assert "20" not in "".join(Notification.objects.values_list("body", flat=True))


def test_waits_for_the_clients_acceptance_where_there_are_criteria(acme, work, linked):
    Task.objects.filter(pk=work.fixed.pk).update(is_completed=True)
    accept(acme, work)
    assert not ask(linked, TODAY)
    steps = readiness_chain(linked).steps
    assert [step.is_done for step in steps] == [True, False, False, False]
    accept(acme, work, accepted_on=TODAY, accepted_by_name="Jo Kessler")
    assert ask(linked, TODAY)
    chain = readiness_chain(linked)
    assert "Jo Kessler accepted" in chain.steps[1].note
    assert chain.prompted_on == TODAY


def test_nobody_is_reminded_once_it_is_ready(acme, work, linked):
    Task.objects.filter(pk=work.fixed.pk).update(is_completed=True)
    ask(linked, TODAY)
    readiness.mark_milestone_ready(
        milestone_id=linked.pk, ready_on=TODAY, actor=acme.actors["bill"], at=AT
    )
    assert not ask(linked, TODAY + timedelta(days=7))
    with pytest.raises(DomainError, match="ready already"):
        prompts.link_milestone_task(
            milestone_id=linked.pk, task_id=None, actor=acme.actors["bill"], at=AT
        )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"accepted_on": TODAY}, "accepted_by_name"),
        ({"accepted_by_name": "Jo"}, "accepted_on"),
        ({"accepted_on": TODAY + timedelta(days=1), "accepted_by_name": "Jo"}, "accepted_on"),
        ({"criteria": "", "accepted_on": TODAY, "accepted_by_name": "Jo"}, "criteria"),
    ],
)
def test_refuses_half_an_acceptance(acme, work, values, field):
    with pytest.raises(DomainError) as refused:
        accept(acme, work, **values)
    assert refused.value.field == field


def test_refuses_who_may_not_bill_and_tasks_of_elsewhere(acme, work):
    milestone = ContractMilestone.objects.get()
    with pytest.raises(PermissionDenied):
        prompts.link_milestone_task(
            milestone_id=milestone.pk, task_id=work.fixed.pk, actor=acme.actors["paul"], at=AT
        )
    with pytest.raises(DomainError):
        prompts.link_milestone_task(
            milestone_id=milestone.pk, task_id=2**40, actor=acme.actors["bill"], at=AT
        )


def test_pages_link_accept_and_show_the_chain(acme, work, linked):
    client = acme.client("priya")
    page = acme.url(f"billing/milestones/{linked.pk}/")
    assert client.post(page + "task/", {"task": work.fixed.pk}).status_code == 302
    form = acme.url(f"projects/{work.project.pk}/tasks/{work.fixed.pk}/acceptance/")
    assert client.get(form).status_code == 200
    values = {"criteria": "Signed", "accepted_on": "2026-07-08", "accepted_by_name": "Jo Kessler"}
    assert client.post(form, values).status_code == 302
    text = client.get(page + "ready/").content.decode()
    assert "Jo Kessler accepted on 8 July 2026" in text
    assert "Blueprint is not finished yet" in text


def test_milestones_are_at_risk_with_unfinished_tasks_before_them(acme, work):
    Task.objects.filter(pk=work.fixed.pk).update(
        is_milestone=True, finishes_on=TODAY + timedelta(days=14)
    )
    Dependency.objects.create(
        tenant=acme.tenant, project=work.project, predecessor=work.build, successor=work.fixed
    )

    def row():
        [found] = milestones(actor=acme.actors["priya"], as_of=TODAY)
        return found.state, found.open_before, found.is_at_risk

    assert row() == ("soon", 1, True)
    Task.objects.filter(pk=work.build.pk).update(is_completed=True)
    assert row() == ("soon", 0, False)
    # A phase is finished when all below it are.
    Task.objects.filter(pk=work.build.pk).update(is_completed=False, is_summary=True)
    parts = [phase_of(acme, work, work.build, number) for number in (1, 2)]
    assert row() == ("soon", 1, True)
    Task.objects.filter(pk__in=parts).update(is_completed=True)
    assert row() == ("soon", 0, False)


def phase_of(acme, work, above, number):
    outline = f"{above.outline}.{number}"
    return Task.objects.create(
        tenant=acme.tenant, project=work.project, parent=above, name=outline, outline=outline,
        position=100 + number, depth=above.depth + 1,
    ).pk  # fmt: skip


def test_a_phase_is_asked_about_once_all_below_it_is_finished(acme, work, linked):
    Task.objects.filter(pk=work.fixed.pk).update(is_summary=True)
    parts = [phase_of(acme, work, work.fixed, number) for number in (1, 2)]
    Task.objects.filter(pk=parts[0]).update(is_completed=True)
    assert not ask(linked, TODAY)
    assert not readiness_chain(linked).steps[0].is_done
    Task.objects.filter(pk=parts[1]).update(is_completed=True)
    assert readiness_chain(linked).steps[0].is_done
    assert ask(linked, TODAY)
    assert prompts.due_milestones(on=TODAY) == []
