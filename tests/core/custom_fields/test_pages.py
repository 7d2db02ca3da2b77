"""Custom fields defined, filled in, listed, exported and kept from who may not see the record."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from psa.core.audit.models import AuditEntry
from psa.core.custom_fields import selectors
from psa.core.custom_fields.default_fields import DEFAULT_FIELDS
from psa.core.custom_fields.models import CustomField, CustomValue
from psa.core.custom_fields.services import values
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.web.models import PersonalSettings
from sales.models import Account
from tests.edges.api.callers import Caller, token_of
from tests.factories import AT, Engagement, Firm, make_engagement

FIELD = {
    "record_type": "sales.Account",
    "kind": "date",
    "label": "Framework ends",
    "help_text": "",
    "choices": "",
    "position": "9",
    "is_active": "on",
}


@pytest.fixture
def work(acme: Firm) -> Engagement:
    with acme.scope():
        return make_engagement(acme)


def put(firm: Firm, work: Engagement, name: str = "amara", **given: object) -> dict:
    return values.set_values(
        record_type="sales.Account", record_id=work.account.pk, values=given,
        actor=firm.actors[name], at=AT,
    )  # fmt: skip


def test_starts_with_what_every_implementation_asks_for(acme: Firm) -> None:
    with acme.scope():
        assert CustomField.objects.count() == len(DEFAULT_FIELDS)
    page = acme.client("ada").get(acme.url("fields/")).content.decode()
    for label in ("Client industry", "Engagement type", "Strategic importance", "Profit centre",
                  "Practice area", "Delivery manager", "Client PO number", "Activity type"):  # fmt: skip
        assert label in page, label
    for path in ("fields/", "fields/new/"):
        assert acme.client("fay").get(acme.url(path)).status_code == 404


def test_defines_a_field_and_refuses_what_does_not_fit(acme: Firm, work: Engagement) -> None:
    ada = acme.client("ada")
    new = acme.url("fields/new/")
    assert ada.post(new, FIELD).status_code == 302
    assert ada.post(new, FIELD).status_code == 422  # such a field is there
    for change in ({"kind": "choice"}, {"label": "!!"}, {"record_type": "billing.Invoice"}):
        assert ada.post(new, {**FIELD, "label": "Other", **change}).status_code == 422, change
    with acme.scope():
        row = CustomField.objects.get(key="framework_ends")
        put(acme, work, framework_ends="2026-12-31")
    edit = acme.url(f"fields/{row.pk}/")
    assert ada.post(edit, {**FIELD, "kind": "text"}).status_code == 422  # kinds stay
    assert ada.post(edit, {**FIELD, "is_active": ""}).status_code == 302
    with acme.scope():
        # Retired, it is neither shown nor set, and its values stay.
        assert (
            "framework_ends"
            not in selectors.values_of("sales.Account", [work.account.pk])[work.account.pk]
        )
        assert CustomValue.objects.filter(custom_field=row).exists()


def test_fills_in_shows_lists_filters_and_exports(acme: Firm, work: Engagement) -> None:
    amara = acme.client("amara")
    edit = acme.url(f"fields/of/sales.Account/{work.account.pk}/edit/")
    assert "Strategic importance" in amara.get(edit).content.decode()
    given = {"client_industry": "manufacturing", "strategic_importance": "key"}
    assert amara.post(edit, given)["Location"] == acme.url(f"sales/customers/{work.account.pk}/")
    assert amara.post(edit, {**given, "strategic_importance": "none"}).status_code == 422
    part = amara.get(acme.url(f"fields/of/sales.Account/{work.account.pk}/")).content.decode()
    assert "Manufacturing" in part
    listed = acme.url("sales/customers/")
    shown = f"{listed}?columns=name,custom_strategic_importance"
    assert "Key" in amara.get(shown).content.decode()
    for wanted, count in (("key", 1), ("growth", 0)):
        page = amara.get(f"{shown}&f.custom_strategic_importance={wanted}").content.decode()
        assert page.count("Kessler Maschinenbau") >= count
        assert ("Kessler Maschinenbau" in page) is bool(count)
    exported = amara.get(f"{shown}&export=csv")
    text = b"".join(exported.streaming_content) if exported.streaming else exported.content
    assert b"Key" in text
    with acme.scope():
        entry = AuditEntry.objects.get(event="custom_fields.values_set")
        assert (entry.record_type, entry.record_id) == ("sales.Account", work.account.pk)
        assert entry.changes["Strategic importance"] == [None, "Key"]


def test_what_the_firm_wrote_reads_alike_in_german(acme: Firm, work: Engagement) -> None:
    """Its words may be ours too: “Open” and “Approved” of its own field are not translated."""
    own = {**FIELD, "kind": "choice", "label": "Open", "help_text": "Approved", "choices": "Closed"}
    assert acme.client("ada").post(acme.url("fields/new/"), own).status_code == 302
    with acme.scope():
        put(acme, work, open="closed")
        PersonalSettings.objects.create(
            tenant=acme.tenant, membership_id=acme.actors["amara"].membership_id, language="de"
        )
    amara = acme.client("amara")
    of = acme.url(f"fields/of/sales.Account/{work.account.pk}/")
    listed = acme.url("sales/customers/?columns=name,custom_open&f.custom_open=closed")
    for address, words in (
        (of, ("Open", "Closed")),
        (f"{of}edit/", ("Open", "Approved", "Closed")),
        (listed, ("Open", "Closed")),
    ):
        page = amara.get(address).content.decode()
        assert 'lang="de"' in page or address == of
        for word in words:
            assert re.search(rf">\s*{word}\s*<", page), (address, word)


def test_lists_and_filters_projects(acme: Firm, work: Engagement) -> None:
    ada = acme.client("ada")
    edit = acme.url(f"fields/of/projects.Project/{work.project.pk}/edit/")
    member = acme.actors["fay"].membership_id
    assert ada.post(edit, {"profit_centre": "PC-7", "finance_contact": member}).status_code == 302
    listed = acme.url("projects/?columns=code,custom_profit_centre")
    assert "PC-7" in ada.get(listed).content.decode()
    assert "P-1" in ada.get(f"{listed}&f.custom_profit_centre=PC-7").content.decode()
    assert "P-1" not in ada.get(f"{listed}&f.custom_profit_centre=PC-8").content.decode()
    with acme.scope():
        named = selectors.members_named("projects.Project", "finance_contact", [work.project.pk])
        assert named == {work.project.pk: (member,)}


def test_answers_the_api_with_plain_values(acme: Firm, work: Engagement) -> None:
    with acme.scope():
        put(acme, work, client_industry="energy")
        found = selectors.values_of("sales.Account", [work.account.pk])
        assert found == {
            work.account.pk: {"client_industry": "energy", "strategic_importance": None}
        }


def test_keeps_to_who_sees_and_changes_the_record(acme: Firm, work: Engagement) -> None:
    with acme.scope():
        with pytest.raises(NotFound):
            put(acme, work, "ben", client_industry="energy")
        with pytest.raises(PermissionDenied):
            put(acme, work, "fay", client_industry="energy")
        with pytest.raises(DomainError, match="no field"):
            put(acme, work, weather="fine")
    globex_path = f"fields/of/sales.Account/{work.account.pk}/"
    assert acme.client("ben").get(acme.url(globex_path)).status_code == 404
    assert acme.client("fay").get(acme.url(f"{globex_path}edit/")).status_code == 403


def test_needs_what_is_required_and_keeps_a_retired_choice(acme: Firm, work: Engagement) -> None:
    ada = acme.client("ada")
    with acme.scope():
        put(acme, work, strategic_importance="key")
        row = CustomField.objects.get(key="strategic_importance")
    data = {**FIELD, "kind": "choice", "label": "Strategic importance", "is_required": "on",
            "choices": "Growth\nStandard"}  # fmt: skip
    assert ada.post(acme.url(f"fields/{row.pk}/"), data).status_code == 302
    with acme.scope():
        assert put(acme, work, strategic_importance="key") == {}  # stays where it was chosen
        put(acme, work, strategic_importance="growth")
        with pytest.raises(DomainError, match="no choice"):
            put(acme, work, strategic_importance="key")
        with pytest.raises(DomainError, match="is needed"):
            put(acme, work, strategic_importance="")


def test_asks_no_more_queries_for_more_rows(acme: Firm, work: Engagement) -> None:
    amara = acme.client("amara")
    url = acme.url("sales/customers/?columns=name,custom_client_industry")
    amara.get(url)
    with CaptureQueriesContext(connection) as few:
        amara.get(url)
    with acme.scope():
        model = type(work.account)
        model.objects.bulk_create(
            model(
                tenant=acme.tenant, code=f"X{n}", name=f"X{n}", country="DE", currency="EUR",
                owner_id=acme.actors["amara"].membership_id,
            )
            for n in range(30)
        )  # fmt: skip
        for row in model.objects.filter(code__startswith="X"):
            values.set_values(
                record_type="sales.Account", record_id=row.pk,
                values={"client_industry": "energy"}, actor=acme.actors["amara"], at=AT,
            )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        amara.get(url)
    assert len(many) <= len(few)


def make_required(firm: Firm, record_type: str, key: str) -> None:
    with firm.scope():
        CustomField.objects.filter(record_type=record_type, key=key).update(is_required=True)


def test_are_saved_with_a_new_customer_or_not_at_all(acme: Firm) -> None:
    amara, url = acme.client("amara"), acme.url("sales/customers/new/")
    make_required(acme, "sales.Account", "strategic_importance")
    new = {"name": "Nordlicht", "kind": "prospect", "country": "DE", "currency": "EUR",
           "payment_terms_days": "30"}  # fmt: skip
    page = amara.get(url).content.decode()
    assert "Strategic importance" in page and "Client industry" in page
    refused = amara.post(url, {**new, "custom_strategic_importance": ""})
    assert refused.status_code == 422
    wrong = amara.post(url, {**new, "custom_strategic_importance": "huge"})
    assert wrong.status_code == 422
    with acme.scope():
        assert not Account.objects.filter(name="Nordlicht").exists()
    assert amara.post(url, {**new, "custom_strategic_importance": "key"}).status_code == 302
    with acme.scope():
        made = Account.objects.get(name="Nordlicht")
        found = selectors.values_of("sales.Account", [made.pk])[made.pk]
    assert found["strategic_importance"] == "key"
    edit = acme.url(f"sales/customers/{made.pk}/edit/")
    shown = amara.get(edit).context["form"]
    assert shown.initial["custom_strategic_importance"] == "key"
    same = {**new, "lock_version": "1", "seen": shown.seen}
    assert amara.post(edit, {**same, "custom_strategic_importance": "growth"}).status_code == 302
    with acme.scope():
        found = selectors.values_of("sales.Account", [made.pk])[made.pk]
    assert found["strategic_importance"] == "growth"


@pytest.mark.parametrize(
    ("name", "path", "label"),
    [
        ("amara", "sales/opportunities/new/", "Practice area"),
        ("priya", "projects/new/", "Profit centre"),
        ("priya", "projects/{project}/edit/", "Finance contact"),
        ("amara", "sales/contracts/{contract}/edit/", "Client PO number"),
        ("ada", "setup/people/{person}/", "Shirt size"),
    ],
)
def test_stand_in_the_forms_of_their_records(
    acme: Firm, work: Engagement, name: str, path: str, label: str
) -> None:
    record = {"opp": "sales.Opportunity", "pro": "projects.Project", "con": "sales.Contract"}
    kind = next((r for short, r in record.items() if f"/{short}" in f"/{path}"), "org.Resource")
    with acme.scope():
        if not CustomField.objects.filter(record_type=kind, label=label).exists():
            CustomField.objects.create(
                tenant=acme.tenant, record_type=kind, key="extra", label=label, kind="text"
            )
    ids = {"project": work.project.pk, "contract": work.contract.pk,
           "person": acme.resources["ben"].pk}  # fmt: skip
    assert label in acme.client(name).get(acme.url(path.format(**ids))).content.decode()


def test_travel_with_their_records_through_the_api(acme: Firm, work: Engagement) -> None:
    caller = Caller(token_of(acme, "amara"))
    path = f"/accounts/{work.account.pk}"
    before = caller.get(path)
    assert before["custom_fields"]["strategic_importance"] is None
    body = {"name": before["name"], "country": "GB", "currency": "GBP", "kind": "customer"}
    key = {**body, "custom_fields": {"strategic_importance": "key"}}
    changed = caller.put(path, key, if_match=caller.etag(path))
    assert changed["custom_fields"]["strategic_importance"] == "key"
    unknown = {**body, "custom_fields": {"shoe_size": "43"}}
    refused = caller.put(path, unknown, 422, if_match=caller.etag(path))
    assert "shoe_size" in str(refused)
    manager = Caller(token_of(acme, "priya"))
    project = f"/projects/{work.project.pk}"
    given = {"custom_fields": {"profit_centre": "PC-7"}}
    manager.patch(project, given, if_match=manager.etag(project))
    assert manager.get(project)["custom_fields"]["profit_centre"] == "PC-7"
