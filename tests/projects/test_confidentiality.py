"""Amounts reach only those who may see them, by every way there is; figures agree with the ledger."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from projects.models import Project, ProjectApprover, Task, TeamMember
from projects.selectors.figures import figures_of
from projects.selectors.pages import project_page
from projects.services import projects, team
from psa.core.errors import PermissionDenied
from psa.core.ledger.rules.types import ActualDraft, ActualType, TransactionClass
from psa.core.ledger.services import posting
from tests.factories import AT, TODAY

COST, BUDGET, SALES, RATE = "54321.98", "87654.32", "76543.21", "234.56"
WAYS = [
    "",
    "plan/",
    "team/",
    "actuals/",
    "actuals/?export=csv",
    "actuals/?columns=price,amount,cost_amount,sales_amount,other_amount",
]


@pytest.fixture
def secrets(acme, engagement):
    """A project with one amount of each kind that no other number contains."""
    with acme.scope():
        Project.objects.update(budget_cost_amount=Decimal(BUDGET))
        Task.objects.update(starts_on=date(2026, 6, 1), finishes_on=date(2026, 8, 31))
        ProjectApprover.objects.create(
            tenant=acme.tenant, project=engagement.project, resource=acme.resources["mei"]
        )
        TeamMember.objects.filter(resource=acme.resources["ben"]).update(
            bill_rate_override=Decimal(RATE)
        )
        _post(acme, engagement, ActualType.COST, "GBP", COST, 1)
        _post(acme, engagement, ActualType.UNBILLED_SALES, "EUR", SALES, 1)
    return engagement


def _post(acme, engagement, kind, currency, amount, source_id, minutes=6000):
    draft = ActualDraft(
        type=kind, work_on=date(2026, 7, 6), legal_entity_id=acme.entities["UK"].pk,
        transaction_class=TransactionClass.TIME, currency=currency, amount=Decimal(amount),
        source_kind="test", source_id=source_id, project_id=engagement.project.pk,
        task_id=engagement.build.pk, contract_id=engagement.contract.pk,
        contract_line_id=engagement.time_line.pk, resource_id=acme.resources["ben"].pk,
        role_id=acme.roles["SC"].pk, minutes=minutes, unit="hour",
        price=(Decimal(amount) * 60 / minutes).quantize(Decimal("0.000001")),
    )  # fmt: skip
    posting.post(drafts=[draft], actor=acme.actors["fay"], at=AT, kind="test")


def _everything(acme, engagement, name):
    """What this person's browser receives, from every page and export; digits without grouping."""
    client = acme.client(name)
    base = f"projects/{engagement.project.pk}/"
    paths = [base + way for way in WAYS]
    paths += ["projects/", "projects/?view=all", "projects/?view=all&export=csv", ""]
    paths += ["projects/?columns=eac,cpi,contract,unbilled", "projects/milestones/"]
    texts = []
    for path in paths:
        answer = client.get(acme.url(path))
        assert answer.status_code in (200, 404)
        texts.append(answer.content.decode(errors="replace").replace(",", ""))
    return "\n".join(texts)


@pytest.mark.parametrize(
    ("name", "sees_cost", "sees_bill"),
    [
        ("priya", True, True), ("fay", True, True), ("paul", True, True),
        ("bill", False, True), ("amara", False, True), ("ada", False, True),
        ("rae", False, False), ("mei", False, False), ("ben", False, False),
        ("sam", False, False),
    ],
)  # fmt: skip
def test_amounts_by_role(acme, secrets, name, sees_cost, sees_bill):
    text = _everything(acme, secrets, name)
    assert ("54321.98" in text or "54322" in text) is sees_cost
    assert ("87654" in text) is sees_cost
    assert ("76543" in text) is sees_bill
    assert ("234.56" in text) is sees_bill


