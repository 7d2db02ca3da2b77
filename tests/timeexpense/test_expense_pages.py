"""The pages of expense kinds, policy and rate tables."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.models import TeamMember
from tests.shown import shown
from tests.timeexpense.conftest import NOW, Scene, make_scene
from tests.timeexpense.test_cards import TABLE, card
from tests.timeexpense.test_expense_kinds import in_germany
from tests.timeexpense.test_expense_policy import rule, submitted
from tests.timeexpense.test_expenses import add, draft
from tests.timeexpense.test_pages import get, post
from timeexpense.models import CardLine, ExpenseEntry, TravelRequest
from timeexpense.services import expenses


@pytest.fixture
def site(db: None, settings: object) -> Iterator[Scene]:
    """The scene, out of scope: requests open their own. The clock stands on 9 July 2026."""
    settings.PSA_NOW = NOW  # type: ignore[attr-defined]
    yield make_scene()


PAGES = [
    ("ben", "time/policy/"), ("fay", "time/policy/rules/new/"), ("fay", "time/policy/kinds/"),
    ("ben", "time/policy/mileage/"), ("ben", "time/policy/per-diems/"),
    ("fay", "time/policy/mileage/load/"), ("fay", "time/policy/per-diems/load/"),
    ("priya", "time/expenses/violations/"), ("ben", "time/travel/"), ("ben", "time/travel/new/"),
    ("ben", "time/cards/"), ("fay", "time/cards/known/"), ("fay", "time/cards/known/new/"),
    ("fay", "time/cards/import/"), ("fay", "time/payroll/"), ("fay", "time/payroll/new/"),
    ("ben", "time/bank/"), ("fay", "billing/reimbursements/batches/"),
    ("fay", "billing/reimbursements/batches/new/"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path"), PAGES)
def test_opens_within_few_queries(site: Scene, name: str, path: str) -> None:
    client = site.firm.client(name)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = client.get(site.firm.url(path))
    assert answer.status_code == 200
    assert len(queries) <= 26, len(queries)


@pytest.mark.parametrize(
    ("category", "shown", "hidden"),
    [
        ("travel", "amount", "vehicle"),
        ("mileage", "vehicle", "amount"),
        ("per_diem", "meals", "merchant"),
        ("lodging", "nights", "client"),
        ("entertainment", "client", "nights"),
    ],
)
def test_asks_what_the_category_asks(
    site: Scene,
    category: str,
    shown: str,
    hidden: str,
) -> None:
    with site.firm.scope():
        report = expenses.create_report(title="Munich", actor=site.actor("ben"), at=NOW)
    pk = site.firm.categories[category].pk
    path = f"time/expenses/{report.pk}/add/?category={pk}&spent_on=2026-07-08&description=Fair"
    page = get(site, path, **{"HX-Request": "true"}).content.decode()
    assert f'name="{shown}"' in page
    assert f'name="{hidden}"' not in page
    assert 'value="Fair"' in page


def told(answer: Any) -> str:
    """The words of a page, without its tags."""
    return (
        " ".join(re.sub(r"<[^>]+>", " ", shown(answer)).split())
        .replace("£ ", "£")
        .replace("€ ", "€")
    )


def test_enters_a_journey_by_its_form(site: Scene) -> None:
    with site.firm.scope():
        report = expenses.create_report(title="York", actor=site.actor("ben"), at=NOW)
    data = {
        "category": site.firm.categories["mileage"].pk, "spent_on": "2026-07-08",
        "vehicle": "Car or van", "from_place": "Leeds", "to_place": "York", "distance": "25.5",
        "work": f"{site.work.project.pk}:{site.work.build.pk}",
    }  # fmt: skip
    # What it comes to is told while it is filled in, and nothing is written for it.
    path = f"time/expenses/{report.pk}/add/"
    so_far = told(get(site, f"{path}?{urlencode(data | {'to_place': ''})}"))
    assert "It comes to £11.48 25.5 miles × 0.45. HMRC" in so_far
    for lacking in ({"distance": ""}, {"distance": "far"}, {"vehicle": "Camel"}):
        page = told(get(site, f"{path}?{urlencode(data | lacking)}"))
        assert "It comes to It is shown as soon as enough is filled in." in page
    assert post(site, path, data).status_code == 302
    with site.firm.scope():
        entry = ExpenseEntry.objects.get()
    assert str(entry.amount.normalize()) == "11.48"
    page = get(site, f"time/expenses/{report.pk}/").content.decode()
    assert "25.5 miles × 0.45" in page
    edit = get(site, f"time/expenses/entries/{entry.pk}/")
    assert 'value="25.5"' in edit.content.decode()
    assert "It comes to £11.48" in told(edit)


def test_tells_what_days_away_come_to_while_they_are_filled_in(site: Scene) -> None:
    with site.firm.scope():
        in_germany(site)
        report = expenses.create_report(title="London", actor=site.actor("ben"), at=NOW)
    asked = {
        "category": site.firm.categories["per_diem"].pk, "spent_on": "2026-07-06",
        "ends_on": "2026-07-08", "place": "GB:London", "first_day_part": "partial",
        "last_day_part": "partial", "meals": ["2026-07-07:breakfast", "2026-07-08:breakfast"],
    }  # fmt: skip
    path = f"time/expenses/{report.pk}/add/?{urlencode(asked, doseq=True)}"
    page = told(get(site, path))
    # 44 + 66 + 44 less twice 20 % of 66.
    assert "It comes to €127.60" in page
    assert "United Kingdom, London: 1 × 66.00 + 2 × 44.00 − 26.40 for meals." in page


def test_keeps_a_task_that_can_no_longer_be_booked_on(site: Scene) -> None:
    with site.firm.scope():
        report = expenses.create_report(title="York", actor=site.actor("ben"), at=NOW)
        made = expenses.add_expense(
            report_id=report.pk, draft=draft(site), actor=site.actor("ben"), at=NOW
        )
        TeamMember.objects.all().delete()
    page = get(site, f"time/expenses/entries/{made.entry_id}/").content.decode()
    held = f"{site.work.project.pk}:{site.work.build.pk}"
    assert re.search(rf'value="{held}"[^>]*selected', page)


def test_leads_from_what_was_handed_in_to_its_report(site: Scene) -> None:
    with site.firm.scope():
        entry_id = submitted(site)
    answer = site.firm.client("ben").get(site.firm.url(f"time/expenses/entries/{entry_id}/"))
    assert answer.status_code == 302 and "/time/expenses/" in answer.url


def test_acknowledges_in_the_inbox(site: Scene) -> None:
    with site.firm.scope():
        rule(site)
        entry_id = submitted(site)
        site.submitted()
    # Time waits as well, but only the expense is to be looked at: it opens first.
    page = get(site, "time/approvals/", "priya").content.decode()
    assert "Acknowledge</button>" in page
    path = f"time/expenses/entries/{entry_id}/acknowledge/"
    assert post(site, path, {"code": "policy:4.2"}, "priya").status_code == 302
    page = get(site, "time/approvals/?kind=expense", "priya").content.decode()
    assert "Acknowledged by Priya" in " ".join(page.split())
    assert b"Priya" in get(site, "time/expenses/violations/?export=csv", "priya").content


def test_loads_a_table_from_what_the_list_exports(site: Scene) -> None:
    for path in ("time/policy/mileage/", "time/policy/per-diems/"):
        exported = get(site, path + "?export=csv", "fay").content
        file = SimpleUploadedFile("rates.csv", exported)
        answer = site.firm.client("fay").post(site.firm.url(path + "load/"), {"file": file})
        assert answer.status_code == 302, answer.content.decode()[-2000:]
    refused = site.firm.client("fay").post(
        site.firm.url("time/policy/mileage/load/"),
        {"file": SimpleUploadedFile("x.csv", b"a,b\n1,2\n")},
    )
    assert refused.status_code == 422
    assert "Missing: country" in refused.content.decode()


def test_imports_a_statement_after_a_look_at_it(site: Scene) -> None:
    with site.firm.scope():
        card(site)
    fay = site.firm.client("fay")
    path = site.firm.url("time/cards/import/")
    # What cannot be read yet is not to be chosen again: it comes back with what is asked.
    odd = SimpleUploadedFile("odd.csv", b"Tag;Betrag;Wo;Karte\n08.07.2026;31,90;Bistro;4821\n")
    refused = fay.post(path, {"file": odd, "step": "look", "currency": "EUR"})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "The file has: Tag, Betrag, Wo, Karte." in page and "“odd.csv” is kept" in page
    [kept] = re.findall(r'name="kept" value="([^"]+)"', page)
    told_now = {"date_column": "Tag", "merchant_column": "Wo", "day_order": "day_first"}
    again = {"kept": kept, "kept_name": "odd.csv", "step": "look", "currency": "EUR"} | told_now
    assert "€31.90" in told(fay.post(path, again))
    look = {"file": SimpleUploadedFile("july.csv", TABLE), "day_order": "day_first", "step": "look"}
    page = fay.post(path, look).content.decode()
    assert "Deutsche Bahn" in page
    assert not re.findall('name="kept" value=""', page)
    [kept] = re.findall(r'name="kept" value="([^"]+)"', page)
    data = {"kept": kept, "kept_name": "july.csv", "day_order": "day_first", "step": "import"}
    assert fay.post(path, data).status_code == 302
    with site.firm.scope():
        line = CardLine.objects.earliest("id")
        far, near = (
            add(site, payment_method="card", amount=amount, tax_amount="").entry_id
            for amount in ("310.84", "125")
        )
    # A tenth more may be the tip; three times as much is another purchase.
    page = get(site, f"time/cards/{line.pk}/").content.decode()
    assert f'name="entry" value="{near}"' in page and f'value="{far}"' not in page
    with site.firm.scope():
        expenses.delete_expense(entry_id=near, actor=site.actor("ben"), at=NOW)
    page = get(site, f"time/cards/{line.pk}/").content.decode()
    assert "No card expense of about this amount is near" in page
    [filled_in] = re.findall(r'href="([^"]+)">Enter this expense', page)
    form = site.firm.client("ben").get(unescape(filled_in)).content.decode()
    assert 'value="119.00"' in form and 'value="Deutsche Bahn"' in form
    # And what the last expense was for is chosen.
    work = f"{site.work.project.pk}:{site.work.build.pk}"
    assert f'<option value="{work}" selected>' in form
    free = {"reason": "Private, paid back"}
    assert post(site, f"time/cards/{line.pk}/dismiss/", free).status_code == 302


def test_decides_on_a_journey(site: Scene) -> None:
    data = {
        "project": site.work.project.pk, "purpose": "Go-live", "destination": "Munich",
        "starts_on": "2026-07-06", "ends_on": "2026-07-09", "estimate": "400", "currency": "GBP",
    }  # fmt: skip
    assert post(site, "time/travel/new/", data).status_code == 302
    with site.firm.scope():
        pk = TravelRequest.objects.get().pk
    assert post(site, f"time/travel/{pk}/submit/").status_code == 302
    refused = post(site, f"time/travel/{pk}/decide/", {"decision": "return"}, "priya")
    assert refused.status_code == 422
    assert (
        post(site, f"time/travel/{pk}/decide/", {"decision": "approve"}, "priya").status_code == 302
    )
    page = get(site, f"time/travel/{pk}/").content.decode()
    assert "Approved" in page
