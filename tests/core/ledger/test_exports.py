import csv
import io
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from beancount import loader
from beancount.core import convert, data
from hypothesis import given, settings
from hypothesis import strategies as st

from psa.core.errors import DomainError
from psa.core.ledger.rules import export_tables, exports
from psa.core.ledger.rules.export_tables import PeriodLock
from psa.core.ledger.rules.exports import (
    AccountRoot,
    ExportAccount,
    ExportBook,
    ExportEntry,
    ExportLine,
)

ACCOUNTS = (
    ExportAccount(1, "1200", "Receivables", AccountRoot.ASSETS, holds_foreign_currency=True),
    ExportAccount(2, "1400", "Contract asset", AccountRoot.ASSETS),
    ExportAccount(3, "1800", "Bank", AccountRoot.ASSETS, holds_foreign_currency=True),
    ExportAccount(4, "3806", "VAT", AccountRoot.LIABILITIES),
    ExportAccount(5, "8400", "Services", AccountRoot.INCOME),
    ExportAccount(6, "8900", "FX", AccountRoot.INCOME),
    ExportAccount(7, "9999", "未使用", AccountRoot.EQUITY),
)
AT = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)


def line(account, amount, currency="EUR", transaction=None, project=""):
    amount = Decimal(amount)
    facts = amount if transaction is None else Decimal(transaction)
    return ExportLine(account, amount, currency, facts, project)


def entry(number, on, source, lines, **kwargs):
    return ExportEntry(
        entry_id=f"je-{number:06}",
        posting_on=on,
        recorded_at=AT,
        event=source.split("/")[0],
        source=source,
        number=source.split("/")[1],
        description=kwargs.pop("description", "Entry"),
        lines=tuple(lines),
        **kwargs,
    )


ACCRUAL = [line(2, "300.00", project="P-002"), line(5, "-300.00", project="P-002")]
ENTRIES = (
    entry(
        1,
        date(2026, 1, 31),
        "invoice/INV-2026-0001",
        [
            line(1, "1190.00", "USD", "1300.00", "P-001"),
            line(5, "-1000.00", "USD", "-1092.44", "P-001"),
            line(4, "-190.00", "USD", "-207.56"),
        ],
        description='Invoice to "Müller; Söhne"\nBerlin \\ (DE)',
    ),
    entry(2, date(2026, 1, 31), "period/2026-01/C-17/accrual", ACCRUAL),
    entry(
        3,
        date(2026, 2, 1),
        "period/2026-01/C-17/accrual",
        [replace(each, amount=-each.amount) for each in ACCRUAL],
        reverses="je-000002",
    ),
    entry(
        4,
        date(2026, 2, 10),
        "payment/77",
        [
            line(3, "1209.00", "USD", "1300.00"),
            line(1, "-1190.00", "USD", "-1300.00"),
            line(6, "-19.00"),
        ],
    ),
    entry(5, date(2026, 2, 28), "period/2026-02/revaluation", [line(1, "5.00"), line(6, "-5.00")]),
    entry(
        6,
        date(2026, 2, 28),
        "invoice/INV-2026-0002",
        [line(1, "1.00", "USD", "3.00"), line(5, "-1.00", "USD", "-3.00")],
    ),
)


def book(entries=ENTRIES, currency="EUR"):
    return ExportBook("acme", "ACME-GmbH", currency, date(2026, 3, 1), ACCOUNTS, tuple(entries))


