"""Rules fire once for what happens from now on, tell the right people, and say so in the log."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import ContractMilestone
from projects.models import Task
from projects.services import projects
from psa.core.audit import services as audit
from psa.core.audit.models import AuditEntry
from psa.core.automation import jobs as automation_jobs
from psa.core.automation import shipped
from psa.core.automation.models import AutomationRule, EventCursor, RuleRun
from psa.core.automation.services import dry_runs, events, rules
from psa.core.automation.services.rules import ConditionInput, RecipientInput, RuleInput
from psa.core.custom_fields.services import values
from psa.core.jobs import services as jobs
from psa.core.jobs import system_actor
from psa.core.notifications.models import Notification
from tests.billing.scenario import Case, confirm, post_days, propose
from tests.factories import AT, Firm, make_engagement


@pytest.fixture
def world(acme: Firm) -> SimpleNamespace:
    with acme.scope():
        work = make_engagement(acme)
        AutomationRule.objects.update(is_active=False)
    system = system_actor.acting_for(tenant_id=acme.tenant.pk, membership_id=None)
    return SimpleNamespace(firm=acme, work=work, system=system)


def switch_on(world: SimpleNamespace, code: str) -> AutomationRule:
    row = AutomationRule.objects.get(code=code)
    return rules.switch_rule(rule_id=row.pk, is_active=True, actor=world.firm.actors["ada"], at=AT)


def make_rule(world: SimpleNamespace, **values: object) -> AutomationRule:
    given = {
        "name": "Tell Fay",
        "trigger_kind": "event",
        "trigger": "projects.project.status_changed",
        "action": "notify",
        "recipients": (RecipientInput("member", "", world.firm.actors["fay"].membership_id),),
        **values,
    }
    return rules.save_rule(
        rule_id=None, rule=RuleInput(**given), actor=world.firm.actors["ada"], at=AT
    )


def hold(world: SimpleNamespace) -> None:
    projects.hold_project(
        project_id=world.work.project.pk, reason="Waiting", actor=world.firm.actors["ada"], at=AT
    )


def told(event: str = "automation.notified") -> list[tuple[int, str]]:
    rows = Notification.objects.filter(event=event).order_by("id")
    return list(rows.values_list("membership_id", "title"))


def fire(world: SimpleNamespace) -> int:
    return events.fire_events(actor=world.system, at=AT)[0]


def test_tells_once_of_what_happened(world: SimpleNamespace) -> None:
    with world.firm.scope():
        rule = make_rule(world)
        assert not events.has_news()
        hold(world)
        assert events.has_news()
        assert fire(world) == 1
        assert fire(world) == 0
        fay = world.firm.actors["fay"].membership_id
        assert told() == [(fay, "Tell Fay: P-1 ERP core rollout")]
        run = RuleRun.objects.get()
        assert (run.rule_id, run.outcome, run.recipient_count) == (rule.pk, "done", 1)
        assert Notification.objects.get().path == world.firm.url(
            f"projects/{world.work.project.pk}/"
        )


def test_never_fires_for_the_past(world: SimpleNamespace) -> None:
    with world.firm.scope():
        hold(world)
        make_rule(world)
        assert fire(world) == 0


def test_fires_only_where_the_condition_holds(world: SimpleNamespace) -> None:
    with world.firm.scope():
        make_rule(world, conditions=(ConditionInput("status", "is", "on hold"),))
        make_rule(
            world, name="Other", conditions=(ConditionInput("customer", "is", "Somebody else"),)
        )
        hold(world)
        assert fire(world) == 1
        assert [title for _, title in told()] == ["Tell Fay: P-1 ERP core rollout"]


def test_finds_an_entry_that_committed_after_later_ones_were_read(world: SimpleNamespace) -> None:
    """What a slow transaction adds below the reader's mark is still found, and only it."""
    with world.firm.scope():
        make_rule(world)
        hold(world)
        entry = AuditEntry.objects.get(event="projects.project.status_changed")
        assert fire(world) == 1
        RuleRun.objects.all().delete()  # as if its entry had not been visible then
        Notification.objects.all().delete()
        assert EventCursor.objects.get().read_entry_id == entry.pk
        assert fire(world) == 1
        assert fire(world) == 0


def test_asks_for_a_webhook_through_the_trail(world: SimpleNamespace) -> None:
    with world.firm.scope():
        make_rule(world, action="webhook", recipients=())
        hold(world)
        assert fire(world) == 1
        entry = AuditEntry.objects.get(event="automation.webhook_requested")
        assert (entry.record_type, entry.record_id) == (
            "projects.Project",
            world.work.project.pk,
        )
        assert entry.changes["topic"] == [None, "projects.project.status_changed"]
        assert Notification.objects.count() == 0


def test_says_when_there_is_nobody_to_tell(world: SimpleNamespace) -> None:
    with world.firm.scope():
        make_rule(world, recipients=(RecipientInput("person", "manager"),))
        type(world.firm.resources["priya"]).objects.filter(
            pk=world.firm.resources["priya"].pk
        ).update(membership=None)
        hold(world)
        assert fire(world) == 1
        assert RuleRun.objects.get().outcome == "nobody"


def test_tells_the_practice_leader_of_a_new_project(world: SimpleNamespace) -> None:
    with world.firm.scope():
        switch_on(world, "project_created")
        projects.create_project(
            name="New", manager_id=world.firm.resources["priya"].pk, starts_on=date(2026, 7, 1),
            contracting_unit_id=world.firm.units["UK"].pk, actor=world.firm.actors["ada"], at=AT,
        )  # fmt: skip
        assert fire(world) == 1
        assert told()[0][0] == world.firm.actors["paul"].membership_id


