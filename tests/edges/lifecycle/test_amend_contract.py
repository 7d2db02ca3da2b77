"""An amendment comes into force: terms, schedules, obligations, priced work; and what it shows before."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import ContractMilestone, RetainerPeriod
from billing.services.schedules import LineSchedule, NewMilestone, write_schedules
from projects.models import RegisterEntry
from projects.services import register
from psa.core.automation.services import rules
from psa.core.automation.services.rules import ConditionInput, RuleInput
from psa.core.errors import Conflict, DomainError, PermissionDenied
from psa.core.ledger.models import Actual
from psa.core.ledger.services import claims
from psa.core.notifications.models import Notification
from psa.edges.lifecycle import amendments as lifecycle
from revenue.models import Obligation
from sales.models import ContractAmendment, ContractLine
from sales.rules.amendment import NewLimit, NewLine, NewRate, NewRetainer, NewTerm, NewValue
from sales.rules.line_terms import LineTermsInput, MilestoneInput
from sales.selectors import amendments as selectors
from sales.services import amendments
from tests.edges.api.callers import Caller, token_of
from tests.timeexpense.conftest import MONDAY, NOW, Scene, make_scene
from timeexpense.models import ApprovalDecision, TimeEntry
from timeexpense.services import approvals, recalls
from timeexpense.services.recalls import EntryHeld

D = Decimal
FROM = date(2026, 7, 6)
BEFORE = date(2026, 7, 3)
BY = {"today_on": NOW.date(), "at": NOW}


@pytest.fixture
def scene(db):
    made = make_scene(not_to_exceed=D(5000))
    with made.firm.scope():
        yield made


def approved(scene: Scene, *days: date) -> list[int]:
    ids = scene.submitted(*(scene.draft(work_on=day) for day in days))
    approvals.approve_entries(
        entries=[("time", i) for i in ids], actor=scene.actor("priya"), at=NOW
    )
    return ids


def amendment(scene: Scene, *changes, accepted: bool = True, effective_on=FROM):
    """An amendment with (change, line, role) rows, accepted by the client."""
    common = {"actor": scene.actor("amara"), "at": NOW}
    row = amendments.draft_amendment(
        contract_id=scene.work.contract.pk, title="Change 1", reason="As agreed.",
        effective_on=effective_on, **common,
    )  # fmt: skip
    for change, line, role in changes:
        amendments.add_change(
            amendment_id=row.pk, change=change, line_id=line and line.pk, role_id=role, **common
        )
    if accepted:
        amendments.record_acceptance(
            amendment_id=row.pk, client_name="Cleo", accepted_on=NOW.date(), **common
        )
    return row


def dearer(scene: Scene, price: int = 150):
    return (NewRate(D(price)), scene.work.time_line, scene.firm.roles["SC"].pk)


def force(scene: Scene, row, who: str = "amara"):
    return lifecycle.put_in_force(amendment_id=row.pk, actor=scene.actor(who), **BY)


def sales(entry_id: int) -> list[tuple[str, Decimal]]:
    """What of an entry's sales stands: type and amount."""
    rows = Actual.objects.filter(source_kind="time_entry", source_id=entry_id)
    reversed_ids = set(
        Actual.objects.filter(reversal_of__isnull=False).values_list("reversal_of_id", flat=True)
    )
    return [
        (row.actual_type, row.amount)
        for row in rows.order_by("id")
        if row.pk not in reversed_ids and row.actual_type != "cost"
    ]


def test_prices_work_since_its_day_again_and_leaves_the_rest(scene):
    old, new = approved(scene, BEFORE, MONDAY)
    impact = force(scene, amendment(scene, dearer(scene)))
    # S-33: eight hours at EUR 150.00 instead of GBP 1,000 a day; the day before keeps its price.
    assert sales(old) == [("unbilled_sales", D("1176.47"))]
    assert sales(new) == [("unbilled_sales", D(1200))]
    assert (impact.entry_count, impact.unbilled_difference.amount) == (1, D("23.53"))
    costs = Actual.objects.filter(source_kind="time_entry", source_id=new, actual_type="cost")
    assert costs.count() == 1
    assert TimeEntry.objects.get(pk=new).revision == 2
    assert list(
        ApprovalDecision.objects.filter(entry_id=new).order_by("id").values_list("decision")
    ) == [("approved",), ("repriced",)]


def test_work_of_earlier_days_approved_later_keeps_the_former_terms(scene):
    force(scene, amendment(scene, dearer(scene)))
    force(scene, amendment(scene, dearer(scene, 200), effective_on=date(2026, 7, 8)))
    ids = approved(scene, BEFORE, MONDAY, date(2026, 7, 8))
    assert [sales(i)[0][1] for i in ids] == [D("1176.47"), D(1200), D(1600)]


