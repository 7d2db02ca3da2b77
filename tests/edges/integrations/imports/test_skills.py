"""Skills of people: given by the service, once; what a person has already stays at its level."""

from collections.abc import Callable

import pytest

from psa.core.audit.models import AuditEntry
from psa.core.errors import PermissionDenied
from psa.edges.integrations.imports.models import ImportRun
from resources.models import ResourceSkill, Skill
from resources.services import skills
from tests.edges.integrations.imports.conftest import Carry, sentences, states
from tests.factories import AT, Firm

FILE = (
    "Employee,Skill,Proficiency,Category\n"
    "ben@acme.example,Python,Expert,Engineering\n"
    "Ben,python,2,\n"
    "Bea,Python,3,\n"
)


def held() -> list[tuple[str, str, int]]:
    rows = ResourceSkill.objects.order_by("resource__name", "skill__name")
    return list(rows.values_list("resource__name", "skill__name", "level"))


def test_gives_each_skill_once_and_again_changes_nothing(
    firm: Firm, carry: Carry, check: Carry
) -> None:
    run = carry("skills", FILE)
    assert states(run) == ["imported", "known", "imported"]
    assert [row for row in held() if row[1] == "Python"] == [
        ("Bea", "Python", 3), ("Ben", "Python", 4),
    ]  # fmt: skip
    assert Skill.objects.get(name="Python").group == "Engineering"
    again = check("skills", FILE)
    assert states(again) == ["known", "known", "known"]
    said = AuditEntry.objects.filter(event="resources.skill.given")
    assert said.filter(sentence="added the skill “Python” at level 4").exists()


def test_names_what_is_wrong_with_a_row(firm: Firm, check: Carry) -> None:
    run = check("skills", "Person,Skill,Level\nZed,Go,1\nBen,Go,master\nBen,,2\nBen,=1+1,2\n")
    assert states(run) == ["bad"] * 4
    said = sentences(run)
    assert "no person “Zed”" in said[0]
    assert "“master” is not a level" in said[1]
    assert "at most 80 characters" in said[2]
    assert "is a formula" in said[3]
    assert not Skill.objects.filter(name="Go").exists()


def test_takes_back_what_it_gave_and_nothing_else(
    firm: Firm, carry: Carry, undo: Callable[[ImportRun], ImportRun]
) -> None:
    ben = firm.resources["ben"]
    with_ben = skills.give_skill(
        resource_id=ben.pk, name="Python", level=1, actor=firm.actors["rae"], at=AT
    )
    undone = undo(carry("skills", FILE))
    assert states(undone) == ["known", "known", "undone"]
    assert held() == [("Ben", "Python", with_ben.level)]


def test_is_for_who_keeps_skills(firm: Firm) -> None:
    with pytest.raises(PermissionDenied):
        skills.give_skill(
            resource_id=firm.resources["ben"].pk, name="Go", level=2, actor=firm.actors["ben"],
            at=AT,
        )  # fmt: skip
