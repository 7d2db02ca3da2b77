"""Reads of account mappings: the list, and one with every account that may need a number."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from psa.core.actor import Actor
from psa.core.errors import NotFound

from .models import AccountMapping, JournalLine, LedgerAccount, MappedAccount
from .rules.packages import SHAPES, Package, Shape

EXPORT = "ledger.export"


def mapping_rows(*, actor: Actor) -> "QuerySet[Any]":
    """All mappings as plain rows, with how many accounts each numbers."""
    actor.require(EXPORT)
    return AccountMapping.objects.annotate(number_count=Count("accounts")).values(
        "id", "name", "package", "legal_entity__code", "legal_entity__name", "number_count"
    )


def choices(*, actor: Actor) -> list[AccountMapping]:
    """Mappings to choose from, by entity and name."""
    actor.require(EXPORT)
    return list(
        AccountMapping.objects.select_related("legal_entity").order_by("legal_entity__code", "name")
    )


def get_mapping(*, actor: Actor, mapping_id: int) -> AccountMapping:
    """One mapping with its entity. Raises  NotFound."""
    actor.require(EXPORT)
    found = AccountMapping.objects.select_related("legal_entity").filter(pk=mapping_id).first()
    if found is None:
        raise NotFound("There is no such account mapping.")
    return found


@dataclass(frozen=True, slots=True)
class MappingLine:
    """An account of the chart and what it is called there; `is_used` by the entity's journals."""

    account_id: int
    code: str
    name: str
    is_used: bool
    number: str
    tax_code: str


@dataclass(frozen=True, slots=True)
class MappingPage:
    id: int
    name: str
    package: str
    entity_code: str
    entity_name: str
    tax_code: str
    dimension: str
    consultant_number: str
    client_number: str
    lines: tuple[MappingLine, ...]

    @property
    def shape(self) -> Shape:
        return SHAPES[Package(self.package)]

    @property
    def unmapped(self) -> tuple[MappingLine, ...]:
        """What stands in the way of an export: used, and without a number."""
        return tuple(line for line in self.lines if line.is_used and not line.number)


def mapping_page(*, actor: Actor, mapping_id: int) -> MappingPage:
    """One mapping with all accounts, those that lack a number first. Three queries."""
    mapping = get_mapping(actor=actor, mapping_id=mapping_id)
    known = {
        account_id: (number, tax_code)
        for account_id, number, tax_code in MappedAccount.objects.filter(
            mapping=mapping
        ).values_list("account_id", "number", "tax_code")
    }
    used = JournalLine.objects.filter(
        account_id=OuterRef("pk"), entry__legal_entity_id=mapping.legal_entity_id
    )
    lines = [
        MappingLine(pk, code, name, is_used, *known.get(pk, ("", "")))
        for pk, code, name, is_used in LedgerAccount.objects.annotate(is_used=Exists(used))
        .order_by("code")
        .values_list("id", "code", "name", "is_used")
    ]
    lines.sort(key=lambda line: not (line.is_used and not line.number))
    return MappingPage(
        mapping.pk, mapping.name, mapping.package, mapping.legal_entity.code,
        mapping.legal_entity.name, mapping.tax_code, mapping.dimension, mapping.consultant_number,
        mapping.client_number, tuple(lines),
    )  # fmt: skip
