"""What a project plans to buy: in the estimate, in what is to come, on its page, by programs."""

from datetime import date
from decimal import Decimal

import pytest

from projects.models import PlannedExpense, Task
from projects.selectors.estimates import estimate_of
from projects.selectors.planned_expenses import expenses_page
from projects.services import budgets, planned_expenses
from projects.services.planned_expenses import ExpenseFacts
from psa.core.errors import DomainError, NotFound, PermissionDenied
from tests.edges.api.callers import Caller, token_of
from tests.factories import AT, TODAY

D = Decimal
MARK = "54321.98"


@pytest.fixture
def bought(acme, engagement):
    """Plans a purchase for Build as Priya, 400 of travel on 15 July unless told otherwise."""

    def plan(*, actor="priya", **values):
        usual = {
            "task_id": engagement.build.pk, "category_id": category(acme, "expense"),
            "planned_on": date(2026, 7, 15), "currency": "GBP", "cost_amount": D(400),
            "price_amount": D(440), "description": "Travel to Leeds",
        }  # fmt: skip
        return planned_expenses.add_expense(
            project_id=engagement.project.pk, facts=ExpenseFacts(**(usual | values)),
            actor=acme.actors[actor], at=AT,
        )  # fmt: skip

    with acme.scope():
        yield plan


def category(firm, kind):
    return next(c.pk for c in firm.categories.values() if c.transaction_class == kind)


def test_count_in_the_estimate_and_in_budgets_made_from_it(acme, engagement, bought):
    bought()
    bought(category_id=category(acme, "material"), cost_amount=D(250), currency="EUR")
    lines = estimate_of(engagement.project, as_of=TODAY, currency="GBP").lines
    things = [line for line in lines if line.transaction_class != "time"]
    # EUR 250 at 0.85 is GBP 212.50.
    assert [(line.transaction_class, line.cost) for line in things] == [
        ("expense", D(400)), ("material", D("212.50")),
    ]  # fmt: skip
    budget = budgets.create_budget(
        project_id=engagement.project.pk, source="plan", note="", actor=acme.actors["priya"], at=AT
    )
    kinds = budget.lines.exclude(transaction_class="time").values_list(
        "transaction_class", "category_id", "cost_amount"
    )
    assert sorted(kinds) == [
        ("expense", category(acme, "expense"), D(400)),
        ("material", category(acme, "material"), D("212.50")),
    ]


def test_what_is_bought_is_no_longer_to_come(acme, engagement, bought):
    first, second = bought(), bought(cost_amount=D(100))

    def page(who="priya"):
        return expenses_page(actor=acme.actors[who], project_id=engagement.project.pk, as_of=TODAY)

    assert (page().planned.amount, page().left.amount) == (D(500), D(500))
    facts = ExpenseFacts(
        engagement.build.pk, first.category_id, first.planned_on, "GBP", D(400), is_spent=True
    )
    planned_expenses.edit_expense(
        project_id=engagement.project.pk, expense_id=first.pk, facts=facts,
        actor=acme.actors["priya"], at=AT,
    )  # fmt: skip
    assert (page().planned.amount, page().left.amount) == (D(500), D(100))
    planned_expenses.remove_expense(
        project_id=engagement.project.pk, expense_id=second.pk, actor=acme.actors["priya"], at=AT
    )
    assert page().left.amount == 0
    with pytest.raises(NotFound):
        planned_expenses.remove_expense(
            project_id=engagement.project.pk, expense_id=second.pk, actor=acme.actors["priya"],
            at=AT,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "field"),
    [({"task_id": 10**9}, "task"), ({"category_id": 10**9}, "category"),
     ({"currency": "QQQ"}, "currency"), ({"cost_amount": D(-1)}, "cost_amount"),
     ({"cost_amount": D("1.005")}, "cost_amount"), ({"price_amount": D(10) ** 13}, "price_amount"),
     ({"description": "x" * 161}, "description")],
)  # fmt: skip
def test_refuses_what_makes_no_sense(acme, bought, values, field):
    with pytest.raises(DomainError) as refused:
        bought(**values)
    assert refused.value.field == field


def test_is_planned_for_work_s_own_tasks_and_not_as_time(acme, engagement, bought):
    with pytest.raises(DomainError, match="in hours"):
        bought(category_id=category(acme, "time"))
    Task.objects.filter(pk=engagement.build.pk).update(is_summary=True)
    with pytest.raises(DomainError, match="below that one"):
        bought()


