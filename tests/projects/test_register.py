"""The register: entries of each kind, their owners, amounts, heat map and reminders."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.automation import load_entries
from projects.models import RegisterEntry
from projects.rules import register as rules
from projects.selectors import register as selectors
from projects.services import projects as project_services
from projects.services import register
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.notifications.models import Notification
from tests.edges.api.callers import Caller, token_of
from tests.factories import AT, TODAY

HTMX = {"HX-Request": "true"}


@pytest.fixture
def add(acme, engagement):
    """Adds an entry as Priya; a risk of 5 × 4 with a cost of 40,000 unless told otherwise."""

    def added(kind="risk", *, actor="priya", **values):
        usual = {"title": "Data is late"}
        if kind == "risk":
            usual |= {"risk_type": "schedule", "probability": 5, "impact": 4}
        if kind == "issue":
            usual |= {"priority": "high"}
        return register.add_entry(
            project_id=engagement.project.pk, kind=kind, actor=acme.actors[actor], at=AT,
            on=TODAY, **(usual | values),
        )  # fmt: skip

    with acme.scope():
        yield added


def edit(acme, entry, *, actor="priya", lock_version=None, **values):
    return register.edit_entry(
        entry_id=entry.pk, lock_version=lock_version, actor=acme.actors[actor], at=AT, on=TODAY,
        **values,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "probability", "currency", "weighs"),
    [("40000", 3, "GBP", "20000"), ("1234.55", 1, "GBP", "123.46"), ("1001", 2, "JPY", "300"),
     ("0", 5, "GBP", "0"), ("99.99", 5, "GBP", "89.99")],
)  # fmt: skip
def test_exposure_is_impact_times_probability(amount, probability, currency, weighs):
    assert rules.exposure(Decimal(amount), probability, currency) == Decimal(weighs)


@given(
    st.lists(
        st.builds(
            rules.OpenRisk, st.integers(1, 5), st.integers(1, 5),
            st.none() | st.integers(0, 10**11).map(lambda pence: Decimal(pence) / 100),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_heat_map_counts_each_risk_once_and_contingency_is_the_sum(risks):
    cells = [cell for row in rules.heat_map(risks) for cell in row]
    assert len(cells) == 25
    assert sum(cell.count for cell in cells) == len(risks)
    each = [rules.contingency([risk], "GBP") for risk in risks]
    assert rules.contingency(risks, "GBP") == sum(each)
    assert all(part <= (risk.amount or 0) for part, risk in zip(each, risks, strict=True))


def test_severity_by_score():
    assert [rules.severity(n) for n in (1, 5, 6, 12, 15, 25)] == [
        "low", "low", "medium", "medium", "high", "high",
    ]  # fmt: skip


def test_numbers_each_kind_of_a_project(add):
    assert [add().code, add().code, add("issue").code, add("change").code] == [
        "R-1", "R-2", "I-1", "C-1",
    ]  # fmt: skip


def test_tells_a_new_owner_and_shows_them_the_entry_alone(acme, engagement, add):
    entry = add("action", owner_id=acme.resources["ben"].pk, due_on=date(2026, 7, 20))
    other = add("action", title="Somebody else's")
    told = Notification.objects.get(membership_id=acme.actors["ben"].membership_id)
    assert "A-1 Data is late" in told.title
    assert told.path.endswith(f"/projects/register/{entry.pk}/")
    rows = selectors.register_rows(actor=acme.actors["ben"], as_of=TODAY)
    assert [row.id for row in rows] == [entry.pk]
    with pytest.raises(NotFound):
        selectors.entry_page(actor=acme.actors["ben"], entry_id=other.pk, as_of=TODAY)


def test_owner_reports_and_changes_nothing_else(acme, add):
    entry = add("action", owner_id=acme.resources["ben"].pk)
    done = edit(acme, entry, actor="ben", status="done", resolution="Sent")
    assert (done.status, done.ended_on) == ("done", TODAY)
    with pytest.raises(PermissionDenied):
        edit(acme, entry, actor="ben", title="Mine now")
    taken_up = edit(acme, entry, status="open")
    assert taken_up.ended_on is None


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("risk", {"probability": 6}, "probability"),
        ("risk", {"risk_type": "weather"}, "risk_type"),
        ("risk", {"impact_amount": Decimal(-1)}, "impact_amount"),
        ("risk", {"priority": "high"}, "priority"),
        ("issue", {"priority": ""}, "priority"),
        ("issue", {"status": "resolved"}, "resolution"),
        ("issue", {"status": "approved"}, "status"),
        ("decision", {"status": "decided"}, "resolution"),
        ("change", {"status": "amended", "amendment_reference": "A-1"}, "status"),
        ("change", {"delay_days": 5000}, "delay_days"),
        ("action", {"title": " "}, "title"),
        ("action", {"owner_id": 2**40}, "owner"),
        ("wish", {}, "kind"),
    ],
)
def test_refuses_naming_the_field(add, kind, values, field):
    with pytest.raises(DomainError) as refused:
        add(kind, **values)
    assert refused.value.field == field
    assert not RegisterEntry.objects.exists()


def test_change_request_goes_into_the_contract_once_approved(acme, engagement, add):
    change = add("change", price_amount=Decimal(12000), delay_days=5)
    edit(acme, change, status="submitted")
    edit(acme, change, status="approved", resolution="Signed by Jo")
    told = Notification.objects.get(membership_id=acme.actors["amara"].membership_id)
    assert "C-1" in told.title
    assert "12" not in told.title + told.body.replace("C-1", "").replace("P-1", "")
    with pytest.raises(DomainError) as refused:
        edit(acme, change, status="amended")
    assert refused.value.field == "amendment_reference"
    done = edit(acme, change, status="amended", amendment_reference="C-1/2")
    assert done.ended_on == TODAY


def test_escalation_tells_somebody_who_then_sees_it(acme, add):
    issue = add("issue")
    common = {"entry_id": issue.pk, "actor": acme.actors["priya"], "at": AT, "on": TODAY}
    with pytest.raises(DomainError):
        register.escalate_issue(to_resource_id=acme.resources["ben"].pk, reason=" ", **common)
    register.escalate_issue(
        to_resource_id=acme.resources["amara"].pk, reason="Client does not answer", **common
    )
    told = Notification.objects.get(membership_id=acme.actors["amara"].membership_id)
    assert "Client does not answer" in told.body
    assert selectors.entry_page(actor=acme.actors["amara"], entry_id=issue.pk, as_of=TODAY)
    with pytest.raises(DomainError):
        register.escalate_issue(
            entry_id=add().pk, to_resource_id=acme.resources["amara"].pk, reason="x",
            actor=acme.actors["priya"], at=AT, on=TODAY,
        )  # fmt: skip


def test_somebody_elses_change_is_not_overwritten(acme, add):
    entry = add(impact_amount=Decimal(40000))
    edit(acme, entry, lock_version=1, impact=5, impact_amount=Decimal(50000))
    with pytest.raises(Conflict) as refused:
        edit(acme, entry, lock_version=1, impact=3)
    assert "impact" in refused.value.message
    assert "50" not in refused.value.message


def test_contingency_adds_up_for_those_who_see_cost(acme, engagement, add):
    add(probability=5, impact_amount=Decimal(40000))
    add(probability=1, impact=1, impact_amount=Decimal(1000))
    add(probability=3)
    add(impact_amount=Decimal(70000), status="closed")
    found = selectors.contingency_of(actor=acme.actors["priya"], project=engagement.project)
    assert (found.amount.amount, found.open_count, found.high_count) == (Decimal(36100), 3, 1)
    assert found.unvalued_count == 1
    blind = selectors.contingency_of(actor=acme.actors["rae"], project=engagement.project)
    assert blind.amount is None
    assert blind.open_count == 3


def test_amounts_stay_with_those_who_may_see_them(acme, engagement, add):
    add(impact_amount=Decimal("43210.98"))
    change = add("change", price_amount=Decimal("65432.10"))
    base = f"projects/{engagement.project.pk}/register"
    paths = [f"{base}/", f"{base}/risk/", f"{base}/change/", f"{base}/risk/?export=csv",
             f"{base}/change/?export=csv", f"projects/register/{change.pk}/",
             "projects/register/?export=csv"]  # fmt: skip
    for name, cost, bill in (
        ("priya", True, True), ("bill", False, True), ("rae", False, False), ("ben", False, False),
    ):  # fmt: skip
        client = acme.client(name)
        text = "".join(
            client.get(acme.url(path)).content.decode(errors="replace") for path in paths
        ).replace(",", "")
        assert ("43210" in text or "43211" in text) is cost, name
        assert ("65432" in text) is bill, name


def test_amounts_are_refused_from_those_who_may_not_see_them(acme, add):
    with pytest.raises(PermissionDenied):
        add(actor="ada", impact_amount=Decimal(1))


def test_is_overdue_the_day_after(acme, add):
    entry = add("action", due_on=date(2026, 7, 8), owner_id=acme.resources["ben"].pk)
    add("action", due_on=date(2026, 7, 8), status="done")
    found = selectors.overdue_entries(date(2026, 7, 9), date(2026, 7, 10))
    assert found == [(entry.pk, date(2026, 7, 9))]
    facts = load_entries([entry.pk], TODAY)[entry.pk]
    assert facts.people["owner"] == (acme.actors["ben"].membership_id,)


def test_a_closed_projects_register_is_read_only(acme, engagement, add):
    entry = add("action", owner_id=acme.resources["ben"].pk)
    for status in ("completed", "closed"):
        project_services.change_status(
            project_id=engagement.project.pk, status=status, actor=acme.actors["priya"], at=AT
        )
    with pytest.raises((DomainError, PermissionDenied)):
        edit(acme, entry, actor="ben", status="done")


def test_pages_add_filter_and_edit(acme, engagement, add):
    client = acme.client("priya")
    base = f"projects/{engagement.project.pk}/register/risk/"
    values = {"title": "Key person leaves", "risk_type": "resource", "probability": 4,
              "impact": 5, "impact_amount": "20,000", "status": "open"}  # fmt: skip
    assert client.get(acme.url(base + "new/")).status_code == 200
    refused = client.post(acme.url(base + "new/"), values | {"probability": 9})
    assert refused.status_code == 422
    assert client.post(acme.url(base + "new/"), values).status_code == 302
    entry = RegisterEntry.objects.get()
    page = client.get(acme.url(base)).content.decode()
    assert "f.probability=4&amp;f.impact=5" in page
    assert "14,000" in page
    hit = client.get(acme.url(base + "?f.probability=4&f.impact=5"), headers=HTMX)
    miss = client.get(acme.url(base + "?f.probability=4&f.impact=4"), headers=HTMX)
    assert "Key person leaves" in hit.content.decode()
    assert "Key person leaves" not in miss.content.decode()
    edited = client.post(
        acme.url(f"projects/register/{entry.pk}/edit/"),
        values | {"lock_version": 1, "status": "closed"},
    )
    assert edited.status_code == 302
    assert client.get(acme.url(f"projects/register/{entry.pk}/")).status_code == 200
    assert client.get(acme.url(base + "new/").replace("/risk/", "/wish/")).status_code == 404


def test_lists_take_the_same_queries_with_40_entries(
    acme, engagement, add, django_assert_max_num_queries
):
    for n in range(40):
        add(title=f"Risk {n}", owner_id=acme.resources["ben"].pk)
    client = acme.client("priya")
    for path in (f"projects/{engagement.project.pk}/register/risk/", "projects/register/"):
        client.get(acme.url(path))
        with django_assert_max_num_queries(29):
            assert client.get(acme.url(path)).status_code == 200


def test_api_adds_edits_and_lists(acme, engagement):
    caller = Caller(token_of(acme, "priya"))
    made = caller.post(
        f"/projects/{engagement.project.pk}/register",
        {"kind": "issue", "title": "No test data", "priority": "critical"}, 201,
    )  # fmt: skip
    assert made["row"]["code"] == "I-1"
    listed = caller.get("/register")
    assert [row["title"] for row in listed["items"]] == ["No test data"]
