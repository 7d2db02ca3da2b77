"""Account mappings: kept by finance, exports by them, and repeats whatever became of them."""

import csv
import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.ledger import books as reads
from psa.core.ledger import mappings as selectors
from psa.core.ledger.models import AccountMapping, JournalExport, LedgerAccount, MappedAccount
from psa.core.ledger.rules.packages import MappedNumber
from psa.core.ledger.services import exports, journals, mappings
from psa.core.ledger.services.exports import ExportFormat
from psa.core.ledger.services.mappings import MappingFacts
from tests.core.ledger.books import entry
from tests.edges.api.callers import caller
from tests.factories import AT, Firm

XERO = MappingFacts("Xero UK", "xero", "Tax Exempt", "Project")


@pytest.fixture
def books(acme: Firm) -> Firm:
    with acme.scope():
        for number, on in enumerate((date(2026, 6, 3), date(2026, 7, 3)), start=1):
            journals.post_entries(
                drafts=[entry(acme, str(number), on=on)], actor=acme.actors["fay"], at=AT
            )
    return acme


def added(firm: Firm, facts: MappingFacts = XERO, *, own: bool = True) -> AccountMapping:
    return mappings.add_mapping(
        legal_entity_id=firm.entities["UK"].pk, facts=facts, starts_with_own=own,
        actor=firm.actors["fay"], at=AT,
    )  # fmt: skip


def take(firm: Firm, mapping: AccountMapping, **days: date):
    return exports.take_export(
        entity_id=firm.entities["UK"].pk, file_format=ExportFormat.PACKAGE, mapping_id=mapping.pk,
        actor=firm.actors["fay"], at=AT, **days,
    )  # fmt: skip


def test_an_export_is_of_the_days_asked_for_and_marks_those_alone(books: Firm) -> None:
    with books.scope():
        taken, made = take(
            books, added(books), from_on=date(2026, 7, 1), until_on=date(2026, 7, 31)
        )
        rows = list(csv.DictReader(io.StringIO(made.content.decode())))
        assert [row["*Date"] for row in rows] == ["03/07/2026"] * 2
        assert {row["*TaxRate"] for row in rows} == {"Tax Exempt"}
        assert taken.entry_count == 1
        fay = books.actors["fay"]
        is_exported = {
            row["entry_on"].month: reads.entry_page(actor=fay, entry_id=row["id"]).is_exported
            for row in reads.entry_rows(actor=fay)
        }
        assert is_exported == {6: False, 7: True}


def test_a_repeat_is_identical_whatever_became_of_the_mapping(books: Firm) -> None:
    fay = books.actors["fay"]
    with books.scope():
        mapping = added(books)
        taken, made = take(books, mapping)
        journals.post_entries(drafts=[entry(books, "later")], actor=fay, at=AT)
        mappings.remove_mapping(mapping_id=mapping.pk, actor=fay, at=AT)
        assert exports.repeat_export(export_id=taken.pk, actor=fay) == made
        assert not MappedAccount.objects.exists()


def test_nothing_leaves_while_an_account_has_no_number(books: Firm) -> None:
    with books.scope():
        mapping = added(books, own=False)
        with pytest.raises(DomainError, match="has no number for: "):
            take(books, mapping)
        assert not JournalExport.objects.exists()
        page = selectors.mapping_page(actor=books.actors["fay"], mapping_id=mapping.pk)
        assert len(page.unmapped) == 2
        numbers = {row.account_id: MappedNumber("200") for row in page.unmapped}
        mappings.change_mapping(
            mapping_id=mapping.pk, facts=XERO, numbers=numbers, actor=books.actors["fay"], at=AT
        )
        assert take(books, mapping)[0].entry_count == 2


def test_refuses_what_the_package_cannot_have(books: Firm) -> None:
    fay = books.actors["fay"]
    with books.scope():
        with pytest.raises(DomainError, match="consultant and client"):
            added(books, MappingFacts("DATEV", "datev"))
        mapping = added(books, MappingFacts("DATEV", "datev", "", "", "1001", "7"))
        account = LedgerAccount.objects.get(code="1000")
        with pytest.raises(
            DomainError, match="Account 1000: “12” cannot be a number there"
        ) as said:
            mappings.change_mapping(
                mapping_id=mapping.pk,
                facts=MappingFacts("DATEV", "datev", "", "", "1001", "7"),
                numbers={account.pk: MappedNumber("12")}, actor=fay, at=AT,
            )  # fmt: skip
        assert said.value.field == f"number_{account.pk}"
        with pytest.raises(Conflict, match="“DATEV” already"):
            added(books, MappingFacts("DATEV", "datev", "", "", "1001", "7"))


