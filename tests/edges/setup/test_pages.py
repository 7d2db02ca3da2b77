"""Pages of setting up: what an administrator does there, and that nobody else gets in."""

from datetime import date

import pytest

from psa.core.access.models import Membership
from psa.core.audit.models import AuditEntry
from psa.core.money.models import FxRate
from psa.core.org.models import CalendarException, OrgUnit, Resource, TenantParameters, TimeRule
from tests.factories import Firm, make_firm

PAGES = (
    "parameters/", "entities/", "units/", "units/new/", "roles/", "roles/new/", "calendars/",
    "rates/", "rates/new/", "rates/import/", "people/", "people/new/", "users/", "users/new/",
)  # fmt: skip


@pytest.fixture
def acme(db: None) -> Firm:
    return make_firm()


def records(firm: Firm) -> list[str]:
    with firm.scope():
        return [
            f"entities/{firm.entities['UK'].pk}/",
            f"units/{firm.units['UK'].pk}/",
            f"roles/{firm.roles['PM'].pk}/",
            f"people/{firm.resources['ben'].pk}/",
            f"users/{firm.actors['ben'].membership_id}/",
            f"calendars/{Resource.objects.earliest('pk').calendar_id}/",
        ]


def test_opens_every_page_to_the_administrator(acme: Firm) -> None:
    ada = acme.client("ada")
    for path in (*PAGES, *records(acme)):
        assert ada.get(acme.url(f"setup/{path}")).status_code == 200, path


@pytest.mark.parametrize("name", ["ben", "priya", "bill", "fay", "amara"])
def test_does_not_exist_for_others(acme: Firm, name: str) -> None:
    client = acme.client(name)
    for path in (*PAGES, *records(acme)):
        assert client.get(acme.url(f"setup/{path}")).status_code == 404, path


def test_does_not_know_another_firms_records(acme: Firm) -> None:
    globex = make_firm("globex", cast={"otto": "administrator"})
    otto = globex.client("otto")
    for path in records(acme):
        assert otto.get(globex.url(f"setup/{path}")).status_code == 404, path


def parameter_values(page: str) -> dict[str, str]:
    """The form as a browser would send it back unchanged."""
    from html.parser import HTMLParser

    found: dict[str, str] = {}

    class Reader(HTMLParser):
        select = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            name = given.get("name") or ""
            if tag == "input" and given.get("type") not in ("checkbox", "hidden", "submit"):
                found[name] = given.get("value") or ""
            elif tag == "input" and given.get("type") == "checkbox" and "checked" in given:
                found[name] = "on"
            elif tag == "select":
                self.select = name
            elif tag == "option" and "selected" in given:
                found[self.select] = given.get("value") or ""

    Reader().feed(page)
    found.pop("q", None)
    return found


def test_changes_parameters_with_an_entry_in_the_trail(acme: Firm) -> None:
    ada = acme.client("ada")
    url = acme.url("setup/parameters/")
    values = parameter_values(ada.get(url).content.decode())
    saved = ada.post(
        url, {**values, "missing_price_policy": "zero_and_flag", "rule_duplicate_entry": "block"}
    )
    assert saved.status_code == 302, saved.content.decode()
    with acme.scope():
        assert TenantParameters.objects.get().missing_price_policy == "zero_and_flag"
        assert TimeRule.objects.get(code="duplicate_entry").mode == "block"
        entry = AuditEntry.objects.get(event="org.parameters_changed")
        assert entry.changes == {"missing_price_policy": ["block", "zero_and_flag"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hours_per_day", "0"),
        ("hours_per_day", "25"),
        ("hours_per_day", "NaN"),
        ("nte_warning_percent", "-1"),
        ("fx_base_currency", "XXQ"),
        ("budget_control", "shout"),
        ("minimum_invoice_amount", "1e400"),
        ("late_lock_business_days", "9" * 400),
    ],
)
def test_refuses_a_parameter_out_of_range(acme: Firm, name: str, value: str) -> None:
    ada = acme.client("ada")
    url = acme.url("setup/parameters/")
    values = parameter_values(ada.get(url).content.decode())
    assert ada.post(url, {**values, name: value}).status_code == 422
    with acme.scope():
        assert not AuditEntry.objects.filter(event="org.parameters_changed").exists()


