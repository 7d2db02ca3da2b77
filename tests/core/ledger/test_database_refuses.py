"""What the database refuses to the owner of its tables, in raw SQL, past all of our code."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

from psa.core.ledger.models import (
    Actual,
    ActualLink,
    FiscalPeriod,
    JournalEntry,
    JournalLine,
    LedgerAccount,
)
from psa.core.ledger.rules.types import PeriodState
from psa.core.ledger.services import journals, periods
from tests.core.ledger.books import cost, entry, journalled, posted
from tests.database import database_url, fresh_database
from tests.factories import AT, Firm, make_firm

FACTS = (
    "ledger_actual",
    "ledger_actuallink",
    "ledger_actualjournalline",
    "ledger_journalentry",
    "ledger_journalline",
    "audit_auditentry",
)


@dataclass
class Attack:
    """The owner's connection inside one tenant, and the rows to aim at."""

    connection: psycopg.Connection
    acme: Firm
    globex: Firm
    ids: dict[str, int]

    def run(self, statement: str, *parameters: Any) -> None:
        """One statement, with all deferred checks of the database made at once."""
        self.connection.execute(statement, parameters)
        self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def count(self, table: str) -> int:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])

    def copy(self, table: str, row_id: int, **changes: Any) -> int:
        """Insert a copy of a row that is there, with some columns changed; returns its id."""
        columns = [
            name
            for (name,) in self.connection.execute(
                "SELECT column_name FROM information_schema.columns "
                "WHERE table_name = %s AND column_name <> 'id' ORDER BY ordinal_position",
                [table],
            )
        ]
        assert set(changes) <= set(columns)
        values = [
            sql.Placeholder(name) if name in changes else sql.Identifier(name) for name in columns
        ]
        row = self.connection.execute(
            sql.SQL("INSERT INTO {table} ({columns}) SELECT {values} FROM {table} "
                    "WHERE id = %(row_id)s RETURNING id").format(
                table=sql.Identifier(table),
                columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
                values=sql.SQL(", ").join(values),
            ),
            {**changes, "row_id": row_id},
        ).fetchone()  # fmt: skip
        assert row is not None, "the row to copy is not visible"
        return int(row[0])

    def check(self) -> None:
        """What a commit would check."""
        self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture(scope="module")
def firms(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[Firm, Firm, dict[str, int]]]:
    """Two firms with posted books, committed to a database of this module's own."""
    with fresh_database(django_db_blocker):
        acme = make_firm("acme")
        globex = make_firm("globex", cast={"otto": "finance_manager"})
        ids: dict[str, int] = {}
        with globex.scope():
            posted(globex, cost(globex), by="otto")
            journalled(globex, by="otto")
            ids["foreign_actual"] = Actual.objects.get().pk
            ids["foreign_entry"] = JournalEntry.objects.get().pk
            ids["foreign_account"] = LedgerAccount.objects.order_by("code")[0].pk
            ids["foreign_period"] = FiscalPeriod.objects.get(
                legal_entity=globex.entities["UK"], name="2026-06"
            ).pk
        with acme.scope():
            fay = acme.actors["fay"]
            first, second = posted(acme, cost(acme, 1), cost(acme, 2)).actual_ids
            ActualLink.objects.create(
                tenant=acme.tenant, kind="replaced", from_actual_id=first, to_actual_id=second
            )
            journalled(acme)
            (made,) = journals.post_entries(drafts=[entry(acme, "1")], actor=fay, at=AT)
            calendar = FiscalPeriod.objects.filter(legal_entity=acme.entities["UK"])
            named = dict(calendar.values_list("name", "id"))
            for name, state in (
                ("2025-01", PeriodState.SOFT_CLOSED),
                ("2025-01", PeriodState.CLOSED),
                ("2025-02", PeriodState.SOFT_CLOSED),
            ):
                periods.change_state(
                    period_id=named[name], state=state, reason="", actor=fay, at=AT
                )
            ids |= {
                "actual": first,
                "entry": made.pk,
                "line": JournalLine.objects.filter(entry=made, debit__gt=0).get().pk,
                "other_line": JournalLine.objects.filter(entry=made, credit__gt=0).get().pk,
                "closed": named["2025-01"],
                "soft_closed": named["2025-02"],
                "open": named["2026-06"],
                "german": FiscalPeriod.objects.get(
                    legal_entity=acme.entities["DE"], name="2026-06"
                ).pk,
            }
        yield acme, globex, ids


