"""psa.core.ledger.services.exports and the commands: the books as files, repeatable and provable"""

import csv
import hashlib
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from beancount.core import convert, data
from django.core.management import CommandError, call_command

from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.ledger.models import JournalExport, LedgerAccount
from psa.core.ledger.services import exports, journals
from psa.core.ledger.services.exports import ExportFormat
from tests.core.ledger.books import cost, entry, journalled, posted
from tests.factories import AT, Firm


def fill(firm: Firm, by: str = "fay") -> None:
    """Costs in a foreign currency, an adjustment, and the adjustment's reversal."""
    actor = firm.actors[by]
    posted(
        firm,
        cost(firm, 1),
        cost(firm, 2, currency="INR", amount=Decimal("2500.00"), price=Decimal(2500)),
        by=by,
    )
    journalled(firm, by=by)
    made, _ = journals.post_entries(
        drafts=[entry(firm, "1"), entry(firm, "2", "0.01")], actor=actor, at=AT
    )
    journals.reverse_entry(entry_id=made.pk, posting_on=date(2026, 7, 1), actor=actor, at=AT)


@pytest.fixture
def books(acme: Firm) -> Firm:
    with acme.scope():
        fill(acme)
    return acme


def take(firm: Firm, file_format: ExportFormat, by: str = "fay"):
    return exports.take_export(
        entity_id=firm.entities["UK"].pk, file_format=file_format, actor=firm.actors[by], at=AT
    )


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command(*arguments)
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_beancount_proves_the_exported_journal(
    books: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = command(capsys, "export_journal", "--tenant=acme", "--entity=UK", "--format=beancount")
    path = tmp_path / "books.beancount"
    path.write_text(text, encoding="utf-8")
    entries, errors, _options = loader.load_file(str(path))
    assert errors == []
    found = [e for e in entries if isinstance(e, data.Transaction)]
    assert len(found) == 4
    assert len({e.meta["id"] for e in found}) == 4
    assert sum("reverses" in e.meta for e in found) == 1
    for each in found:
        assert sum(convert.get_weight(p).number for p in each.postings) == 0
    balances: dict[tuple[str, str], Decimal] = {}
    for each in found:
        for posting in each.postings:
            key = (posting.account, posting.units.currency)
            balances[key] = balances.get(key, Decimal(0)) + posting.units.number
    table = command(capsys, "trial_balance", "--tenant=acme", "--entity=UK")
    assert {
        (row["account"], row["currency"]): Decimal(row["balance"])
        for row in csv.DictReader(io.StringIO(table))
    } == balances


def test_the_trial_balance_in_the_entitys_currency_sums_to_zero(
    books: Firm, capsys: pytest.CaptureFixture[str]
) -> None:
    table = command(capsys, "trial_balance", "--tenant=acme", "--entity=UK", "--in-entity-currency")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert {row["currency"] for row in rows} == {"GBP"}
    assert any(Decimal(row["balance"]) for row in rows)
    assert sum(Decimal(row["balance"]) for row in rows) == 0


def test_the_command_lists_entities_and_names_what_it_does_not_know(
    acme: Firm, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = command(capsys, "export_journal", "--tenant=acme", "--list-entities")
    assert listed.splitlines() == ["DE", "UK"]
    with pytest.raises(CommandError, match="no tenant “nobody”"):
        call_command("export_journal", "--tenant=nobody", "--entity=UK")
    with pytest.raises(CommandError, match="There are: DE, UK"):
        call_command("trial_balance", "--tenant=acme", "--entity=FR")
    with pytest.raises(CommandError, match="--list-entities"):
        call_command("export_journal", "--tenant=acme")


@pytest.mark.parametrize("file_format", sorted(set(ExportFormat) - {ExportFormat.PACKAGE}))
def test_a_repeat_is_identical_whatever_was_posted_since(
    books: Firm, file_format: ExportFormat
) -> None:
    fay = books.actors["fay"]
    with books.scope():
        taken, made = take(books, file_format)
        journals.post_entries(drafts=[entry(books, "later", on=date(2026, 8, 1))], actor=fay, at=AT)
        again = exports.repeat_export(export_id=taken.pk, actor=fay)
    assert again == made
    assert taken.sha256 == made.sha256 == hashlib.sha256(made.content).hexdigest()
    assert taken.entry_count == 4


def test_a_repeat_that_would_differ_is_refused(books: Firm) -> None:
    with books.scope():
        taken, _made = take(books, ExportFormat.BEANCOUNT)
        LedgerAccount.objects.filter(kind="expense").update(name="Renamed since")
        with pytest.raises(exports.ExportChanged):
            exports.repeat_export(export_id=taken.pk, actor=books.actors["fay"])


def test_holds_one_entity_alone(books: Firm) -> None:
    fay = books.actors["fay"]
    with books.scope():
        journals.post_entries(drafts=[entry(books, "de", entity="DE")], actor=fay, at=AT)
        german = exports.render(
            entity=books.entities["DE"], file_format=ExportFormat.CSV
        ).content.decode()
    rows = list(csv.DictReader(io.StringIO(german)))
    assert {row["id"] for row in rows} == {"DE-J2026-000001"}
    assert {row["currency"] for row in rows} == {"EUR"}


def test_takes_the_same_queries_however_many_entries(
    books: Firm, django_assert_num_queries: object
) -> None:
    fay = books.actors["fay"]
    entity = books.entities["UK"]
    with books.scope():
        exports.render(entity=entity, file_format=ExportFormat.BEANCOUNT)
        journals.post_entries(drafts=[entry(books, f"n{n}") for n in range(60)], actor=fay, at=AT)
        with django_assert_num_queries(7, exact=False):  # type: ignore[operator]
            made = exports.render(entity=entity, file_format=ExportFormat.BEANCOUNT)
    assert made.entry_count == 64


def test_is_refused_without_the_right_and_across_tenants(books: Firm, globex: Firm) -> None:
    with books.scope():
        taken, _made = take(books, ExportFormat.CSV)
        with pytest.raises(PermissionDenied):
            take(books, ExportFormat.CSV, by="paul")
        with pytest.raises(PermissionDenied):
            exports.repeat_export(export_id=taken.pk, actor=books.actors["bill"])
    with globex.scope():
        with pytest.raises(PermissionDenied):
            take(globex, ExportFormat.CSV, by="otto")
        assert not JournalExport.objects.exists()


def test_a_foreign_entity_or_export_does_not_exist(books: Firm, globex: Firm) -> None:
    with globex.scope():
        fill(globex, by="otto")
    with books.scope():
        with pytest.raises(NotFound):
            exports.take_export(
                entity_id=globex.entities["UK"].pk, file_format=ExportFormat.CSV,
                actor=books.actors["fay"], at=AT,
            )  # fmt: skip
        made = exports.render(entity=books.entities["UK"], file_format=ExportFormat.CSV)
    assert made.entry_count == 4


def test_nothing_posted_is_nothing_to_export(acme: Firm) -> None:
    with acme.scope(), pytest.raises(DomainError, match="nothing to export"):
        take(acme, ExportFormat.CSV)