def test_refuses_a_unit_below_itself(acme: Firm) -> None:
    ada = acme.client("ada")
    with acme.scope():
        uk, de = acme.units["UK"], acme.units["DE"]
        entity = uk.legal_entity_id

    def move(unit: OrgUnit, parent: OrgUnit) -> int:
        data = {"code": unit.code, "name": unit.name, "parent": parent.pk, "legal_entity": entity}
        return ada.post(acme.url(f"setup/units/{unit.pk}/"), data).status_code

    assert move(de, uk) == 302
    assert move(uk, de) == 422
    assert move(uk, uk) == 422


def test_invites_somebody(acme: Firm) -> None:
    ada = acme.client("ada")
    data = {"email": "New@acme.example", "name": "Nia", "roles": ["team_member"]}
    assert ada.post(acme.url("setup/users/new/"), data).status_code == 302
    assert ada.post(acme.url("setup/users/new/"), data).status_code == 422
    with acme.scope():
        assert not Membership.objects.filter(email="new@acme.example").exists()


def test_changes_roles_and_ends_access(acme: Firm) -> None:
    ada = acme.client("ada")
    member_id = acme.actors["ben"].membership_id
    url = acme.url(f"setup/users/{member_id}/")
    assert ada.post(url, {"name": "Nia", "roles": ["billing_manager"]}).status_code == 302
    assert "Billing manager" in ada.get(acme.url("setup/users/?q=Nia")).content.decode()
    assert ada.post(f"{url}deactivate/").status_code == 302
    with acme.scope():
        assert not Membership.objects.get(pk=member_id).is_active


def test_keeps_somebody_who_can_manage_users(acme: Firm) -> None:
    ada = acme.client("ada")
    me = acme.actors["ada"].membership_id
    own = acme.url(f"setup/users/{me}/")
    assert ada.post(f"{own}deactivate/").status_code == 422
    assert ada.post(own, {"name": "Ada", "roles": ["team_member"]}).status_code == 422
    with acme.scope():
        assert Membership.objects.get(pk=me).is_active


def test_ends_access_at_once(acme: Firm) -> None:
    ben, ada = acme.client("ben"), acme.client("ada")
    assert ben.get(acme.url("")).status_code == 200
    ada.post(acme.url(f"setup/users/{acme.actors['ben'].membership_id}/deactivate/"))
    assert ben.get(acme.url("")).status_code == 404


def test_adds_holidays_once_and_sets_a_half_day(acme: Firm) -> None:
    ada = acme.client("ada")
    with acme.scope():
        calendar_id = Resource.objects.earliest("pk").calendar_id
        before = CalendarException.objects.filter(calendar_id=calendar_id).count()
    url = acme.url(f"setup/calendars/{calendar_id}/")
    for _ in range(2):
        assert (
            ada.post(f"{url}holidays/", {"from_year": 2027, "until_year": 2027}).status_code == 302
        )
    data = {
        "on": "2026-12-24",
        "name": "Christmas Eve",
        "kind": "closure",
        "working_minutes": "4:00",
    }
    assert ada.post(f"{url}day/", data).status_code == 302
    with acme.scope():
        days = CalendarException.objects.filter(calendar_id=calendar_id)
        assert days.filter(on__year=2027).count() == len({d.on for d in days.filter(on__year=2027)})
        assert days.count() > before + 5
        assert days.get(on=date(2026, 12, 24)).working_minutes == 240


def test_stores_a_rate_by_hand(acme: Firm) -> None:
    ada = acme.client("ada")
    data = {
        "from_currency": "EUR", "to_currency": "CHF", "on": "2026-07-01", "rate": "0.93",
        "rate_type": "spot",
    }  # fmt: skip
    assert ada.post(acme.url("setup/rates/new/"), data).status_code == 302
    for bad in ("0", "-1", "NaN", "1e400"):
        assert ada.post(acme.url("setup/rates/new/"), {**data, "rate": bad}).status_code == 422
    with acme.scope():
        assert FxRate.objects.get(to_currency="CHF").source == "entered"