@pytest.fixture
def attack(firms: tuple[Firm, Firm, dict[str, int]]) -> Iterator[Attack]:
    acme, globex, ids = firms
    with psycopg.connect(database_url("owner")) as connection:
        connection.execute("SELECT set_config('psa.tenant_id', %s, true)", [str(acme.tenant.pk)])
        yield Attack(connection, acme, globex, ids)
        connection.rollback()


@pytest.mark.parametrize("table", FACTS)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET tenant_id = tenant_id",
        "UPDATE {} SET id = id WHERE false",
        "DELETE FROM {}",
        "TRUNCATE {} CASCADE",
    ],
)
def test_facts_are_never_changed_or_removed(attack: Attack, table: str, statement: str) -> None:
    assert attack.count(table) > 0
    query = sql.SQL(statement).format(sql.Identifier(table))  # type: ignore[arg-type]
    with pytest.raises(psycopg.Error, match="append_only"):
        attack.connection.execute(query)


@pytest.mark.parametrize("table", FACTS)
def test_the_owner_sees_nothing_without_a_tenant(attack: Attack, table: str) -> None:
    assert attack.count(table) > 0
    attack.connection.execute("SELECT set_config('psa.tenant_id', '', true)")
    assert attack.count(table) == 0


@pytest.mark.parametrize(
    ("debit", "credit"), [("50.00", "49.99"), ("50.00", "50.01"), ("50.00", None)]
)
def test_an_unbalanced_entry_is_refused_at_commit(
    attack: Attack, debit: str, credit: str | None
) -> None:
    made = attack.copy(
        "ledger_journalentry", attack.ids["entry"], number="X-1", source_ref="x", total=debit
    )
    attack.copy("ledger_journalline", attack.ids["line"], entry_id=made, debit=debit)
    if credit is not None:
        attack.copy("ledger_journalline", attack.ids["other_line"], entry_id=made, credit=credit)
    with pytest.raises(psycopg.errors.CheckViolation, match="journal_unbalanced"):
        attack.connection.commit()


def test_an_entry_without_lines_is_refused_at_commit(attack: Attack) -> None:
    attack.copy("ledger_journalentry", attack.ids["entry"], number="X-1", source_ref="x")
    with pytest.raises(psycopg.errors.CheckViolation, match="journal_unbalanced"):
        attack.connection.commit()


def test_a_balanced_entry_is_taken(attack: Attack) -> None:
    made = attack.copy("ledger_journalentry", attack.ids["entry"], number="X-1", source_ref="x")
    attack.copy("ledger_journalline", attack.ids["line"], entry_id=made)
    attack.copy("ledger_journalline", attack.ids["other_line"], entry_id=made)
    attack.check()


def test_a_posted_entry_takes_no_further_line(attack: Attack) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="journal_complete"):
        attack.copy("ledger_journalline", attack.ids["line"], position=3)


@pytest.mark.parametrize(
    "changes",
    [
        {"debit": "0", "credit": "0"},
        {"debit": "10", "credit": "10"},
        {"debit": "-10", "credit": "0"},
    ],
)
def test_a_line_has_one_positive_side(attack: Attack, changes: dict[str, str]) -> None:
    made = attack.copy("ledger_journalentry", attack.ids["entry"], number="X-1", source_ref="x")
    with pytest.raises(psycopg.errors.CheckViolation, match="journal_line_one_side"):
        attack.copy("ledger_journalline", attack.ids["line"], entry_id=made, **changes)


@pytest.mark.parametrize(
    ("period", "on"),
    [
        ("closed", date(2025, 1, 15)),
        ("soft_closed", date(2025, 2, 15)),
        ("open", date(2025, 1, 15)),
        ("open", date(2026, 7, 1)),
        ("german", date(2026, 6, 15)),
    ],
)
def test_an_actual_goes_only_to_the_open_period_of_its_date(
    attack: Attack, period: str, on: date
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="period_not_open"):
        attack.copy(
            "ledger_actual", attack.ids["actual"], source_id=77, posted_on=on,
            period_id=attack.ids[period],
        )  # fmt: skip


