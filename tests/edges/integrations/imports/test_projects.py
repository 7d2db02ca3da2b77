"""Projects from a file: their frame, made by the service that the form calls; once is once."""

from collections.abc import Callable
from datetime import date

import pytest

from projects.models import Project
from projects.services import projects, withdrawals
from psa.core.errors import PermissionDenied
from psa.edges.integrations.imports.models import ImportRow, ImportRun
from tests.edges.integrations.imports.conftest import Carry, sentences, states
from tests.factories import AT, Firm

FILE = (
    "Project name,Client,Project manager,Start date,End date,Budget\n"
    "Loom control,Kessler Maschinenbau,Priya,01/09/2026,31/12/2026,98765\n"
    "Own tools,,priya@acme.example,15/09/2026,,\n"
    "LOOM  control,Kessler Maschinenbau,Priya,01/10/2026,,\n"
)


def customer_of(file: str) -> str:
    """The file with the customer as the engagement's account is called."""
    project = Project.objects.select_related("account").get(code="P-1")
    assert project.account is not None
    return file.replace("Kessler Maschinenbau", project.account.name)


def test_makes_projects_once_and_keeps_no_budget(firm: Firm, carry: Carry, check: Carry) -> None:
    file = customer_of(FILE)
    run = carry("projects", file, date_order="day_first")
    assert states(run) == ["imported", "imported", "known"]
    loom = Project.objects.get(name="Loom control")
    assert (loom.manager.name, loom.starts_on, loom.ends_on) == (
        firm.resources["priya"].name, date(2026, 9, 1), date(2026, 12, 31),
    )  # fmt: skip
    own = Project.objects.get(name="Own tools")
    assert own.is_internal and own.account is None
    assert loom.budget_cost_amount is None
    assert "98765" not in str(list(ImportRow.objects.values_list("cells", flat=True)))
    assert states(check("projects", file, date_order="day_first")) == ["known"] * 3
    before, after = run.totals_before, run.totals_after
    assert [row for row in before if row[1] == "Internal"] == [
        row for row in after if row[1] == "Internal"
    ]


def test_names_what_is_wrong_with_a_row(firm: Firm, check: Carry) -> None:
    run = check(
        "projects",
        "Name,Client,Manager,Start,End\nA,Nobody,Priya,2026-01-01,\nB,,Zed,2026-01-01,\n"
        "C,,Priya,soon,\nD,,Priya,2026-02-01,2026-01-01\n",
    )
    said = sentences(run)
    assert states(run) == ["bad"] * 4
    assert "no customer “Nobody”" in said[0]
    assert "no manager “Zed”" in said[1]
    assert "is not a date" in said[2]
    assert "cannot end before it starts" in said[3]
    assert not Project.objects.filter(name__in=["A", "B", "C", "D"]).exists()


def test_takes_back_projects_on_which_nothing_hangs(
    firm: Firm, carry: Carry, undo: Callable[[ImportRun], ImportRun]
) -> None:
    run = carry("projects", customer_of(FILE), date_order="day_first")
    loom = Project.objects.get(name="Loom control")
    projects.edit_project(
        project_id=loom.pk, lock_version=1, name="Looms", actor=firm.actors["priya"], at=AT
    )
    undone = undo(run)
    assert states(undone) == ["kept", "undone", "known"]
    assert "was edited since; it stays" in sentences(undone)[0]
    assert not Project.objects.filter(name="Own tools").exists()


def test_a_project_with_work_is_not_taken_back_nor_by_who_does_not_manage_it(firm: Firm) -> None:
    project = Project.objects.get(code="P-1")
    Project.objects.filter(pk=project.pk).update(lock_version=1)
    with pytest.raises(withdrawals.ProjectInUse, match="is used by other records"):
        withdrawals.withdraw_project(project.pk, actor=firm.actors["priya"], at=AT)
    with pytest.raises((PermissionDenied, withdrawals.ProjectInUse, Exception)) as refused:
        withdrawals.withdraw_project(project.pk, actor=firm.actors["ben"], at=AT)
    assert not isinstance(refused.value, withdrawals.ProjectInUse)