def test_a_mapping_is_one_entitys_and_for_packages_alone(books: Firm) -> None:
    with books.scope():
        mapping = added(books)
        given = {"actor": books.actors["fay"], "at": AT, "mapping_id": mapping.pk}
        with pytest.raises(DomainError, match="not one of the entity's"):
            exports.take_export(
                entity_id=books.entities["DE"].pk, file_format=ExportFormat.PACKAGE, **given
            )
        with pytest.raises(DomainError, match="the whole journal"):
            exports.take_export(
                entity_id=books.entities["UK"].pk, file_format=ExportFormat.CSV, **given
            )
        with pytest.raises(DomainError, match="ends before it begins"):
            take(books, mapping, from_on=date(2026, 7, 2), until_on=date(2026, 7, 1))
        with pytest.raises(DomainError, match="no journal entries on these days"):
            take(books, mapping, from_on=date(2027, 1, 1))


def test_is_finances_and_one_tenants(books: Firm, globex: Firm) -> None:
    with books.scope():
        mapping = added(books)
        with pytest.raises(PermissionDenied):
            mappings.remove_mapping(mapping_id=mapping.pk, actor=books.actors["paul"], at=AT)
    with globex.scope(), pytest.raises(PermissionDenied):
        selectors.get_mapping(actor=globex.actors["otto"], mapping_id=mapping.pk)


def test_the_command_writes_a_packages_file(
    books: Firm, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    with books.scope():
        added(books)
        _, made = take(books, AccountMapping.objects.get())
    call_command("export_journal", "--tenant=acme", "--entity=UK", "--mapping=Xero UK")
    assert capsysbinary.readouterr().out == made.content
    july = ["--from=2026-07-01", "--until=2026-07-31"]
    call_command("export_journal", "--tenant=acme", "--entity=UK", "--mapping=Xero UK", *july)
    assert capsysbinary.readouterr().out.count(b"03/07/2026") == 2
    with pytest.raises(CommandError, match="There are: Xero UK"):
        call_command("export_journal", "--tenant=acme", "--entity=UK", "--mapping=Sage")
    with pytest.raises(CommandError, match="for the file of a --mapping"):
        call_command("export_journal", "--tenant=acme", "--entity=UK", *july)


def test_pages_keep_a_mapping_and_export_by_it(
    books: Firm, django_assert_max_num_queries: object
) -> None:
    fay = books.client("fay")
    entity = books.entities["UK"].pk
    facts = {"name": "Xero UK", "package": "xero", "tax_code": "Tax Exempt"}
    made = fay.post(books.url("ledger/mappings/new/"), {**facts, "legal_entity_id": entity})
    assert made.status_code == 302
    with books.scope():
        mapping = AccountMapping.objects.get()
        accounts = list(LedgerAccount.objects.values_list("id", "code"))
    url = books.url(f"ledger/mappings/{mapping.pk}/")
    fay.get(url)  # takes the message of the saving with it
    with django_assert_max_num_queries(21):  # type: ignore[operator]
        page = fay.get(url).content.decode()
    assert "2 accounts are posted to and have no number there" in page
    wrong = fay.post(url, {**facts, f"number_{accounts[0][0]}": "no number"})
    assert wrong.status_code == 422
    numbers = {f"number_{pk}": code for pk, code in accounts}
    assert fay.post(url, {**facts, **numbers}).status_code == 302
    export = books.url("ledger/exports/new/")
    chosen = fay.get(f"{export}?mapping={mapping.pk}").content.decode()
    assert f'<option value="{mapping.pk}" selected' in chosen
    given = {"entity_id": entity, "file_format": "package", "mapping_id": mapping.pk}
    assert fay.post(export, {**given, "mapping_id": ""}).status_code == 422
    assert fay.post(export, given).status_code == 302
    fay.get(books.url("ledger/exports/"))
    with django_assert_max_num_queries(21):  # type: ignore[operator]
        listed = fay.get(books.url("ledger/exports/")).content.decode()
    assert "Accounting package" in listed
    assert "Xero UK" in fay.get(books.url("ledger/mappings/")).content.decode()
    assert fay.post(books.url(f"ledger/mappings/{mapping.pk}/remove/")).status_code == 302
    assert books.client("ben").get(books.url("ledger/mappings/")).status_code == 404


def test_programs_keep_a_mapping_too(books: Firm) -> None:
    fay = caller(books, "fay")
    facts = {"name": "Sage", "package": "sage", "tax_code": "T9"}
    entity = books.entities["UK"].pk
    made = fay.post(
        "/account-mappings", {**facts, "legal_entity_id": entity, "starts_with_own": True}, 201
    )
    path = f"/account-mappings/{made['id']}"
    assert all(line["number"] == line["code"] for line in made["lines"])
    used = [line["account_id"] for line in made["lines"] if line["is_used"]]
    accounts = [{"account_id": pk, "number": "4000"} for pk in used]
    changed = fay.put(path, {**facts, "accounts": accounts})
    assert {line["number"] for line in changed["lines"] if line["is_used"]} == {"4000"}
    export = {"legal_entity_id": entity, "file_format": "package", "mapping_id": made["id"]}
    assert fay.post("/journal-exports", export, 201)["entry_count"] == 2
    assert len(fay.get("/account-mappings")["items"]) == 1
    fay.delete(path, 204)
    fay.get(path, 404)
    with books.scope(), pytest.raises(NotFound):
        selectors.get_mapping(actor=books.actors["fay"], mapping_id=made["id"])
