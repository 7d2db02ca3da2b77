"""Performance, forecast, estimate, baselines and budget: pages, permissions, and what they write."""

from datetime import timedelta
from decimal import Decimal

import pytest

from projects.models import (
    Baseline,
    Budget,
    BudgetLine,
    ContractLineLink,
    HealthSnapshot,
    Project,
    RegisterEntry,
    Task,
)
from projects.selectors.progress import stale_forecasts
from projects.services import baselines, budgets, forecasts, health, tasks
from psa.core.errors import Conflict, DomainError, PermissionDenied
from psa.core.ledger.rules.types import ActualDraft, ActualType, BillingType, TransactionClass
from psa.core.ledger.services import posting
from psa.core.notifications.models import Notification
from tests.edges.api.callers import caller
from tests.factories import AT, TODAY

PAGES = (
    "performance/", "forecast/", "estimate/", "baselines/", "budget/", "performance/why/cpi/",
    "performance/methods/", "baselines/set/", "budget/new/",
)  # fmt: skip
MONEY = ("performance/", "estimate/", "baselines/", "budget/", "performance/why/cpi/")


def post_cost(firm, engagement, amount, *, on=TODAY, minutes=600, key=1):
    posting.post(
        drafts=[
            ActualDraft(
                type=ActualType.COST, work_on=on, legal_entity_id=firm.entities["UK"].pk,
                transaction_class=TransactionClass.TIME, currency="GBP", amount=Decimal(amount),
                source_kind="time_entry", source_id=key, billing_type=BillingType.CHARGEABLE,
                project_id=engagement.project.pk, task_id=engagement.build.pk, minutes=minutes,
                resource_id=firm.resources["ben"].pk, unit="hour",
                price=Decimal(amount) * 60 / minutes, posting_event="time_cost",
            )
        ],
        actor=firm.actors["fay"], at=AT, kind="test",
    )  # fmt: skip


def priya_on(firm, engagement):
    return {"project_id": engagement.project.pk, "actor": firm.actors["priya"], "at": AT}


@pytest.fixture
def measured(acme, engagement):
    """Baseline and budget approved, ten hours booked for 625."""
    with acme.scope():
        common = priya_on(acme, engagement)
        Task.objects.filter(project=engagement.project).update(
            starts_on=TODAY - timedelta(days=30), finishes_on=TODAY + timedelta(days=30)
        )
        baselines.set_baseline(number=0, name="Contract", **common)
        baselines.approve_baseline(number=0, **common)
        budgets.create_budget(source="plan", note="First", **common)
        budgets.approve_budget(version=1, **common)
        post_cost(acme, engagement, 625)
        health.record_health(on=TODAY - timedelta(days=7), at=AT)
        health.record_health(on=TODAY, at=AT)
    return engagement


@pytest.mark.parametrize("path", PAGES)
def test_open_for_the_manager(acme, measured, path):
    answer = acme.client("priya").get(acme.url(f"projects/{measured.project.pk}/{path}"))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "most"),
    [("", 20), ("forecast/", 16), ("estimate/", 24), ("baselines/", 24), ("budget/", 19)],
)
def test_ask_no_more_than_they_need(acme, measured, path, most, django_assert_max_num_queries):
    client, url = acme.client("priya"), acme.url(f"projects/{measured.project.pk}/{path}")
    client.get(url)
    with django_assert_max_num_queries(most):
        client.get(url)


@pytest.mark.parametrize("path", MONEY)
def test_are_refused_to_who_may_not_see_cost(acme, measured, path):
    for name, status in (("mei", 404), ("rae", 403), ("ben", 403)):
        answer = acme.client(name).get(acme.url(f"projects/{measured.project.pk}/{path}"))
        assert answer.status_code in (status, 403, 404), name