def test_cost_and_sales_are_summed_apart_and_an_hour_once(acme, secrets):
    """8 h: cost 320; unbilled 800, billed of it 300; 50 over the limit; all in pounds."""
    types = ActualType
    with acme.scope():
        for number, (kind, amount, minutes) in enumerate(
            (
                (types.COST, "320", 480), (types.UNBILLED_SALES, "500", 300),
                (types.BILLED_SALES, "300", 180), (types.PARKED_SALES, "50", 30),
            ),
            start=10,
        ):  # fmt: skip
            _post(acme, secrets, kind, "GBP", amount, number, minutes=minutes)

    def totals(name, ask="f.work_on=2026-07-06..2026-07-06"):
        url = acme.url(f"projects/{secrets.project.pk}/actuals/?{ask}")
        text = acme.client(name).get(url).content.decode().replace(",", "")
        foot = text[text.index("<tfoot") :]
        row = next(row for row in foot.split("<tr")[1:] if "GBP" in row or "£" in row)
        return re.sub(r"<[^>]+>|\s+", " ", row)

    priya = totals("priya")
    assert "54641.98" in priya and "800.00" in priya and "108:00" in priya
    assert "55" not in priya.replace("54641.98", "")
    bill = totals("bill")
    assert "800.00" in bill and "54641" not in bill and "8:00" in bill
    assert "50.00" in totals("priya", "f.actual_type=parked_sales")


def test_a_manager_who_may_not_see_bill_rates_sets_none(acme, secrets):
    ada = acme.actors["ada"]
    blind = replace(ada, permissions=frozenset({"projects.view", "projects.manage_all"}))
    common = {"project_id": secrets.project.pk, "actor": blind, "at": AT}
    with acme.scope():
        with pytest.raises(PermissionDenied):
            team.add_team_member(
                resource_id=acme.resources["sam"].pk, valid_from=TODAY,
                bill_rate_override=Decimal(1), **common,
            )  # fmt: skip
        with pytest.raises(PermissionDenied):
            projects.edit_project(lock_version=1, budget_cost_amount=Decimal(1), **common)


def test_figures_are_those_of_the_ledger(acme, secrets):
    with acme.scope():
        Task.objects.filter(pk=secrets.build.pk).update(remaining_minutes=54_000)
        page = project_page(actor=acme.actors["priya"], project_id=secrets.project.pk, as_of=TODAY)
    figures = page.figures
    assert figures.cost.amount == Decimal(COST)
    assert [m.amount for m in figures.unbilled] == [Decimal(SALES)]
    assert figures.budget.amount == Decimal(BUDGET)
    # Work left: 54,000 + 2 × 60,000 minutes at 54,321.98 ÷ 6,000 a minute.
    assert figures.eac.amount == Decimal("1629659.40")
    # 10 % of one of three equal tasks: 29,218.11 of budget, so 2,921.81 earned.
    assert round(figures.cpi, 4) == round(Decimal("2921.811") / Decimal(COST), 4)
    assert round(figures.complete_percent, 2) == Decimal("3.33")
    assert page.head.computed_health == "bad"
    assert page.chart.rows[-1].planned.amount == Decimal(BUDGET)


def test_a_reversal_takes_its_cost_and_hours_back(acme, secrets):
    with acme.scope():
        _post(acme, secrets, ActualType.COST, "GBP", f"-{COST}", 2, minutes=-6000)
        found = figures_of([Project.objects.select_related("manager").get()], as_of=TODAY,
                           currency="GBP")  # fmt: skip
    figures = found[secrets.project.pk]
    assert figures.cost.amount == 0
    assert figures.actual_minutes == 0
    assert figures.health.overall == "none"


def test_pages_take_the_same_queries_with_300_tasks(acme, secrets, django_assert_max_num_queries):
    with acme.scope():
        Task.objects.bulk_create(
            [
                Task(
                    tenant=acme.tenant, project=secrets.project, position=n, outline=str(n),
                    name=f"Task {n}", effort_minutes=60, starts_on=TODAY, finishes_on=TODAY,
                )
                for n in range(10, 310)
            ]
        )  # fmt: skip
    client = acme.client("priya")
    for path, most in (("", 20), ("plan/", 24), ("team/", 21), ("actuals/", 19)):
        url = acme.url(f"projects/{secrets.project.pk}/{path}")
        client.get(url)
        with django_assert_max_num_queries(most):
            assert client.get(url).status_code == 200


def test_list_takes_the_same_queries_for_30_projects(acme, secrets, django_assert_max_num_queries):
    client = acme.client("priya")
    with acme.scope():
        for n in range(30):
            projects.create_project(
                name=f"Project {n}", manager_id=acme.resources["priya"].pk, starts_on=TODAY,
                is_internal=True, actor=acme.actors["priya"], at=AT,
            )  # fmt: skip
    client.get(acme.url("projects/"))
    for path, most in (("projects/", 31), ("", 31)):
        with django_assert_max_num_queries(most):
            assert client.get(acme.url(path)).status_code == 200
