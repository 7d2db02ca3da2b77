"""What people can do, and how well: one row a person and skill."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.org.models import Resource
from psa.core.org.rules import names
from resources.models import ResourceSkill
from resources.permissions import ResourcesPermission
from resources.services import skills

from ..kind_registry import Draft, Kind, Outcome, Settings, register
from ..rules import cells
from ..rules.columns import Target
from ..rules.reconciliation import Key, summed

RECORD = "resources.ResourceSkill"
LEVELS: Final = {
    "1": 1, "aware": 1, "basic": 1, "beginner": 1,
    "2": 2, "familiar": 2, "intermediate": 2,
    "3": 3, "proficient": 3, "advanced": 3,
    "4": 4, "expert": 4,
}  # fmt: skip
TARGETS = (
    Target(
        "person",
        "Person",
        ("email", "e mail", "person", "employee", "name", "resource", "consultant"),
        True,
        "Code, e-mail or name.",
    ),
    Target("skill", "Skill", ("skill", "skill name", "competency", "certification"), True),
    Target(
        "level",
        "Level",
        ("level", "proficiency", "rating", "skill level"),
        True,
        "1 to 4, or aware, familiar, proficient, expert.",
    ),
    Target("group", "Group", ("group", "skill group", "category"), help_text="Of a new skill."),
)


class Skills:
    """Gives skills one by one, as the service does; what a person has already is left as it is."""

    def apply(
        self, rows: Sequence[Draft], settings: Settings, *, actor: Actor, at: datetime
    ) -> list[Outcome]:
        people = names.by_names(Resource.objects.values_list("id", "code", "email", "name"))
        held: dict[tuple[int, str], int] = {
            (person_id, names.plain(name)): pk
            for pk, person_id, name in ResourceSkill.objects.values_list(
                "id", "resource_id", "skill__name"
            )
        }
        return [_apply_one(row, people, held, actor, at) for row in rows]

    def undo(
        self, record_type: str, record_ids: Sequence[int], *, actor: Actor, at: datetime
    ) -> dict[int, str]:
        for record_id in record_ids:
            skills.withdraw_skill(record_id, actor=actor, at=at)
        return {}

    def totals_of_file(self, rows: Sequence[Draft], settings: Settings) -> Mapping[Key, Decimal]:
        return summed(
            (("Skills of people", " ".join(row.fields.get("skill", "").split()), ""), Decimal(1))
            for row in rows
        )

    def totals_of_records(self, records: Sequence[tuple[str, int]]) -> Mapping[Key, Decimal]:
        ids = [record_id for _, record_id in records]
        found = ResourceSkill.objects.filter(pk__in=ids).values_list("skill__name", flat=True)
        return summed((("Skills of people", name, ""), Decimal(1)) for name in found)


def _apply_one(
    row: Draft,
    people: Mapping[str, int],
    held: dict[tuple[int, str], int],
    actor: Actor,
    at: datetime,
) -> Outcome:
    given = {name: text.strip() for name, text in row.fields.items()}
    try:
        for text in given.values():
            cells.check_no_formula(text)
        person_id = names.found(
            people, given.get("person", ""), word="person", field="person",
            way_out="Add them to the staff records, or correct the name.",
        )  # fmt: skip
        skill = given.get("skill", "")
        there = held.get((person_id, names.plain(skill)))
        if there is not None:
            return Outcome("known", "They have this skill already; it stays.", RECORD, there)
        made = skills.give_skill(
            resource_id=person_id, name=skill, level=_level(given.get("level", "")),
            group=given.get("group", ""), actor=actor, at=at,
        )  # fmt: skip
    except DomainError as error:
        return Outcome("bad", error.message)
    held[person_id, names.plain(skill)] = made.pk
    return Outcome("imported", record_type=RECORD, record_id=made.pk)


def _level(text: str) -> int:
    found = LEVELS.get(text.casefold())
    if found is None:
        raise DomainError(
            f"“{text[:30]}” is not a level. Write 1 to 4, or aware, familiar, proficient, expert.",
            "level",
        )
    return found


register(
    Kind(
        code="skills",
        title="Skills of people",
        noun=("skill", "skills"),
        permissions=(ResourcesPermission.MANAGE,),
        targets=TARGETS,
        importer=Skills(),
        max_rows=10_000,
        intro="A row says how well a person has a skill. New skills enter the catalogue; what a "
        "person has already stays at its level.",
    )
)