def test_show_the_figures_of_a_day_and_why(acme, measured, django_assert_max_num_queries):
    client = acme.client("priya")
    url = acme.url(f"projects/{measured.project.pk}/performance/")
    client.get(url)
    with django_assert_max_num_queries(20):
        text = client.get(url).content.decode()
    assert "Contract, approved on 9 July 2026" in text
    assert "Table of the same numbers" in text
    assert "SPI from" in text  # the trend's line in words
    assert "Earned value by task" in text
    told = caller(acme, "priya").get(f"/projects/{measured.project.pk}/performance")
    sums = [Decimal(row["ac"]["amount"]) for row in told["tasks"]]
    assert (sum(sums), sums.count(625)) == (625, 1)
    # In the contract's currency beside: 625 GBP at 0.85 are 735.29 EUR.
    besides = [row["beside"]["ac"] for row in told["tasks"]]
    assert {"amount": "735.29", "currency": "EUR"} in besides
    assert (
        told["people"][0]["beside"] == told["categories"][0]["beside"] == besides[sums.index(625)]
    )
    assert told["burn_up"][-1]["planned"]["currency"] == "GBP"
    assert Decimal(told["burn_up"][0]["actual"]["amount"]) >= 0
    for rows in (told["categories"], told["people"]):
        assert [Decimal(row["share_percent"]) for row in rows] == [100]
    day = f"/projects/{measured.project.pk}/performance/2026-07-01"
    assert caller(acme, "priya").get(day)["is_past"]
    today = f"/projects/{measured.project.pk}/performance/{TODAY}/figures/cpi"
    assert "EV ÷ AC" in " ".join(caller(acme, "priya").get(today)["sentences"])
    past = client.get(url + "?on=2026-07-01").content.decode()
    assert "As it was known on" in past
    why = client.get(url + "why/cpi/").content.decode()
    assert "EV ÷ AC" in why and "625.00 GBP" in why
    assert client.get(url + "why/nothing/").status_code == 404


def test_forecast_saves_once_and_shows_last_week(acme, measured):
    client = acme.client("priya")
    url = acme.url(f"projects/{measured.project.pk}/forecast/")
    build = measured.build.pk
    page = client.get(url).content.decode()
    assert f'name="left_{build}"' in page
    saved = client.post(url, {f"left_{build}": "12:30", f"seen_{build}": "60000"})
    assert saved.status_code == 302
    with acme.scope():
        assert Task.objects.get(pk=build).remaining_minutes == 750
    stale = client.post(url, {f"left_{build}": "20", f"seen_{build}": "60000"})
    assert stale.status_code == 422
    assert "has changed to 12:30 h" in stale.content.decode()
    wrong = client.post(url, {f"left_{build}": "soon", f"seen_{build}": "750"})
    assert wrong.status_code == 422
    everything = acme.client("priya").get(acme.url("projects/forecast/"))
    assert f'name="left_{build}"' in everything.content.decode()


def test_a_forecast_of_another_project_is_refused(acme, measured):
    with acme.scope(), pytest.raises(Conflict):
        forecasts.save_forecast(
            typed={measured.build.pk: forecasts.Typed(5, 6)}, actor=acme.actors["priya"], at=AT
        )


def test_stale_once_nothing_moved_for_a_fortnight_of_booked_hours(acme, engagement):
    pk = engagement.project.pk
    with acme.scope():
        assert stale_forecasts([pk], as_of=TODAY) == {}
        post_cost(acme, engagement, 100)
        assert stale_forecasts([pk], as_of=TODAY) == {pk: engagement.project.starts_on}
        tasks.set_remaining(
            project_id=pk, minutes_by_task={engagement.build.pk: 10}, actor=acme.actors["priya"],
            at=AT - timedelta(days=13),
        )  # fmt: skip
        assert stale_forecasts([pk], as_of=TODAY) == {}
        tasks.edit_task(  # a percentage moves no hours
            project_id=pk, task_id=engagement.build.pk, lock_version=None, percent_complete=40,
            actor=acme.actors["priya"], at=AT,
        )  # fmt: skip
        assert stale_forecasts([pk], as_of=TODAY + timedelta(days=1)) == {
            pk: (AT - timedelta(days=13)).date()
        }


def test_managers_are_reminded_once_a_week(acme, engagement):
    with acme.scope():
        assert forecasts.remind_of_forecasts(at=AT) == 1
        assert forecasts.remind_of_forecasts(at=AT + timedelta(days=1)) == 0
        [told] = Notification.objects.filter(event="projects.forecast.due")
        assert "P-1" in told.body
        assert forecasts.remind_of_forecasts(at=AT + timedelta(days=7)) == 1


def test_health_is_kept_once_a_day_and_catches_up(acme, measured):
    with acme.scope():
        health.record_health(on=TODAY, at=AT)
        rows = HealthSnapshot.objects.filter(project=measured.project).order_by("on")
        assert [row.on for row in rows] == [TODAY - timedelta(days=7), TODAY]
        assert health.days_to_record(TODAY) == []
        assert health.days_to_record(TODAY + timedelta(days=2)) == [
            TODAY + timedelta(days=1), TODAY + timedelta(days=2),
        ]  # fmt: skip
        assert len(health.days_to_record(TODAY + timedelta(days=90))) == 14


