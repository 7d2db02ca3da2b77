"""Who may do what in the room of projects: every address, every role; and no money of other managers."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse

from projects.models import (
    Assignment,
    ContractLineLink,
    Project,
    ProjectApprover,
    RegisterEntry,
    StatusReport,
    TeamMember,
)
from projects.services import (
    baselines,
    budgets,
    discussion,
    planned_expenses,
    register,
    reports,
    template_drafts,
    templates,
)
from projects.services.planned_expenses import ExpenseFacts
from projects.urls import urlpatterns
from psa.core.access import actors
from psa.core.access import services as access
from psa.core.ledger.rules.types import ActualDraft, ActualType, TransactionClass
from psa.core.ledger.services import posting
from psa.core.org.models import Resource
from tests.edges.api.callers import Caller, token_of
from tests.factories import AT, PASSWORD, TODAY

COST, BUDGET, RISK, PRICE, RATE = "54321.98", "87654.32", "31313.31", "45454.54", "234.56"

# Priya manages the project; Petra manages another one; Amara owns its contract; Mei approves
# elsewhere; Ben, Bea are on its team, and one action is Ben's.
EVERYBODY = frozenset(
    {"priya", "petra", "amara", "rae", "bill", "fay", "paul", "ada", "mei", "ben", "sam"}
)
LISTS = EVERYBODY - {"ben", "sam"}
READS = LISTS - {"petra", "mei"}
CHANGES = frozenset({"priya", "ada"})
CHANGES_SOME = CHANGES | {"petra"}
# May open the list of registers, whatever is on it.
OWN = EVERYBODY
OWNER = frozenset({"ben"})
# Who may open the project and see what it costs; who may also change that; who lets it pass.
COSTS = frozenset({"priya", "fay", "paul"})
BUYS = frozenset({"priya"})
OVERRIDES = frozenset({"fay", "ada"})
SEES_CONTRACT = frozenset({"priya", "amara", "bill", "fay", "paul"})
# The template is Priya's.
OWN_TEMPLATE = frozenset({"priya", "ada"})

GET: dict[str, frozenset[str]] = {
    "project_list": LISTS, "milestone_list": LISTS, "register_list": OWN,
    "project": READS, "project_register": READS, "project_register_of": READS,
    "actual_list": READS, "billing": READS, "plan": READS,
    "plan_xml": READS, "plan_csv": READS, "team": READS,
    "report_list": READS, "status_report": READS, "report_file": READS,
    "register_entry": READS | OWNER, "register_edit": CHANGES | OWNER,
    "register_escalate": CHANGES_SOME & CHANGES, "register_add": CHANGES,
    "project_create": CHANGES_SOME, "plan_import": CHANGES_SOME,
    "project_edit": CHANGES, "project_status": CHANGES, "link_create": CHANGES,
    "task_edit": CHANGES, "approvers": CHANGES, "team_edit": CHANGES,
    "report_draft": CHANGES, "report_cadence": CHANGES, "report_send": CHANGES,
    "task_acceptance": CHANGES, "plan_levelling": CHANGES, "level_together": CHANGES_SOME,
    "team_replace": CHANGES,
    "discussion": READS, "task_discussion": READS | OWNER, "comment_edit": frozenset({"priya"}),
    "forecast": READS, "my_forecast": CHANGES_SOME, "methods": CHANGES,
    "performance": COSTS, "figure_why": COSTS, "estimate": COSTS, "baseline_list": COSTS,
    "budget_list": COSTS, "expense_list": COSTS,
    "expense_add": BUYS, "expense_edit": BUYS,
    "baseline_set": CHANGES, "budget_create": CHANGES, "budget_line_create": CHANGES,
    "budget_control": OVERRIDES, "budget_override": OVERRIDES,
    "of_contract": SEES_CONTRACT,
    "template_list": CHANGES_SOME, "template": CHANGES_SOME, "template_use": CHANGES_SOME,
    "template_edit": CHANGES_SOME, "template_copy": CHANGES_SOME, "template_ship": frozenset({"ada"}),
    "template_save": CHANGES, "project_copy": CHANGES,
}  # fmt: skip
POST: dict[str, frozenset[str]] = {
    "link_delete": CHANGES, "team_remove": CHANGES, "report_start": CHANGES,
    "comment_remove": CHANGES, "report_publish": CHANGES, "report_discard": CHANGES, "plan_changes": CHANGES,
    "expense_remove": BUYS, "budget_line_remove": BUYS, "budget_act": BUYS, "baseline_act": BUYS,
    "template_delete": OWN_TEMPLATE, "template_draft": OWN_TEMPLATE,
    "template_publish": OWN_TEMPLATE, "template_discard": OWN_TEMPLATE,
    "projects_start": CHANGES_SOME, "projects_complete": CHANGES_SOME,
}  # fmt: skip
# Tested beside what they do: files are their sender's alone, a version must have been kept, one
# answers the plan's script, one edits a cell, one needs an e-mail that did not go out.
ELSEWHERE = frozenset(
    {
        *("plan_import_check", "plan_import_retry", "plan_import_discard"),
        *("changes_of_amendment", "plan_state", "project_cell", "template_version"),
        "report_retry",
    }
)


@dataclass
class Place:
    """A firm, its project, and the ids that addresses need."""

    firm: object
    ids: dict[str, object]

    def path(self, name: str) -> str:
        pattern = next(one for one in urlpatterns if one.name == name)
        wanted = pattern.pattern.converters
        args = {key: self.ids[key] for key in wanted}
        if name in ("report_file",):
            args["kind"] = "pdf"
        return self.firm.url(
            reverse(f"projects:{name}", urlconf="psa.tenant_urls", kwargs=args).lstrip("/")
        )


@pytest.fixture
def place(acme, engagement):
    project = engagement.project
    with acme.scope():
        member = access.add_member(
            tenant=acme.tenant, email="petra@acme.example", name="Petra",
            role_codes=["project_manager"], password=PASSWORD,
        )  # fmt: skip
        acme.actors["petra"] = actors.for_membership(member)
        acme.resources["petra"] = Resource.objects.create(
            tenant=acme.tenant, code="PETRA", name="Petra", email="petra@acme.example",
            membership=member, org_unit=acme.units["UK"], job_role=acme.roles["PM"],
            calendar=acme.resources["priya"].calendar, employed_from=TODAY,
        )  # fmt: skip
        Project.objects.update(budget_cost_amount=Decimal(BUDGET))
        TeamMember.objects.filter(resource=acme.resources["ben"]).update(
            bill_rate_override=Decimal(RATE)
        )
        draft = ActualDraft(
            type=ActualType.COST, work_on=TODAY, legal_entity_id=acme.entities["UK"].pk,
            transaction_class=TransactionClass.TIME, currency="GBP", amount=Decimal(COST),
            source_kind="test", source_id=1, project_id=project.pk, task_id=engagement.build.pk,
            resource_id=acme.resources["ben"].pk, role_id=acme.roles["SC"].pk, minutes=6000,
            unit="hour", price=Decimal("543.2198"),
        )  # fmt: skip
        posting.post(drafts=[draft], actor=acme.actors["fay"], at=AT, kind="test")
        common = {"project_id": project.pk, "actor": acme.actors["priya"], "at": AT}
        issue = register.add_entry(
            kind="issue", title="Late", priority="high", on=TODAY,
            owner_id=acme.resources["ben"].pk, **common,
        )  # fmt: skip
        for kind, values in (
            ("risk", {"risk_type": "cost", "probability": 3, "impact": 3,
                      "impact_amount": Decimal(RISK)}),
            ("change", {"price_amount": Decimal(PRICE)}),
        ):  # fmt: skip
            register.add_entry(
                kind=kind, title=f"A {kind}", on=TODAY, owner_id=acme.resources["ben"].pk,
                **values, **common,
            )  # fmt: skip
        reports.start_draft(as_of=TODAY, **common)
        reports.edit_draft(lock_version=None, summary="Well", **common)
        report = reports.publish_report(today_on=TODAY, **common)
        reports.start_draft(as_of=TODAY, **common)
        Assignment.objects.create(
            tenant=acme.tenant, task=engagement.build, resource=acme.resources["ben"], minutes=60
        )
        comment = discussion.add_comment(text="@Ben?", task_id=engagement.build.pk, **common)
        budget = budgets.create_budget(source="entered", note="", **common)
        line = budgets.add_line(
            version=budget.version, transaction_class="time", cost_amount=Decimal(1), **common
        )
        baselines.set_baseline(number=1, name="", **common)
        expense = planned_expenses.add_expense(
            facts=ExpenseFacts(
                engagement.build.pk,
                next(c.pk for c in acme.categories.values() if c.transaction_class == "expense"),
                TODAY, "GBP", Decimal(1),
            ),
            **common,
        )  # fmt: skip
        template = templates.save_as_template(name="Rollout", description="", **common)
        template_drafts.open_draft(template_id=template.pk, actor=acme.actors["priya"], at=AT)
        ids = {
            "contract_id": engagement.contract.pk, "amendment_id": 1, "figure": "spi",
            "number": 1, "version": budget.version, "act": "approve", "line_id": line.pk,
            "expense_id": expense.pk, "template_id": template.pk,
            "project_id": project.pk, "entry_id": issue.pk, "kind": "risk",
            "report_id": report.pk, "edition": "client", "status": "on_hold",
            "task_id": engagement.build.pk,
            "link_id": ContractLineLink.objects.filter(project=project).first().pk,
            "comment_id": comment.pk,
            "member_id": TeamMember.objects.filter(project=project).first().pk,
        }  # fmt: skip
        yield Place(acme, ids)


def test_every_address_is_in_the_table():
    named = {pattern.name for pattern in urlpatterns}
    assert named - ELSEWHERE == set(GET) | set(POST)


@pytest.mark.parametrize("name", sorted(EVERYBODY))
def test_role_by_action(place, name):
    client = place.firm.client(name)
    wrong = {}
    for method, table in (("get", GET), ("post", POST)):
        for action, allowed in table.items():
            with transaction.atomic():
                answer = getattr(client, method)(place.path(action))
                transaction.set_rollback(True)
            assert answer.status_code < 500, action
            may = answer.status_code not in (403, 404)
            if may != (name in allowed):
                wrong[action] = answer.status_code
    assert wrong == {}


PAGES = (
    "project_list", "milestone_list", "register_list", "project", "project_register",
    "project_register_of", "actual_list", "billing", "plan", "plan_csv", "plan_xml", "team",
    "report_list", "status_report", "register_entry", "discussion", "task_discussion",
)  # fmt: skip


EXPORTED = ("project_list", "register_list", "project_register_of", "actual_list")


@pytest.mark.parametrize("name", ["petra", "ben"])
def test_no_money_of_another_managers_project(place, name):
    """Petra approves for the project, so she may open it; Ben works on it and owns entries."""
    firm = place.firm
    ProjectApprover.objects.create(
        tenant=firm.tenant, project_id=place.ids["project_id"], resource=firm.resources["petra"]
    )
    client, caller = firm.client(name), Caller(token_of(firm, name))
    texts = []
    for page in PAGES:
        for query in ("", "?view=all&export=csv") if page in EXPORTED else ("",):
            answer = client.get(place.path(page) + query)
            assert answer.status_code in (200, 302, 403, 404)
            texts.append(answer.content.decode(errors="replace"))
    for entry_id in RegisterEntry.objects.values_list("id", flat=True):
        answer = client.get(firm.url(f"projects/register/{entry_id}/"))
        assert answer.status_code == 200
        texts.append(answer.content.decode())
    project = f"/projects/{place.ids['project_id']}"
    report = StatusReport.objects.get()
    for path in (
        "/projects", project, f"{project}/plan", f"{project}/team", f"{project}/actuals",
        "/register", f"/register/{place.ids['entry_id']}", f"{project}/status-reports",
        f"{project}/status-reports/{report.pk}",
    ):  # fmt: skip
        answer = caller.call("GET", path)
        assert answer.status_code in (200, 403, 404)
        texts.append(answer.content.decode())
    text = "\n".join(texts).replace(",", "")
    for secret in (COST, BUDGET, RISK, PRICE, RATE):
        assert secret not in text, secret
        assert f"{Decimal(secret):.0f}" not in text or secret == RATE, secret