def test_is_for_who_manages_the_project_and_sees_its_cost(acme, bought):
    for who in ("ada", "fay"):
        with pytest.raises(PermissionDenied):
            bought(actor=who)
    with pytest.raises(NotFound):
        bought(actor="mei")


def test_its_page_and_form(acme, engagement, bought, django_assert_max_num_queries):
    row = bought(cost_amount=D(MARK))
    url = acme.url(f"projects/{engagement.project.pk}/expenses/")
    client = acme.client("priya")
    client.get(url)
    with django_assert_max_num_queries(23):
        text = client.get(url).content.decode()
    assert "Travel to Leeds" in text and "54,321.98" in text
    for who, status in (("rae", 403), ("bill", 403), ("mei", 404), ("fay", 200)):
        answer = acme.client(who).get(url)
        assert answer.status_code == status
        assert (status == 200) == ("54,321.98" in answer.content.decode())
    form = {
        "task": engagement.build.pk, "category": row.category_id, "planned_on": "2026-08-01",
        "currency": "GBP", "cost_amount": "120", "price_amount": "", "description": "Hotel",
    }  # fmt: skip
    assert client.get(f"{url}new/").status_code == 200
    assert client.post(f"{url}new/", form | {"task": ""}).status_code == 422
    assert client.post(f"{url}new/", form).status_code == 302
    assert client.get(f"{url}{row.pk}/").status_code == 200
    assert client.post(f"{url}{row.pk}/remove/").status_code == 302
    assert list(PlannedExpense.objects.values_list("description", "cost_amount")) == [
        ("Hotel", D(120))
    ]


def test_money_of_a_project_by_programs(acme, engagement):
    with acme.scope():
        travel = category(acme, "expense")
    caller = Caller(token_of(acme, "priya"))
    base = f"/projects/{engagement.project.pk}"
    body = {
        "task_id": engagement.build.pk, "category_id": travel, "planned_on": "2026-07-15",
        "currency": "GBP", "cost_amount": "400",
    }  # fmt: skip
    made = caller.post(f"{base}/planned-expenses", body, 201)
    assert made["left"] == {"amount": "400.0000", "currency": "GBP"}
    one = f"{base}/planned-expenses/{made['rows'][0]['id']}"
    assert caller.put(one, body | {"is_spent": True})["left"]["amount"] == "0"
    assert caller.get(f"{base}/estimate")["total"]["cost"]["currency"] == "GBP"
    budget = caller.post(f"{base}/budgets", {"source": "entered"}, 201)
    version = budget["shown"]["version"]
    line = {"transaction_class": "expense", "category_id": travel, "cost_amount": "900"}
    added = caller.post(f"{base}/budgets/{version}/lines", line, 201)
    assert added["shown"]["cost"]["amount"] == "900.0000"
    approved = caller.post(f"{base}/budgets/{version}/approve")
    assert approved["shown"]["status"] == "approved"
    caller.post(f"{base}/budgets/{version}/approve", None, 422)
    caller.post(f"{base}/budget-overrides", {"extra_amount": "1", "reason": "R"}, 404)
    fay = Caller(token_of(acme, "fay"))
    passed = fay.post(f"{base}/budget-overrides", {"extra_amount": "50", "reason": "Agreed"}, 201)
    assert passed["limit"]["amount"] == "950.0000"
    assert fay.put(f"{base}/budget-control", {"control": "block"})["control_words"]
    caller.post(f"{base}/baselines", {"number": 0, "name": "Signed"}, 201)
    assert caller.get(f"{base}/baselines/0")["compared"]["number"] == 0
    assert caller.post(f"{base}/baselines/0/approve")["baselines"][0]["is_measuring"]
    caller.post(f"{base}/baselines", {"number": 1}, 201)
    assert (
        caller.call("DELETE", f"/projects/{engagement.project.pk}/baselines/1").status_code == 200
    )
    caller.put(f"{base}/methods", {"etc_method": "cpi", "progress_method": "effort"}, 200)
    accepted = caller.put(
        f"{base}/tasks/{engagement.build.pk}/acceptance",
        {"criteria": "It runs", "accepted_on": "2026-07-01", "accepted_by_name": "Cleo"},
    )
    assert (accepted["accepted_by_name"], accepted["is_ready"]) == ("Cleo", False)
    rae = Caller(token_of(acme, "rae"))
    rae.get(f"{base}/planned-expenses", 403)
    rae.get(f"{base}/budgets", 403)