def test_a_budget_is_made_changed_and_approved(acme, engagement):
    common = priya_on(acme, engagement)
    with acme.scope():
        with pytest.raises(DomainError, match="no quote"):
            budgets.create_budget(source="quote", note="", **common)
        budgets.create_budget(source="entered", note="", **common)
        with pytest.raises(DomainError, match="no lines"):
            budgets.approve_budget(version=1, **common)
        line = {"transaction_class": "time", "version": 1, **common}
        budgets.add_line(cost_amount=Decimal(700), revenue_amount=Decimal(1000), **line)
        gone = budgets.add_line(cost_amount=Decimal(50), **line)
        with pytest.raises(DomainError, match="fewer decimals"):
            budgets.add_line(cost_amount=Decimal("0.001"), **line)
        budgets.remove_line(version=1, line_id=gone.pk, **common)
        budgets.approve_budget(version=1, **common)
        assert Project.objects.get(pk=engagement.project.pk).budget_cost_amount == 700
        with pytest.raises(DomainError, match="stays as it is"):
            budgets.add_line(cost_amount=Decimal(1), **line)
        budgets.create_budget(source="plan", note="", **common)
        budgets.approve_budget(version=2, **common)
        states = Budget.objects.order_by("version").values_list("status", flat=True)
        assert list(states) == ["superseded", "approved"]
        budgets.create_budget(source="entered", note="", **common)
        budgets.delete_budget(version=3, **common)
        assert Budget.objects.count() == 2
    # P-20: what the open risks weigh is a line of its own.
    sent = {"source": "entered", "note": "", "keeps_contingency": "on"}
    client, url = acme.client("priya"), acme.url(f"projects/{engagement.project.pk}/budget/")
    assert b"No open risk of" in client.post(url + "new/", sent).content
    with acme.scope():
        RegisterEntry.objects.create(
            tenant=acme.tenant, project=engagement.project, kind="risk", number=1, title="Late",
            status="open", probability=5, impact=4, impact_amount=40000, raised_at=AT, risk_type="cost",
        )  # fmt: skip
    assert client.post(url + "new/", sent).status_code == 302
    with acme.scope():
        [line] = BudgetLine.objects.filter(budget__status="draft")
        assert (line.cost_amount, str(line)) == (36000, "Contingency for open risks")
    assert "Contingency for open risks" in client.get(url + "?version=3").content.decode()


def test_finance_alone_lets_a_budget_pass(acme, measured):
    pk = measured.project.pk
    with acme.scope():
        with pytest.raises(PermissionDenied):
            budgets.override_budget(
                project_id=pk, extra_amount=Decimal(5), reason="x", actor=acme.actors["priya"],
                at=AT,
            )  # fmt: skip
        with pytest.raises(DomainError, match="Say why"):
            budgets.override_budget(
                project_id=pk, extra_amount=Decimal(5), reason=" ", actor=acme.actors["fay"], at=AT
            )
    client = acme.client("fay")
    url = acme.url(f"projects/{pk}/budget/")
    values = {"extra_amount": "2000", "reason": "Change agreed by mail"}
    assert client.post(url + "override/", values).status_code == 302
    assert client.post(url + "control/", {"control": "block"}).status_code == 302
    assert "Change agreed by mail" in client.get(url).content.decode()
    assert acme.client("priya").get(url + "override/").status_code in (403, 404)


def test_baselines_are_set_approved_and_deleted_on_their_page(acme, measured):
    client = acme.client("priya")
    url = acme.url(f"projects/{measured.project.pk}/baselines/")
    assert client.post(url + "set/", {"number": "0"}).status_code == 422
    assert client.post(url + "set/", {"number": "1", "name": "Second"}).status_code == 302
    page = client.get(url + "?baseline=1").content.decode()
    assert "The plan against Second" in page
    assert client.post(url + "0/delete/").status_code == 422
    assert client.post(url + "1/burn/").status_code == 404
    assert client.post(url + "1/delete/").status_code == 302
    with acme.scope():
        assert Baseline.objects.count() == 1


def test_a_deleted_task_stays_in_the_baseline(acme, measured):
    with acme.scope():
        ContractLineLink.objects.filter(task=measured.support).delete()
        tasks.delete_task(task_id=measured.support.pk, **priya_on(acme, measured))
    page = acme.client("priya").get(acme.url(f"projects/{measured.project.pk}/baselines/"))
    assert "deleted" in page.content.decode()


def test_the_methods_are_chosen_and_shown(acme, measured):
    client = acme.client("priya")
    base = acme.url(f"projects/{measured.project.pk}/performance/")
    values = {"etc_method": "cpi", "progress_method": "cost"}
    assert client.post(base + "methods/", values).status_code == 302
    text = client.get(base).content.decode()
    assert "Work left ÷ CPI" in text and "By cost" in text


def test_recognised_revenue_stands_beside_it(acme, measured):
    url = acme.url(f"revenue/projects/{measured.project.pk}/tile/")
    assert "Recognised revenue" in acme.client("priya").get(url).content.decode()
    assert acme.client("ben").get(url).status_code in (403, 404)