def test_a_replayed_entry_can_be_recalled(scene):
    (entry_id,) = approved(scene, MONDAY)
    force(scene, amendment(scene, dearer(scene)))
    recalls.grant_recall(
        kind="time", entry_id=entry_id, reason="Wrong day", actor=scene.actor("priya"), at=NOW
    )
    assert sales(entry_id) == []
    rows = Actual.objects.filter(project_id=scene.work.project.pk)
    assert sum(rows.values_list("amount", flat=True)) == 0


def test_a_preview_says_the_same_and_leaves_nothing(scene):
    approved(scene, BEFORE, MONDAY)
    row = amendment(scene, dearer(scene), accepted=False)
    before = Actual.objects.count()
    shown = lifecycle.preview(amendment_id=row.pk, actor=scene.actor("amara"), **BY)
    row.refresh_from_db()
    assert (Actual.objects.count(), row.status, row.terms_before) == (before, "draft", None)
    amendments.record_acceptance(
        amendment_id=row.pk, client_name="Cleo", accepted_on=NOW.date(),
        actor=scene.actor("amara"), at=NOW,
    )  # fmt: skip
    assert force(scene, row) == shown
    assert shown.entries[0].person == scene.firm.resources["ben"].name


def test_is_refused_while_the_work_is_on_a_draft_invoice(scene):
    (entry_id,) = approved(scene, MONDAY)
    row = amendment(scene, dearer(scene))
    unbilled = Actual.objects.get(source_id=entry_id, actual_type="unbilled_sales")
    claims.claim(
        actual_ids=[unbilled.pk], holder_kind="proposal", holder_id=1, actor=scene.actor("bill")
    )
    with pytest.raises(EntryHeld, match="Work since 6 Jul 2026 is on proposal 1"):
        force(scene, row)
    row.refresh_from_db()
    assert row.status == "accepted"
    assert sales(entry_id) == [("unbilled_sales", D("1176.47"))]


def test_a_lower_limit_parks_and_a_higher_one_releases(scene):
    ids = approved(scene, MONDAY, date(2026, 7, 7))
    lower = force(scene, amendment(scene, (NewLimit(D(2000)), scene.work.time_line, None)))
    assert [kind for i in ids for kind, _ in sales(i)].count("parked_sales") == 1
    line = next(one for one in lower.lines if one.name == "Build")
    assert (line.unbilled_after.amount, line.parked_after.amount) == (D(2000), D("352.94"))
    higher = force(scene, amendment(scene, (NewLimit(None), scene.work.time_line, None)))
    assert (higher.released.amount, higher.entry_count) == (D("352.94"), 0)


def test_a_line_is_added_with_milestones_and_obligation(scene):
    terms = LineTermsInput(
        "Portal", "fixed_price", date(2026, 8, 1), date(2026, 10, 31), value_amount=D(30000)
    )
    parts = (
        MilestoneInput("Design", date(2026, 8, 31), D(10000)),
        MilestoneInput("Live", date(2026, 10, 31), D(20000)),
    )
    impact = force(scene, amendment(scene, (NewLine(terms, parts), None, None)))
    line = ContractLine.objects.get(name="Portal")
    assert (line.position, line.value_amount) == (4, D(30000))
    assert list(line.milestones.values_list("name", "amount", "project_id")) == [
        ("Design", D(10000), scene.work.project.pk), ("Live", D(20000), scene.work.project.pk),
    ]  # fmt: skip
    assert Obligation.objects.get(contract_line=line).price_amount == D(30000)
    assert impact.value_after - impact.value_before == impact.lines[-1].value_after


def test_a_fixed_price_keeps_what_is_due_and_what_hangs_on_its_milestones(scene):
    line = scene.work.fixed_line
    write_schedules(
        [LineSchedule(line, (
            NewMilestone("Design", BEFORE, D(8000)), NewMilestone("Build", FROM, D(7000)),
            NewMilestone("Live", FROM, D(5000)),
        ))],
        project_id=scene.work.project.pk,
    )  # fmt: skip
    ContractMilestone.objects.filter(name="Design").update(state="ready")
    ContractMilestone.objects.filter(name="Live").update(task=scene.work.fixed)
    short = NewValue(D(26000), (MilestoneInput("Go-live", FROM, D(9000)),))
    with pytest.raises(DomainError, match="lacks"):
        force(scene, amendment(scene, (short, line, None)))
    whole = NewValue(
        D(26000),
        (
            MilestoneInput("Live", date(2026, 9, 30), D(9000)),
            MilestoneInput("Tuned", FROM, D(9000)),
        ),
    )
    row = amendment(scene, (whole, line, None))
    force(scene, row)
    found = {one.name: one for one in line.milestones.all()}
    assert {name: one.amount for name, one in found.items()} == {
        "Design": D(8000), "Live": D(9000), "Tuned": D(9000),
    }  # fmt: skip
    assert found["Live"].task_id == scene.work.fixed.pk
    assert Obligation.objects.get(contract_line=line).price_amount == D(26000)
    page = selectors.amendment_page(actor=scene.actor("amara"), amendment_id=row.pk)
    assert [part[0] for part in page.changes[0].was.parts] == ["Build", "Live"]