def findings(text, trial_balance):
    """What an auditor's reading of the export finds wrong, with beancount's own loader."""
    loaded, errors, _options = loader.load_string(text)
    found = [error.message for error in errors]
    transactions = [each for each in loaded if isinstance(each, data.Transaction)]
    balances = defaultdict(Decimal)
    by_id = {}
    alive = defaultdict(set)
    for each in transactions:
        identity = each.meta["id"]
        if identity in by_id:
            found.append(f"{identity} twice")
        by_id[identity] = each
        alive[each.meta["source"]].add(identity)
        weights = defaultdict(Decimal)
        for posting in each.postings:
            if posting.units.number == 0:
                found.append(f"{identity} zero posting")
            weight = convert.get_weight(posting)
            weights[weight.currency] += weight.number
            balances[posting.account, posting.units.currency] += posting.units.number
        found += [f"{identity} off by {off} {c}" for c, off in weights.items() if off != 0]
    for each in transactions:
        reversed_id = each.meta.get("reverses")
        if reversed_id is None:
            continue
        alive[each.meta["source"]] -= {each.meta["id"], reversed_id}
        mirrored = sorted((p.account, -p.units.number) for p in each.postings)
        if mirrored != sorted((p.account, p.units.number) for p in by_id[reversed_id].postings):
            found.append(f"{each.meta['id']} is no mirror")
    found += [f"{source} booked twice" for source, ids in alive.items() if len(ids) > 1]
    theirs = {
        (row["account"], row["currency"]): Decimal(row["balance"])
        for row in csv.DictReader(io.StringIO(trial_balance))
    }
    if theirs != dict(balances):
        found.append("trial balance differs")
    return found, transactions


def test_beancount_finds_nothing_wrong_with_the_export():
    found, transactions = findings(
        exports.beancount_text(book()), export_tables.trial_balance_csv(book())
    )
    assert found == []
    assert len(transactions) == len(ENTRIES)


def test_an_entry_carries_its_facts_as_metadata():
    _found, transactions = findings(
        exports.beancount_text(book()), export_tables.trial_balance_csv(book())
    )
    first, _accrual, mirrored = transactions[:3]
    assert first.meta["source"] == "invoice/INV-2026-0001"
    assert first.meta["project"] == "P-001"
    assert first.meta["recorded_at"] == "2026-02-01T08:30:00.000000Z"
    assert first.narration == 'Invoice to "Müller; Söhne" Berlin \\ (DE)'
    assert mirrored.meta["reverses"] == "je-000002"


def test_a_foreign_receivable_is_written_at_total_price_and_clears_in_its_own_currency():
    text = exports.beancount_text(book())
    assert "1300.00 USD @@ 1190.00 EUR" in text
    rows = {
        (r["account"], r["currency"]): r["balance"]
        for r in csv.DictReader(io.StringIO(export_tables.trial_balance_csv(book())))
    }
    assert rows["Assets:Receivables:1200", "USD"] == "3.00"
    assert rows["Assets:Receivables:1200", "EUR"] == "5.00"
    assert rows["Income:Services:8400", "EUR"] == "-1001.00"
    assert ("Income:Services:8400", "USD") not in rows


def test_closing_balances_leave_no_slack():
    text = exports.beancount_text(book())
    assert "~ 0.00 USD" in text
    wrong = text.replace("1209.00 ", "1209.01 ")
    found, _transactions = findings(wrong, export_tables.trial_balance_csv(book()))
    assert found


def test_the_entity_trial_balance_sums_to_zero():
    rows = list(csv.DictReader(io.StringIO(export_tables.entity_trial_balance_csv(book()))))
    assert {row["currency"] for row in rows} == {"EUR"}
    assert sum(Decimal(row["balance"]) for row in rows) == 0


def test_the_same_book_in_any_order_gives_the_same_bytes():
    shuffled = book(reversed(ENTRIES))
    for write in (exports.beancount_text, exports.hledger_text, export_tables.trial_balance_csv):
        assert exports.sha256_of(write(book())) == exports.sha256_of(write(shuffled))


def test_hledger_asserts_each_balance_on_the_accounts_last_posting():
    text = exports.hledger_text(book())
    lines = text.splitlines()
    assert lines[0] == "decimal-mark ."
    assert "commodity 1000.00 EUR" in lines
    assert "account assets:contract-asset:1400" in lines
    heads = [each for each in lines if each.startswith("2026-")]
    assert heads[0] == (
        '2026-01-31 * (INV-2026-0001) Invoice to "Müller, Söhne" Berlin \\ (DE)  ; '
        "id:je-000001, source:invoice/INV-2026-0001, project:P-001, "
        "recorded_at:2026-02-01T08:30:00.000000Z"
    )
    bank = [each for each in lines if "bank" in each and "@@" in each]
    assert [" ".join(each.split()) for each in bank][-1].endswith("= 1300.00 USD")
    asserted = [each for each in lines if " = " in each]
    totals = export_tables.trial_balance_csv(book()).splitlines()[1:]
    assert len(asserted) == len(totals)


