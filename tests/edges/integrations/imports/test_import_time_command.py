"""`manage.py import_time`: the wizard's services at the command line."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.edges.integrations.imports.conftest import FILES
from tests.factories import Firm, make_engagement, make_firm
from timeexpense.models import TimeEntry


@pytest.fixture
def acme(db: None) -> Firm:
    made = make_firm()
    with made.scope():
        make_engagement(made)
    return made


def run(path: Path, *more: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("import_time", str(path), "--tenant", "acme", *more, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def count(firm: Firm) -> int:
    with firm.scope():
        return int(TimeEntry.objects.count())


def test_shows_what_would_happen_and_writes_nothing(acme: Firm) -> None:
    out, _ = run(FILES / "harvest.csv", "--profile", "harvest", "--dry-run")
    assert "3 rows: 3 will be imported." in out
    assert "Nothing was written." in out
    assert count(acme) == 0


def test_imports_and_proves_the_hours_and_does_it_once(acme: Firm) -> None:
    out, _ = run(FILES / "harvest.csv", "--profile", "harvest")
    assert "P-1, 2026-07: 7.83 h in the file, 7.83 h here" in out
    assert "3 imported." in out
    assert count(acme) == 3
    out, _ = run(FILES / "harvest.csv", "--profile", "harvest")
    assert "All of it was imported before; nothing changed." in out
    assert count(acme) == 3


def test_refuses_with_the_rows_and_leaves_nothing(acme: Firm, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("Person,Project,Date,Hours\nBen,P-1,2026-07-06,1\nZed,P-1,2026-07-06,1\n")
    with pytest.raises(CommandError, match="1 rows cannot be imported"):
        run(file)
    assert count(acme) == 0
    _, err = run(file, "--skip-bad")
    assert "Row 3: There is no person “Zed”." in err
    assert count(acme) == 1


def test_says_what_it_cannot_read(acme: Firm, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "none.csv")
    file = tmp_path / "t.csv"
    file.write_text("Person,Project,Date,Hours\nBen,P-1,2026-07-06,1\n")
    with pytest.raises(CommandError, match="names no column"):
        run(file, "--mapping", "person=Whoever")
