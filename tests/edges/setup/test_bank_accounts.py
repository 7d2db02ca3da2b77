"""Bank accounts of a legal entity beside its main one: on its page and by the API."""

from psa.core.audit.models import AuditEntry
from psa.core.org.models import EntityBankAccount
from tests.core.access.signing_in import age_records
from tests.edges.api.callers import Caller, caller, token_of
from tests.factories import Firm

EURO = {
    "name": "Euro account", "currency": "EUR", "bank_name": "Isar Bank", "bic": "COBADEFF",
    "number": "DE89 3704 0044 0532 0130 00", "is_default": "on", "is_active": "on",
}  # fmt: skip


def test_a_new_default_takes_over_and_numbers_stay_masked(acme: Firm) -> None:
    ada, page = acme.client("ada"), acme.url(f"setup/entities/{acme.entities['UK'].pk}/bank/")
    assert "No further accounts" in ada.get(page).content.decode()
    assert ada.post(page + "new/", {**EURO, "number": "DE88370400440532013000"}).status_code == 422
    assert ada.post(page + "new/", EURO).status_code == 302
    again = ada.post(page + "new/", EURO)
    assert "has an account of this number already" in again.content.decode()
    other = {**EURO, "name": "Second", "number": "12345678", "bic": "20-20-15"}
    assert ada.post(page + "new/", other).status_code == 302
    with acme.scope():
        first, second = EntityBankAccount.objects.order_by("pk")
        assert (first.is_default, second.is_default) == (False, True)
    shown = ada.get(page).content.decode()
    assert "… 3000" in shown and "Invoices in EUR" in shown and "0532013000" not in shown
    form = ada.get(f"{page}{first.pk}/").content.decode()
    assert "Ends in 3000" in form and "0532013000" not in form
    renamed = {**EURO, "name": "Old", "number": "", "is_default": "", "is_active": ""}
    assert ada.post(f"{page}{first.pk}/", renamed).status_code == 302
    assert ada.post(f"{page}{first.pk}/", {**renamed, "is_default": "on"}).status_code == 422
    with acme.scope():
        first.refresh_from_db()
        assert (first.bank_iban, first.is_active) == ("DE89370400440532013000", False)
        last = AuditEntry.objects.filter(event="org.bank_account_saved").latest("pk")
        assert last.changes["name"] == ["Euro account", "Old"]
        assert "3704" not in str(last.changes)
    main = {"bank_name": "Thames Bank", "bank_iban": "GB29NWBK60161331926819", "bank_bic": ""}
    mistyped = ada.post(page, {**main, "bank_iban": "GB29NWBK60161331926818"})
    assert mistyped.status_code == 422 and "check digits" in mistyped.content.decode()
    assert ada.post(page, main).status_code == 302
    with acme.scope():
        last = AuditEntry.objects.filter(event="org.entity_edited").latest("pk")
        assert last.changes["bank_iban"][1] == "… 6819"

    elsewhere = acme.url(f"setup/entities/{acme.entities['DE'].pk}/bank/{first.pk}/")
    assert ada.get(elsewhere).status_code == 404
    assert acme.client("fay").get(page + "new/").status_code in (403, 404)
    age_records(ada, 3600)
    for path in (page + "new/", f"{page}{first.pk}/"):
        assert ada.get(path)["Location"].startswith("/accounts/reauthenticate/")


def test_by_the_api_it_needs_the_scope_of_bank_accounts(acme: Firm) -> None:
    ada = caller(acme, "ada")
    path = f"/legal-entities/{acme.entities['UK'].pk}/bank-accounts"
    body = {**EURO, "is_default": True, "is_active": True}
    made = ada.post(path, body, 201)
    assert (made["number_end"], made["is_default"]) == ("3000", True)
    one = f"{path}/{made['id']}"
    changed = {**body, "number": "", "name": "Euro", "is_default": False}
    assert ada.put(one, changed, if_match=ada.etag(one))["name"] == "Euro"
    assert [row["number_end"] for row in ada.get(path)] == ["3000"]
    assert "0532013000" not in ada.call("GET", path).content.decode()
    ada.post(path, {**body, "currency": "XXQ"}, 422)
    main = f"/legal-entities/{acme.entities['UK'].pk}/main-bank-account"
    told = ada.patch(main, {"number": "GB33BUKB20201555555555"}, if_match=ada.etag(main))
    assert told == {"bank_name": "", "number_end": "5555", "bic": ""}
    wide = Caller(token_of(acme, "ada", "write"))
    wide.post(path, body, 403)
    wide.patch(main, {"number": "GB00"}, 403)
    entity = f"/legal-entities/{acme.entities['UK'].pk}"
    assert not [name for name in wide.get(entity) if name.startswith("bank")]
    wide.patch(entity, {"bank_iban": "GB00"}, 422, if_match=wide.etag(entity))
