"""The chart of accounts by file: new ones, new names, and nothing that rewrites what is posted."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from psa.core.actor import Actor
from psa.core.ledger.models import LedgerAccount
from psa.core.ledger.services import chart, journals
from psa.edges.integrations.imports import selectors
from psa.edges.integrations.imports.models import ImportRun
from tests.core.ledger.books import entry
from tests.edges.integrations.imports.conftest import Carry, sentences, states
from tests.factories import AT, Firm

# As Xero writes its chart.
XERO = (
    "*Code,*Name,*Type,*Tax Code\n"
    "1010,Deposit account,Bank,none\n"
    "4000,Consulting fees,Revenue,none\n"
    "5950,Training,OVERHEADS,none\n"
)


def account(code: str) -> LedgerAccount:
    found: LedgerAccount = LedgerAccount.objects.get(code=code)
    return found


def test_adds_accounts_and_leaves_those_there_alone(
    firm: Firm, carry: Carry, operator: Actor
) -> None:
    run = carry("chart", XERO)
    assert states(run) == ["imported", "known", "imported"]
    assert sentences(run)[1] == "4000 Service revenue is there already; it is not changed."
    assert (account("1010").kind, account("5950").kind) == ("asset", "expense")
    page = selectors.run_page(actor=operator, run_id=run.pk)
    assert page.agrees
    assert [(line.group, line.before) for line in page.totals] == [
        ("Asset", Decimal(1)), ("Expense", Decimal(1)), ("Income", Decimal(1)),
    ]  # fmt: skip


def test_changes_those_there_when_asked_and_undoes_all_of_it(
    firm: Firm, carry: Carry, undo: Callable[[ImportRun], ImportRun]
) -> None:
    run = carry("chart", XERO, changes_accounts=True)
    assert states(run) == ["imported"] * 3
    assert account("4000").name == "Consulting fees"
    undone = undo(run)
    assert states(undone) == ["undone"] * 3
    assert account("4000").name == "Service revenue"
    assert not LedgerAccount.objects.filter(code__in=("1010", "5950")).exists()


def test_keeps_at_undo_what_was_changed_or_used_since(
    firm: Firm, carry: Carry, undo: Callable[[ImportRun], ImportRun], operator: Actor
) -> None:
    run = carry("chart", XERO, changes_accounts=True)
    facts = chart.AccountFacts("4000", "Fees", "income")
    chart.change_account(account_id=account("4000").pk, facts=facts, actor=operator, at=AT)
    LedgerAccount.objects.filter(code="5000").update(code="zz")
    LedgerAccount.objects.filter(code="5950").update(code="0001")
    journals.post_entries(drafts=[entry(firm, "1")], actor=firm.actors["fay"], at=AT)
    undone = undo(run)
    assert states(undone) == ["undone", "kept", "kept"]
    assert sentences(undone)[1] == "It was changed since; it stays as it is."
    assert "is posted to; it stays" in sentences(undone)[2]
    assert account("4000").name == "Fees"


def test_names_what_is_wrong_with_a_row(firm: Firm, check: Carry) -> None:
    journals.post_entries(drafts=[entry(firm, "1")], actor=firm.actors["fay"], at=AT)
    used = LedgerAccount.objects.filter(kind="expense").order_by("code")[0]
    run = check(
        "chart",
        "Number,Name,Kind,Revalued\n"
        f'{used.code},"{used.name}",asset,\n'
        "1010,Bank,money,\n1020,,asset,\n,Bank,asset,\n1030,Fees,income,yes\n"
        "1040,One,asset,yes\n1040,Two,asset,yes\n1050,=A1,asset,\n12 34,Blank,asset,\n",
        changes_accounts=True,
    )
    said = sentences(run)
    assert states(run) == ["bad"] * 5 + ["ready"] + ["bad"] * 3
    assert "is posted to, so its number, kind and revaluation stay" in said[0]
    assert "“money” is no kind of account" in said[1]
    assert "1 to 80 characters" in said[2]
    assert said[3] == "The number is missing."
    assert "Only assets and liabilities are revalued" in said[4]
    assert "stands in an earlier row already" in said[6]
    assert "is a formula" in said[7]
    assert "without blanks" in said[8]


def test_a_file_that_says_nothing_of_revaluation_leaves_it(firm: Firm, carry: Carry) -> None:
    carry("chart", "Number,Name,Kind\n1100,Debtors,asset\n", changes_accounts=True)
    assert (account("1100").name, account("1100").is_monetary) == ("Debtors", True)


def test_by_command_once(firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "chart.csv"
    path.write_text("Code,Name,Type\n1010,Deposit account,Bank\n9,Nothing,What\n", "utf-8")
    with pytest.raises(CommandError, match="1 rows cannot be imported"):
        call_command("import_chart", str(path), "--tenant=acme")
    call_command("import_chart", str(path), "--tenant=acme", "--skip-bad", "--dry-run")
    assert "Nothing was written." in capsys.readouterr().out
    assert not LedgerAccount.objects.filter(code="1010").exists()
    with pytest.raises(CommandError, match="no tenant “nobody”"):
        call_command("import_chart", str(path), "--tenant=nobody")


def test_may_be_changed_only_where_nothing_posted_names_it(firm: Firm, operator: Actor) -> None:
    journals.post_entries(drafts=[entry(firm, "1", on=date(2026, 6, 3))], actor=operator, at=AT)
    used = LedgerAccount.objects.filter(kind="expense").order_by("code")[0]
    facts = chart.facts_of(used)
    for wrong in ("code", "kind", "is_monetary"):
        given = {"code": "5999", "kind": "liability", "is_monetary": True}
        changed = {wrong: given[wrong]} | ({"kind": "liability"} if wrong == "is_monetary" else {})
        with pytest.raises(chart.AccountInUse):
            chart.change_account(
                account_id=used.pk,
                facts=chart.AccountFacts(**{**facts_as_dict(facts), **changed}),
                actor=operator, at=AT,
            )  # fmt: skip
    with pytest.raises(chart.AccountInUse, match="posted to"):
        chart.remove_account(account_id=used.pk, actor=operator, at=AT)
    with pytest.raises(chart.AccountInUse, match="posting profile"):
        chart.remove_account(account_id=account("2110").pk, actor=operator, at=AT)


def facts_as_dict(facts: chart.AccountFacts) -> dict[str, object]:
    return {
        "code": facts.code, "name": facts.name, "kind": facts.kind,
        "is_monetary": facts.is_monetary,
    }  # fmt: skip