def test_tells_the_projects_finance_contact_of_an_invoice(world: SimpleNamespace) -> None:
    with world.firm.scope():
        switch_on(world, "invoice_confirmed")
        fay = world.firm.actors["fay"].membership_id
        values.set_values(
            record_type="projects.Project", record_id=world.work.project.pk,
            values={"finance_contact": fay}, actor=world.firm.actors["ada"], at=AT,
        )  # fmt: skip
        case = Case(world.firm, world.work)
        post_days(case, 2)
        [draft] = propose(case)
        confirm(case, draft)
        assert fire(world) == 1  # the trail tells it of the proposal too; the rule is of invoices
        [(member, title)] = told()
        assert member == fay
        assert title.startswith("Invoice confirmed: ")
        # No amount is named: many roles read notifications.
        assert "2,000" not in Notification.objects.get(title=title).body


@pytest.mark.parametrize(("days", "fired"), [(6, 1), (7, 1), (8, 0)])
def test_reminds_the_manager_a_week_before_a_milestone(
    world: SimpleNamespace, days: int, fired: int
) -> None:
    with world.firm.scope():
        rule = switch_on(world, "plan_milestone_due")
        Task.objects.filter(pk=world.work.build.pk).update(
            is_milestone=True, starts_on=None, finishes_on=AT.date() + timedelta(days=days)
        )
        for _ in range(2):
            events.fire_deadlines(rule_id=rule.pk, actor=world.system, at=AT)
        assert len(told()) == fired
        if fired:
            assert told()[0][0] == world.firm.actors["priya"].membership_id


def test_reminds_again_when_the_day_moves(world: SimpleNamespace) -> None:
    with world.firm.scope():
        rule = switch_on(world, "billing_milestone_due")
        milestone = ContractMilestone.objects.create(
            tenant=world.firm.tenant, contract_line=world.work.fixed_line, position=1,
            name="Blueprint", due_on=AT.date() + timedelta(days=3), amount=20000,
            project=world.work.project,
        )  # fmt: skip
        assert events.fire_deadlines(rule_id=rule.pk, actor=world.system, at=AT) == 1
        ContractMilestone.objects.filter(pk=milestone.pk).update(
            due_on=AT.date() + timedelta(days=5)
        )
        assert events.fire_deadlines(rule_id=rule.pk, actor=world.system, at=AT) == 1
        ContractMilestone.objects.filter(pk=milestone.pk).update(state="ready")
        assert events.fire_deadlines(rule_id=rule.pk, actor=world.system, at=AT) == 0


def test_sends_the_weekly_word_once_a_week(world: SimpleNamespace) -> None:
    with world.firm.scope():
        rule = switch_on(world, "weekly_utilisation")
        monday = AT + timedelta(days=4)
        for at in (AT, monday, monday + timedelta(days=1)):
            events.fire_weekly(rule_id=rule.pk, actor=world.system, at=at)
        readers = {world.firm.actors[name].membership_id for name in ("paul", "rae")}
        assert {member for member, _ in told()} == readers
        assert [title for _, title in told()] == ["Utilisation, week of 6 Jul 2026"] * 2
        assert "Delivery UK: 0 %, 0 of" in Notification.objects.latest("id").body
        assert RuleRun.objects.count() == 1


def test_runs_by_its_jobs(world: SimpleNamespace) -> None:
    with world.firm.scope():
        make_rule(world)
        hold(world)
        for kind in (automation_jobs.EVENTS_JOB, automation_jobs.CLOCK_JOB):
            run = jobs.start(
                kind=kind, key="1", title=kind, arguments={}, actor=world.system, at=AT
            )
            assert jobs.run_now(run.pk).state == "done"
        assert len(told()) == 1


def test_dry_run_says_what_would_have_fired_and_writes_nothing(world: SimpleNamespace) -> None:
    with world.firm.scope():
        hold(world)
        rule = make_rule(world)
        before = AuditEntry.objects.count()
        found = dry_runs.dry_run(
            rule_id=rule.pk, days=31, actor=world.firm.actors["ada"], at=AT
        ).found
        assert [(one.on, one.label, one.names) for one in found] == [
            (AT.date(), "P-1 ERP core rollout", ("Fay",))
        ]
        gate = AutomationRule.objects.get(code="contract_over_a_million")
        audit.record(
            actor=world.system, at=AT, event="sales.contract.confirmed",
            record_type="sales.Contract", record_id=world.work.contract.pk, sentence="confirmed",
        )  # fmt: skip
        assert not dry_runs.dry_run(
            rule_id=gate.pk, days=31, actor=world.firm.actors["ada"], at=AT
        ).found
        assert (AuditEntry.objects.count(), RuleRun.objects.count()) == (before + 1, 0)


def test_asks_as_many_queries_for_many_entries_as_for_one(world: SimpleNamespace) -> None:
    with world.firm.scope():
        make_rule(world, conditions=(ConditionInput("customer", "is", "Nobody"),))
        counts = []
        for number in (1, 40):
            audit.record_many(
                actor=world.system, at=AT, event="projects.project.status_changed",
                record_type="projects.Project",
                items=[(world.work.project.pk, "x", {}) for _ in range(number)],
            )  # fmt: skip
            with CaptureQueriesContext(connection) as asked:
                fire(world)
            counts.append(len(asked))
        assert counts[1] <= counts[0]


def test_seeds_the_shipped_rules_once(acme: Firm) -> None:
    with acme.scope():
        assert AutomationRule.objects.exclude(code="").count() == len(shipped.SHIPPED)
        assert shipped.seed_rules(tenant_id=acme.tenant.pk, at=AT) == 0