def test_a_retainer_s_months_follow_from_the_first_that_starts_under_it(scene):
    line = scene.work.retainer_line
    ContractLine.objects.filter(pk=line.pk).update(
        starts_on=date(2026, 6, 1), ends_on=date(2026, 8, 31), value_amount=15000
    )
    line.refresh_from_db()
    write_schedules([LineSchedule(line)], project_id=None)
    RetainerPeriod.objects.filter(starts_on=date(2026, 6, 1)).update(is_released=True)
    force(scene, amendment(
        scene, (NewRetainer(D(6000), 3000), line, None),
        (NewTerm(None, date(2026, 9, 30)), line, None),
    ))  # fmt: skip
    assert list(
        RetainerPeriod.objects.order_by("starts_on").values_list("amount", "included_minutes")
    ) == [(D(5000), 2400), (D(5000), 2400), (D(6000), 3000), (D(6000), 3000)]
    line.refresh_from_db()
    assert line.value_amount == D(22000)
    RetainerPeriod.objects.filter(starts_on=date(2026, 7, 1)).update(is_released=True)
    with pytest.raises(DomainError, match="released already"):
        force(scene, amendment(scene, (NewTerm(None, date(2026, 6, 30)), line, None)))


def test_old_versions_stay_readable(scene):
    actor, contract_id = scene.actor("amara"), scene.work.contract.pk
    force(scene, amendment(scene, (NewLimit(D(9000)), scene.work.time_line, None)))
    force(scene, amendment(scene, dearer(scene), effective_on=date(2026, 7, 8)))

    def version(number, who=actor):
        return selectors.version_page(actor=who, contract_id=contract_id, number=number)

    limits = [version(n).version.lines[0].not_to_exceed_amount for n in (0, 1, 2)]
    assert limits == [D(5000), D(9000), D(9000)]
    assert (version(1).version.from_on, version(1).version.until_on) == (FROM, date(2026, 7, 8))
    assert [len(version(n).version.lines[0].rates) for n in (0, 1, 2)] == [0, 0, 1]
    assert version(2, scene.actor("priya")).version.lines[0].rates == ()


def test_comes_into_force_once_after_acceptance_and_in_order(scene):
    row = amendment(scene, dearer(scene), accepted=False)
    with pytest.raises(Conflict, match="acceptance first"):
        force(scene, row)
    done = amendment(scene, dearer(scene))
    with pytest.raises(PermissionDenied):
        force(scene, done, "priya")
    force(scene, done)
    with pytest.raises(Conflict, match="is in force"):
        force(scene, done)
    with pytest.raises(DomainError, match="cannot take effect before it"):
        amendment(scene, dearer(scene), effective_on=BEFORE)


def test_waits_for_the_approval_that_a_rule_of_the_firm_wants(scene):
    rules.save_rule(
        rule_id=None,
        rule=RuleInput(
            "Large amendments", "gate", "sales.amendment.put_in_force", "approval",
            approver_role="practice_leader", conditions=(ConditionInput("amount", "over", "1000"),),
        ),
        actor=scene.actor("ada"), at=NOW,
    )  # fmt: skip
    small = amendment(scene, dearer(scene))
    force(scene, small)
    terms = LineTermsInput("More", "fixed_price", FROM, date(2026, 12, 31), value_amount=D(30000))
    with pytest.raises(DomainError, match="Large amendments"):
        force(scene, amendment(scene, (NewLine(terms), None, None)))


def test_an_approved_change_request_drafts_one_and_is_in_the_contract_with_it(scene):
    common = {"actor": scene.actor("priya"), "at": NOW, "on": NOW.date()}
    entry = register.add_entry(
        project_id=scene.work.project.pk, kind="change", title="Second warehouse",
        price_amount=D(12000), delay_days=5, **common,
    )  # fmt: skip
    register.edit_entry(entry_id=entry.pk, lock_version=None, status="approved", **common)
    row = ContractAmendment.objects.get()
    assert (row.title, row.status, row.number) == ("Second warehouse", "draft", 1)
    assert "moves out by 5 working days" in row.reason
    told = Notification.objects.get(membership_id=scene.actor("amara").membership_id)
    assert told.path.endswith(f"/sales/contracts/amendments/{row.pk}/")
    register.edit_entry(entry_id=entry.pk, lock_version=None, status="submitted", **common)
    register.edit_entry(entry_id=entry.pk, lock_version=None, status="approved", **common)
    assert ContractAmendment.objects.count() == 1
    amendments.record_acceptance(
        amendment_id=row.pk, client_name="Cleo", accepted_on=NOW.date(),
        actor=scene.actor("amara"), at=NOW,
    )  # fmt: skip
    force(scene, row)
    entry = RegisterEntry.objects.get(pk=entry.pk)
    assert (entry.status, entry.amendment_reference, entry.ended_on) == (
        "amended", "C-1/1", NOW.date(),
    )  # fmt: skip
    assert ContractLine.objects.get(position=4).value_amount == D(12000)


