"""Lists change their rows: a cell where it stands, and many at once with what became of each."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from projects.models import Project
from psa.core.access.models import Role
from psa.core.org.models import Resource
from psa.core.pricing.models import PriceLine, PriceList
from sales.models import Account
from sales.services.accounts import AccountFacts, create_account
from tests.factories import Engagement, Firm, make_engagement
from tests.sales.scenario import make_deal

AT = datetime(2026, 7, 6, 9, tzinfo=UTC)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def engagement(acme: Firm) -> Engagement:
    with acme.scope():
        return make_engagement(acme)


@pytest.fixture
def account(acme: Firm) -> Account:
    with acme.scope():
        return make_deal(acme).account


def cell_of(acme: Firm, account: Account, column: str) -> str:
    return acme.url(f"sales/customers/{account.pk}/cell/?column={column}")


def seen_in(answer) -> str:
    return answer.context["form"].seen


def test_a_cell_opens_as_a_field_and_is_saved_by_the_service(acme, account):
    client, url = acme.client("amara"), cell_of(acme, account, "industry")
    shown = client.get(url, headers=HTMX)
    assert b"data-cell-form" in shown.content
    data = {"industry": "Shipping", "seen": seen_in(shown)}
    saved = client.post(url, data, headers=HTMX)
    assert saved.status_code == 200
    assert b"Shipping" in saved.content and b"data-cell-edit" in saved.content
    with acme.scope():
        account.refresh_from_db()
        assert (account.industry, account.lock_version) == ("Shipping", 2)


def test_a_cell_somebody_else_changed_meanwhile_is_not_overwritten(acme, account):
    client, url = acme.client("amara"), cell_of(acme, account, "industry")
    seen = seen_in(client.get(url, headers=HTMX))
    with acme.scope():
        Account.objects.filter(pk=account.pk).update(industry="Rail")
    refused = client.post(url, {"industry": "Shipping", "seen": seen}, headers=HTMX)
    assert refused.status_code == 422
    assert "is now “Rail”" in refused.content.decode()


def test_a_cell_without_script_is_a_page_that_leads_back(acme, account):
    client, url = acme.client("amara"), cell_of(acme, account, "payment_terms_days")
    page = client.get(url)
    assert b"<html" in page.content
    data = {"payment_terms_days": "14", "seen": seen_in(page)}
    assert client.post(url, data).url == acme.url("sales/customers/")
    refused = client.post(url, {"payment_terms_days": "400"}, headers=HTMX)
    assert refused.status_code == 422 and b"365" in refused.content


@pytest.mark.parametrize("column", ["code", "nothing", ""])
def test_a_column_that_is_not_declared_editable_is_not_found(acme, account, column):
    assert acme.client("amara").get(cell_of(acme, account, column)).status_code == 404


def test_cells_offer_the_pencil_to_those_who_may_alone(acme, account):
    url = acme.url("sales/customers/")
    assert b"data-cell-edit" in acme.client("amara").get(url).content
    assert b"data-cell-edit" not in acme.client("fay").get(url).content
    assert acme.client("fay").get(cell_of(acme, account, "industry")).status_code == 404


def test_a_project_and_a_person_change_in_their_lists(acme, engagement):
    project = engagement.project
    priya, url = acme.client("priya"), acme.url(f"projects/{project.pk}/cell/?column=ends_on")
    seen = seen_in(priya.get(url, headers=HTMX))
    saved = priya.post(url, {"ends_on": "2027-03-31", "seen": seen}, headers=HTMX)
    assert b"31 Mar 2027" in saved.content
    refused = priya.post(url, {"ends_on": "1999-01-01"}, headers=HTMX)
    assert refused.status_code == 422 and b"before it starts" in refused.content
    ben = acme.resources["ben"]
    url = acme.url(f"people/{ben.pk}/cell/?column=location")
    assert priya.get(url).status_code == 404
    ada = acme.client("ada")
    assert b"Leeds" in ada.post(url, {"location": "Leeds"}, headers=HTMX).content
    with acme.scope():
        assert Resource.objects.get(pk=ben.pk).location == "Leeds"


def test_a_price_changes_in_the_lines_of_a_draft_and_of_no_other(acme):
    with acme.scope():
        line = PriceLine.objects.select_related("price_list").filter(method="price").first()
        PriceList.objects.filter(pk=line.price_list_id).update(status=PriceList.Status.DRAFT)
    url = acme.url(f"pricing/lists/{line.price_list_id}/lines/{line.pk}/cell/?column=value")
    fay = acme.client("fay")
    assert b"151.25" in fay.post(url, {"value": "151.25"}, headers=HTMX).content
    assert fay.post(url, {"value": "-1"}, headers=HTMX).status_code == 422
    with acme.scope():
        assert PriceLine.objects.get(pk=line.pk).value == Decimal("151.25")
        PriceList.objects.filter(pk=line.price_list_id).update(status=PriceList.Status.ACTIVE)
    assert fay.get(url).status_code == 404


def test_a_bulk_action_tells_which_rows_were_refused_and_why(acme, account):
    with acme.scope():
        facts = AccountFacts(name="Zweigwerk AG", country="DE", currency="EUR")
        other = create_account(facts=facts, actor=acme.actors["amara"], at=AT)
        Account.objects.filter(pk=account.pk).update(owner_id=acme.actors["amara"].membership_id)
        Account.objects.filter(pk=other.pk).update(owner_id=acme.actors["fay"].membership_id)
        rights = ["sales.view", "sales.manage"]
        Role.objects.filter(code="account_manager").update(permissions=rights)
    answer = acme.client("amara").post(
        acme.url("sales/customers/take-over/"), {"selected": [account.pk, other.pk]}, headers=HTMX
    )
    text = answer.content.decode()
    assert "You own this customer already." in text and "Keep the refused ones" in text
    assert f'data-refused="{account.pk}"' in text
    with acme.scope():
        other.refresh_from_db()
        assert other.owner_id == acme.actors["amara"].membership_id


def test_a_refused_project_leaves_the_others_moved(acme, engagement):
    with acme.scope():
        first = engagement.project
        Project.objects.filter(pk=first.pk).update(status=Project.Status.PLANNING)
    priya = acme.client("priya")
    start = acme.url("projects/start/")
    done = priya.post(start, {"selected": [first.pk]})
    assert b"In delivery: 1" in done.content
    again = priya.post(start, {"selected": [first.pk]}, headers=HTMX)
    assert f'data-refused="{first.pk}"' in again.content.decode()


def test_columns_kept_for_oneself_open_the_list_from_then_on(acme, account):
    client = acme.client("amara")
    kept = client.post(
        acme.url("ui/columns/"),
        {
            "path": acme.url("sales/customers/"), "list_key": "accounts",
            "columns": ["name", "owner__name"], "pin": "1", "evil": "1",
        },
    )  # fmt: skip
    assert "pin=1" in kept.url and "evil" not in kept.url
    opened = client.get(acme.url("sales/customers/"), follow=True)
    assert [head.label for head in opened.context["page"].heads] == ["Name", "Owner"]
    assert b'data-pin="1"' in opened.content
    assert acme.client("fay").get(acme.url("sales/customers/")).status_code == 200