def test_the_journal_csv_balances_and_holds_no_formula():
    sums = replace(ENTRIES[1], description="=SUM(A1)")
    rows = list(csv.DictReader(io.StringIO(export_tables.journals_csv(book([ENTRIES[0], sums])))))
    assert len(rows) == 5
    assert sum(Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows) == 0
    assert rows[0]["transaction_amount"] == "1300.00"
    assert rows[-1]["description"] == "'=SUM(A1)"


def test_account_names_follow_beancounts_grammar():
    assert exports.account_name(ACCOUNTS[1]) == "Assets:Contract-Asset:1400"
    assert exports.account_name(ACCOUNTS[6]) == "Equity:9999"
    umlaut = ExportAccount(1, "a 12.5", "erlöse / EU", AccountRoot.INCOME)
    assert exports.account_name(umlaut) == "Income:Erlose-EU:A-12-5"


def test_two_accounts_written_alike_are_refused():
    twins = [
        ExportAccount(1, "12.5", "Bank", AccountRoot.ASSETS),
        ExportAccount(2, "12-5", "Bank", AccountRoot.ASSETS),
    ]
    with pytest.raises(DomainError, match=r"12\.5 and 12-5"):
        exports.account_names(twins)


def test_an_entry_that_does_not_balance_is_refused():
    broken = entry(9, date(2026, 1, 1), "x/1", [line(1, "1.00"), line(5, "-0.99")])
    with pytest.raises(DomainError, match="je-000009 does not balance"):
        exports.beancount_text(book([broken]))


def test_a_currency_without_minor_units_is_written_without_decimals():
    yen = book(
        [
            entry(
                1,
                date(2026, 1, 5),
                "invoice/1",
                [line(1, "1000", "EUR", "6.70"), line(5, "-1000", "EUR", "-6.70")],
            )
        ],
        currency="JPY",
    )
    text = exports.beancount_text(yen)
    assert "6.70 EUR @@ 1000 JPY" in text
    assert findings(text, export_tables.trial_balance_csv(yen))[0] == []
    assert "commodity 1000. JPY" in exports.hledger_text(yen)


def test_locks_name_first_and_last_day():
    lock = PeriodLock(date(2026, 1, 1), date(2026, 2, 1), AT)
    assert export_tables.locks_csv([lock]) == (
        "from,to,locked_at\n2026-01-01,2026-01-31,2026-02-01T08:30:00.000000Z\n"
    )


@given(st.integers(1, 10**9), st.integers(1, 10**9))
@settings(max_examples=500)
def test_parts_come_back_exactly_and_sum_to_the_line(unit_cents, total_cents):
    units, total = Decimal(unit_cents).scaleb(-2), Decimal(total_cents).scaleb(-2)
    parts = exports.exact_parts(units, total, unit_digits=2, total_digits=2)
    assert sum(part[0] for part in parts) == units
    assert sum(part[1] for part in parts) == total
    assert all(part[0] > 0 and exports.comes_back(*part) for part in parts)
    assert len(parts) <= 2


@given(st.integers(1, 60), st.integers(1, 60))
@settings(max_examples=200)
def test_the_smallest_amounts_come_back_too(unit_cents, total_cents):
    units, total = Decimal(unit_cents).scaleb(-2), Decimal(total_cents).scaleb(-2)
    for each_units, each_total in exports.exact_parts(units, total, unit_digits=2, total_digits=2):
        assert each_units > 0
        assert exports.comes_back(each_units, each_total)


@given(st.lists(st.tuples(st.integers(1, 10**7), st.integers(1, 10**7)), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None)
def test_any_foreign_receivables_prove_themselves(amounts):
    entries = [
        entry(
            number,
            date(2026, 1, 31),
            f"invoice/{number}",
            [
                line(1, Decimal(total) / 100, "USD", Decimal(units) / 100),
                line(5, -Decimal(total) / 100, "USD", -Decimal(units) / 100),
            ],
        )
        for number, (units, total) in enumerate(amounts)
    ]
    found, _transactions = findings(
        exports.beancount_text(book(entries)), export_tables.trial_balance_csv(book(entries))
    )
    assert found == []