def test_pages_lead_from_the_change_to_the_contract_and_back(scene):
    firm = scene.firm
    common = {"actor": scene.actor("priya"), "at": NOW, "on": NOW.date()}
    entry = register.add_entry(
        project_id=scene.work.project.pk, kind="change", title="Second warehouse",
        price_amount=D(12000), **common,
    )  # fmt: skip
    register.edit_entry(entry_id=entry.pk, lock_version=None, status="approved", **common)
    row = ContractAmendment.objects.get()
    amara, priya = firm.client("amara"), firm.client("priya")
    page = f"sales/contracts/amendments/{row.pk}/"
    assert firm.url(page) in priya.get(firm.url(f"projects/register/{entry.pk}/")).content.decode()
    part = amara.get(firm.url(f"projects/register/of-amendment/{row.pk}/")).content.decode()
    assert "C-1 Second warehouse" in part
    contract = amara.get(firm.url(f"sales/contracts/{scene.work.contract.pk}/"))
    assert "1 Second warehouse" in contract.content.decode()
    line = scene.work.time_line.pk
    for path in (page, f"{page}edit/", f"{page}changes/new/new_line/", f"{page}changes/new/term/",
                 f"{page}changes/new/rate/{line}/", f"{page}changes/new/limit/{line}/",
                 f"{page}acceptance/", f"lifecycle/amendments/{row.pk}/preview/"):  # fmt: skip
        with CaptureQueriesContext(connection) as asked:
            assert amara.get(firm.url(path)).status_code == 200, path
        assert len(asked) <= (60 if "preview" in path else 24), (path, len(asked))
    assert priya.get(firm.url(page)).status_code == 200
    assert priya.get(firm.url(f"lifecycle/amendments/{row.pk}/preview/")).status_code == 404
    assert amara.get(firm.url(f"{page}changes/new/retainer/{10**9}/")).status_code == 404
    done = amara.post(
        firm.url(f"{page}changes/new/rate/{line}/"),
        {"role": firm.roles["SC"].pk, "price": "150", "unit": "hour"},
    )
    assert done.status_code == 302
    assert "150.00" in amara.get(firm.url(page)).content.decode()
    assert "150.00" not in priya.get(firm.url(page)).content.decode()
    early = amara.post(firm.url(f"lifecycle/amendments/{row.pk}/preview/"))
    assert early.status_code == 422
    amara.post(firm.url(f"{page}acceptance/"), {"client_name": "Cleo", "accepted_on": "2026-07-09"})
    done = amara.post(firm.url(f"lifecycle/amendments/{row.pk}/preview/"))
    assert done.status_code == 302
    version = firm.url(f"sales/contracts/{scene.work.contract.pk}/versions/1/")
    assert "Second warehouse" in priya.get(version).content.decode()


def test_is_made_by_programs_too(scene):
    caller = Caller(token_of(scene.firm, "amara"))
    base = f"/contracts/{scene.work.contract.pk}/amendments"
    made = caller.post(
        base, {"title": "Dearer", "reason": "As agreed", "effective_on": "2026-07-06"}, 201
    )
    one = f"/amendments/{made['id']}"
    changed = caller.post(f"{one}/changes", {
        "kind": "rate", "line_id": scene.work.time_line.pk, "role_id": scene.firm.roles["SC"].pk,
        "price": "150",
    }, 201)  # fmt: skip
    assert changed["changes"][0]["becomes"]["amount"] == {"amount": "150", "currency": "EUR"}
    reader = Caller(token_of(scene.firm, "priya"))
    assert reader.get(one)["changes"][0]["becomes"] is None
    assert caller.get(f"{one}/impact")["entry_count"] == 0
    caller.post(f"{one}/put-in-force", None, 409)
    caller.post(f"{one}/acceptance", {"client_name": "Cleo", "accepted_on": "2026-07-09"})
    caller.post(f"{one}/put-in-force")
    assert caller.get(one)["status"] == "in_force"
    assert caller.get(base)["amendments"][0]["number"] == 1
    terms = caller.get(f"/contracts/{scene.work.contract.pk}/versions/1")["terms"]
    assert terms["lines"][0]["rates"][0]["price"] == "150.000000"
    assert caller.get(f"/contracts/{scene.work.contract.pk}/versions/7", 404)