@pytest.mark.parametrize(
    ("period", "on", "is_closing"),
    [
        ("closed", date(2025, 1, 15), False),
        ("closed", date(2025, 1, 15), True),
        ("soft_closed", date(2025, 2, 15), False),
        ("open", date(2025, 2, 15), True),
        ("german", date(2026, 6, 15), False),
    ],
)
def test_an_entry_goes_only_to_a_period_that_takes_it(
    attack: Attack, period: str, on: date, is_closing: bool
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="period_not_open"):
        attack.copy(
            "ledger_journalentry", attack.ids["entry"], number="X-1", source_ref="x",
            entry_on=on, period_id=attack.ids[period], is_closing=is_closing,
        )  # fmt: skip


def test_a_closing_entry_goes_to_a_soft_closed_period(attack: Attack) -> None:
    made = attack.copy(
        "ledger_journalentry", attack.ids["entry"], number="X-1", source_ref="x",
        entry_on=date(2025, 2, 28), period_id=attack.ids["soft_closed"], is_closing=True,
    )  # fmt: skip
    attack.copy("ledger_journalline", attack.ids["line"], entry_id=made)
    attack.copy("ledger_journalline", attack.ids["other_line"], entry_id=made)
    attack.check()


@pytest.mark.parametrize(
    ("table", "row", "column", "foreign"),
    [
        ("ledger_actual", "actual", "reversal_of_id", "foreign_actual"),
        ("ledger_actuallink", None, "to_actual_id", "foreign_actual"),
        ("ledger_journalentry", "entry", "reverses_id", "foreign_entry"),
        ("ledger_journalline", "line", "account_id", "foreign_account"),
        ("ledger_actualjournalline", None, "actual_id", "foreign_actual"),
    ],
)
def test_a_row_can_not_name_a_row_of_another_tenant(
    attack: Attack, table: str, row: str | None, column: str, foreign: str
) -> None:
    if row is None:
        found = attack.connection.execute(
            sql.SQL("SELECT min(id) FROM {}").format(sql.Identifier(table))
        ).fetchone()
        assert found is not None
        row_id = found[0]
    else:
        row_id = attack.ids[row]
    changes: dict[str, Any] = {column: attack.ids[foreign]}
    if table == "ledger_actual":
        changes["source_id"] = 78
    if table == "ledger_journalentry":
        changes |= {"number": "X-1", "source_ref": "x"}
    if table == "ledger_journalline":
        changes["entry_id"] = attack.copy(
            "ledger_journalentry", attack.ids["entry"], number="X-1", source_ref="x"
        )
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        attack.copy(table, row_id, **changes)
        attack.connection.commit()


def test_a_posting_can_not_use_another_tenants_period(attack: Attack) -> None:
    with pytest.raises(psycopg.errors.IntegrityError):
        attack.copy(
            "ledger_actual", attack.ids["actual"], source_id=79,
            period_id=attack.ids["foreign_period"],
        )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("ledger_actual", "actual"),
        ("ledger_journalentry", "entry"),
        ("ledger_journalline", "line"),
    ],
)
def test_a_row_can_not_be_written_for_another_tenant(attack: Attack, table: str, row: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        attack.copy(table, attack.ids[row], tenant_id=attack.globex.tenant.pk)


def test_an_entry_is_reversed_once(attack: Attack) -> None:
    mirror = {"reverses_id": attack.ids["entry"], "source_ref": "x"}
    attack.copy("ledger_journalentry", attack.ids["entry"], number="X-1", **mirror)
    with pytest.raises(psycopg.errors.UniqueViolation, match="journal_reversed_once"):
        attack.copy("ledger_journalentry", attack.ids["entry"], number="X-2", **mirror)


def test_a_source_has_one_live_entry_of_an_event(attack: Attack) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation, match="journal_source_once"):
        attack.copy("ledger_journalentry", attack.ids["entry"], number="X-1")


def test_a_number_is_used_once(attack: Attack) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation, match="journal_number_once"):
        attack.copy("ledger_journalentry", attack.ids["entry"], source_ref="x")


def test_an_actual_is_reversed_once(attack: Attack) -> None:
    mirror = {
        "source_kind": "reversal",
        "source_id": attack.ids["actual"],
        "reversal_of_id": attack.ids["actual"],
    }
    attack.copy("ledger_actual", attack.ids["actual"], **mirror)
    with pytest.raises(psycopg.errors.UniqueViolation, match="actual_once"):
        attack.copy("ledger_actual", attack.ids["actual"], **mirror)


def test_fiscal_periods_do_not_overlap(attack: Attack) -> None:
    with pytest.raises(psycopg.errors.ExclusionViolation, match="fiscal_periods_do_not_overlap"):
        attack.copy("ledger_fiscalperiod", attack.ids["open"], name="2026-06b")
