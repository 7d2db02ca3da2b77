"""Home: what needs each person, and nothing that is not theirs to see."""

from datetime import timedelta
from decimal import Decimal

import pytest
from moneyed import Money

from projects.models import Project
from psa.core.jobs.models import JobRun
from psa.core.pricing.models import UnpricedEntry
from psa.core.tenancy import reading
from psa.edges.home.selectors import home_page
from psa.edges.home.standing import _by_currency
from tests.factories import AT, CAST, TODAY
from timeexpense.models import TimeEntry


@pytest.mark.parametrize("name", CAST)
def test_opens_for_everybody(acme, engagement, name):
    answer = acme.client(name).get(acme.url(""))
    assert answer.status_code == 200


def _titles(acme, name):
    with acme.scope():
        page = home_page(actor=acme.actors[name], today=TODAY)
    return " | ".join(need.title for need in page.needs)


def _entry(acme, engagement, name, state):
    TimeEntry.objects.create(
        tenant=acme.tenant,
        resource=acme.resources[name],
        project=engagement.project,
        task=engagement.build,
        role=acme.resources[name].job_role,
        work_on=TODAY - timedelta(days=1),
        minutes=450,
        state=state,
    )


def test_is_calm_when_nothing_waits(acme, engagement):
    assert _titles(acme, "ben") == ""
    assert "All clear" in acme.client("ben").get(acme.url("")).content.decode()


def test_tells_the_manager_what_waits_for_approval(acme, engagement):
    with acme.scope():
        _entry(acme, engagement, "ben", "submitted")
        _entry(acme, engagement, "bea", "submitted")
    assert "2 entries from 2 people wait for you" in _titles(acme, "priya")
    assert "wait" not in _titles(acme, "mei")


def test_leaves_out_ones_own_entries(acme, engagement):
    with acme.scope():
        _entry(acme, engagement, "priya", "submitted")
    assert "for you" not in _titles(acme, "priya")


def test_tells_what_was_returned(acme, engagement):
    with acme.scope():
        _entry(acme, engagement, "ben", "returned")
        page = home_page(actor=acme.actors["ben"], today=TODAY)
    assert "1 time entry was returned to you" in page.needs[0].title
    assert page.week.minutes == 450


def test_tells_finance_what_waits_for_a_price_and_which_period_is_open(acme, engagement):
    with acme.scope():
        UnpricedEntry.objects.create(
            tenant=acme.tenant, source_kind="time", source_id=1, context="sales", work_on=TODAY,
            reason="No price", added_at=AT,
        )  # fmt: skip
    titles = _titles(acme, "fay")
    assert "1 piece of work waits for a price" in titles
    assert "is not closed" in titles
    assert "price" not in _titles(acme, "priya")
    assert "closed" not in _titles(acme, "priya")


def test_shows_a_running_job_to_who_asked_for_it(acme, engagement):
    with acme.scope():
        JobRun.objects.create(
            tenant=acme.tenant, kind="demo", key="1", title="Billing run June",
            requested_by_id=acme.actors["bill"].membership_id, requested_at=AT, state="running",
        )  # fmt: skip
    assert "Billing run June" in acme.client("bill").get(acme.url("")).content.decode()
    assert "Billing run June" not in acme.client("ben").get(acme.url("")).content.decode()


def test_an_approver_sees_neither_cost_nor_contract_values(acme, engagement):
    with acme.scope():
        Project.objects.update(
            budget_cost_amount=Decimal("98765.43"), manager=acme.resources["mei"]
        )
        page = home_page(actor=acme.actors["mei"], today=TODAY)
    assert page.projects
    assert not page.sees_cost
    assert not page.sees_bill
    assert "98,765" not in acme.client("mei").get(acme.url("")).content.decode()


