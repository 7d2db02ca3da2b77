"""A unit of the tree: with whose books it goes."""

from dataclasses import replace

import pytest

from psa.core.errors import DomainError
from psa.core.org.models import OrgUnit
from psa.core.org.services import structure
from tests.timeexpense.conftest import NOW, Scene, make_scene
from timeexpense.services import approvals


@pytest.fixture
def scene(db: None):
    made = make_scene()
    with made.firm.scope():
        yield made


def move(scene: Scene, unit: OrgUnit, entity: str) -> OrgUnit:
    admin = replace(scene.actor("fay"), permissions=frozenset({"org.manage"}))
    return structure.save_unit(
        unit_id=unit.pk, code=unit.code, name=unit.name, parent_id=unit.parent_id,
        legal_entity_id=scene.firm.entities[entity].pk, actor=admin, at=NOW,
    )  # fmt: skip


def test_moves_to_another_legal_entity_while_nothing_uses_it(scene: Scene) -> None:
    unit = OrgUnit.objects.create(
        tenant=scene.firm.tenant, code="NEW", name="New", legal_entity=scene.firm.entities["UK"]
    )
    assert move(scene, unit, "DE").legal_entity_id == scene.firm.entities["DE"].pk


def test_stays_with_its_entity_once_contracts_or_work_hang_on_it(scene: Scene) -> None:
    with pytest.raises(DomainError, match="stays with .* because it has contracts"):
        move(scene, scene.work.contract.contracting_unit, "DE")
    (entry_id,) = scene.submitted(scene.draft(minutes=60))
    approvals.approve_entries(entries=[("time", entry_id)], actor=scene.actor("priya"), at=NOW)
    resourcing = scene.firm.resources["ben"].org_unit
    with pytest.raises(DomainError, match="stays with"):
        move(scene, resourcing, "DE")
    assert OrgUnit.objects.get(pk=resourcing.pk).legal_entity_id != scene.firm.entities["DE"].pk
