"""People: made by the service that the form calls; those who are there stay as they are."""

from collections.abc import Callable
from datetime import date

from psa.core.org.models import Resource
from psa.edges.integrations.imports.models import ImportRun
from tests.edges.integrations.imports.conftest import Carry, sentences, states
from tests.factories import Firm

STAFF = (
    "Employee ID,Name,Email,Department,Job title,Start date,Line manager\n"
    "E1,Nora Lind,nora@acme.example,Delivery UK,SC,01/02/2026,\n"
    "E2,Tom Reed,tom@acme.example,UK,CO,01/03/2026,Nora Lind\n"
    ",Ben,ben@acme.example,UK,Consultant,01/03/2026,\n"
)


def test_makes_people_with_unit_role_and_manager(firm: Firm, carry: Carry) -> None:
    run = carry("resources", STAFF, date_order="day_first")
    assert states(run) == ["imported", "imported", "known"]
    tom = Resource.objects.get(code="E2")
    assert tom.manager is not None
    assert (tom.manager.name, tom.org_unit.code, tom.job_role.code) == ("Nora Lind", "UK", "CO")
    assert tom.employed_from == date(2026, 3, 1)
    assert Resource.objects.get(email="ben@acme.example").code == "BEN"


def test_names_what_is_wrong_with_a_row(firm: Firm, check: Carry) -> None:
    run = check(
        "resources",
        "Name,Department,Job title,Start date,Line manager,Type\n"
        "A,Moon,SC,2026-01-01,,\nB,UK,King,2026-01-01,,\nC,UK,SC,,,\nD,UK,SC,2026-01-01,Zed,\n"
        "E,UK,SC,2026-01-01,,robot\n",
    )
    said = sentences(run)
    assert states(run) == ["bad"] * 5
    assert "no unit “Moon”" in said[0]
    assert "no role “King”" in said[1]
    assert "first day of employment" in said[2]
    assert "no person “Zed”" in said[3]
    assert "not a kind of resource" in said[4]


def test_takes_back_people_that_nothing_names(
    firm: Firm, carry: Carry, undo: Callable[[ImportRun], ImportRun]
) -> None:
    run = carry("resources", STAFF, date_order="day_first")
    Resource.objects.create(
        tenant=firm.tenant, code="X", name="X", org_unit=firm.units["UK"],
        job_role=firm.roles["SC"], calendar=firm.resources["ben"].calendar,
        manager=Resource.objects.get(code="E1"), employed_from=date(2026, 1, 1),
    )  # fmt: skip
    undone = undo(run)
    assert states(undone) == ["kept", "undone", "known"]
    assert "named by other records" in sentences(undone)[0]