LABELS = {
    "priya": ["My portfolio", "Cost at completion", "My July", "Approved", "Not handed in"],
    "amara": ["Pipeline", "Past closing date", "My July", "Approved", "Not handed in"],
    "bill": ["Unbilled work", "Receivables", "Overdue", "My July", "Approved"],
    "fay": ["Unbilled work", "Receivables", "Overdue", "Reconciliation", "Earliest open period"],
    "paul": ["Pipeline", "Past closing date", "Unbilled work", "Receivables", "Overdue"],
    "rae": ["People", "Joining", "My July", "Approved", "Not handed in"],
    "ada": ["People", "Joining", "Users", "Failed jobs", "My July"],
    "ben": ["My July", "Approved", "Not handed in"],
}


@pytest.mark.parametrize("name", LABELS)
def test_says_how_things_stand_for_each_role(acme, engagement, name):
    with acme.scope():
        # Without a price, a budget or an hour worked nobody knows what the plan will cost.
        Project.objects.update(budget_cost_amount=Decimal(90_000))
        page = home_page(actor=acme.actors[name], today=TODAY)
    assert [figure.label for figure in page.figures] == LABELS[name]


def test_keeps_currencies_apart_and_the_firms_own_first(acme, engagement):
    amounts = [Money(5, "EUR"), Money(1, "GBP"), Money(2, "EUR"), None]
    assert _by_currency(amounts, "GBP") == [Money(1, "GBP"), Money(7, "EUR")]


@pytest.mark.parametrize("name", CAST)
def test_asks_a_bounded_number_of_questions(acme, engagement, name, django_assert_max_num_queries):
    page = reading.of_one_page(acme.tenant)
    with acme.scope(), page, django_assert_max_num_queries(20):
        home_page(actor=acme.actors[name], today=TODAY)


PANELS = {
    "paul": ["deals", "projects", "utilisation"],
    "rae": ["capacity", "projects", "utilisation"],
    "ada": ["capacity", "changes", "projects", "utilisation"],
    "ben": ["work"],
    "amara": ["deals"],
    "fay": [],
}


@pytest.mark.parametrize("name", PANELS)
def test_gives_each_role_the_tables_of_its_work(acme, engagement, name):
    with acme.scope():
        page = home_page(actor=acme.actors[name], today=TODAY)
    keys = [panel.key for panel in page.panels] + [part.key for part in page.to_come]
    assert sorted(keys) == PANELS[name]


@pytest.mark.parametrize("key", ["projects", "utilisation", "capacity"])
def test_a_part_that_comes_later_is_only_its_roles(acme, engagement, key):
    assert acme.client("rae").get(acme.url(f"home/{key}/")).status_code == 200
    assert acme.client("ben").get(acme.url(f"home/{key}/")).status_code == 404


def test_tells_that_a_week_was_not_handed_in(acme, engagement):
    with acme.scope():
        TimeEntry.objects.create(
            tenant=acme.tenant, resource=acme.resources["ben"], project=engagement.project,
            task=engagement.build, role=acme.resources["ben"].job_role,
            work_on=TODAY - timedelta(days=9), minutes=450,
        )  # fmt: skip
        page = home_page(actor=acme.actors["ben"], today=TODAY)
    assert page.needs[0].title == "7:30 hours are not handed in"


def test_rates_stay_out_of_the_later_parts(acme, engagement):
    with acme.scope():
        Project.objects.update(budget_cost_amount=Decimal("98765.43"))
    assert "98,765" not in acme.client("rae").get(acme.url("home/projects/")).content.decode()


def test_the_first_steps_of_who_sets_up_lead_to_the_preflight(acme) -> None:
    page = acme.client("ada").get(acme.url("")).content.decode()
    assert "Give address, tax number and bank account" in page
    assert "Run the go-live preflight" in page


def test_first_steps_that_were_hidden_come_back(acme) -> None:
    ben = acme.client("ben")
    ben.post(acme.url("settings/checklist/"))
    hidden = ben.get(acme.url("")).content.decode()
    assert "First steps again" in hidden and "Submit a week" not in hidden
    ben.post(acme.url("settings/checklist/"), {"show": "on"})
    assert "Submit a week" in ben.get(acme.url("")).content.decode()
