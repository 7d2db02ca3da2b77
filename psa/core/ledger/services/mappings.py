"""Mappings of accounts to packages outside: which number an account has there."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from psa.core.access.permissions import LedgerPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.ledger.models import AccountMapping, LedgerAccount, MappedAccount
from psa.core.ledger.rules.packages import SHAPES, MappedNumber, Package, PackageTerms, check_number
from psa.core.org.models import LegalEntity

RECORD = "ledger.AccountMapping"


@dataclass(frozen=True, slots=True)
class MappingFacts:
    """A mapping's own facts; `tax_code` is for lines whose account has none of its own."""

    name: str
    package: str
    tax_code: str = ""
    dimension: str = ""
    consultant_number: str = ""
    client_number: str = ""


@transaction.atomic
def add_mapping(
    *,
    legal_entity_id: int,
    facts: MappingFacts,
    starts_with_own: bool,
    actor: Actor,
    at: datetime,
) -> AccountMapping:
    """Name a package that an entity's journals go to; with each account's own number, if wanted
    and where the package can have it.

    Raises  PermissionDenied, DomainError, Conflict if the entity has one of that name.
    """
    actor.require(LedgerPermission.EXPORT)
    if not LegalEntity.objects.filter(pk=legal_entity_id).exists():
        raise DomainError("There is no such legal entity.", "legal_entity_id")
    mapping = AccountMapping(
        tenant_id=actor.tenant_id, legal_entity_id=legal_entity_id, **asdict(_checked(facts))
    )
    _save(mapping)
    if starts_with_own:
        shape = SHAPES[Package(mapping.package)]
        MappedAccount.objects.bulk_create(
            MappedAccount(
                tenant_id=actor.tenant_id, mapping=mapping, account_id=pk, number=code
            )
            for pk, code in LedgerAccount.objects.values_list("id", "code")
            if shape.number.fullmatch(code)
        )  # fmt: skip
    _tell(actor, at, "ledger.mapping_added", mapping, f"Added the account mapping {mapping.name}.")
    return mapping


@transaction.atomic
def change_mapping(
    *,
    mapping_id: int,
    facts: MappingFacts,
    numbers: Mapping[int, MappedNumber],
    actor: Actor,
    at: datetime,
) -> AccountMapping:
    """Set a mapping's facts and all of its numbers; an account that is left out has none.

    Exports taken before keep the numbers they were taken with.
    Raises  PermissionDenied, NotFound, Conflict; DomainError naming the account of a number that
            the package cannot have.
    """
    actor.require(LedgerPermission.EXPORT)
    mapping = _locked(mapping_id)
    for field, value in asdict(_checked(facts)).items():
        setattr(mapping, field, value)
    _save(mapping)
    codes = dict(LedgerAccount.objects.filter(pk__in=numbers).values_list("id", "code"))
    if set(numbers) - set(codes):
        raise DomainError("There is no such account. Load the page again.")
    rows = []
    for account_id, mapped in sorted(numbers.items()):
        try:
            number = check_number(mapped.number, Package(mapping.package))
        except DomainError as error:
            raise DomainError(
                f"Account {codes[account_id]}: {error.message}", f"number_{account_id}"
            ) from None
        if len(mapped.tax_code.strip()) > 20:
            raise DomainError("A tax code has up to 20 signs.", f"tax_code_{account_id}")
        rows.append(
            MappedAccount(
                tenant_id=actor.tenant_id, mapping=mapping, account_id=account_id, number=number,
                tax_code=mapped.tax_code.strip(),
            )
        )  # fmt: skip
    MappedAccount.objects.filter(mapping=mapping).delete()
    MappedAccount.objects.bulk_create(rows)
    _tell(
        actor, at, "ledger.mapping_changed", mapping,
        f"Changed the account mapping {mapping.name}: {len(rows)} accounts have a number.",
    )  # fmt: skip
    return mapping


@transaction.atomic
def remove_mapping(*, mapping_id: int, actor: Actor, at: datetime) -> None:
    """Remove a mapping; exports that were taken by it repeat as before.

    Raises  PermissionDenied, NotFound.
    """
    actor.require(LedgerPermission.EXPORT)
    mapping = _locked(mapping_id)
    _tell(
        actor, at, "ledger.mapping_removed", mapping, f"Removed the account mapping {mapping.name}."
    )
    mapping.delete()


def terms_of(mapping: AccountMapping) -> PackageTerms:
    """What an export by the mapping goes by. One query."""
    return PackageTerms(
        name=mapping.name,
        package=Package(mapping.package),
        numbers={
            account_id: MappedNumber(number, tax_code)
            for account_id, number, tax_code in MappedAccount.objects.filter(
                mapping=mapping
            ).values_list("account_id", "number", "tax_code")
        },
        tax_code=mapping.tax_code,
        dimension=mapping.dimension,
        consultant_number=mapping.consultant_number,
        client_number=mapping.client_number,
        year_start_month=mapping.legal_entity.fiscal_year_start_month,
    )


def _checked(facts: MappingFacts) -> MappingFacts:
    if not facts.name.strip():
        raise DomainError("Name the mapping.", "name")
    if facts.package not in set(Package):
        raise DomainError("There is no such package.", "package")
    given = {name: value.strip() for name, value in asdict(facts).items()}
    if SHAPES[Package(facts.package)].needs_client:
        for field, longest in (("consultant_number", 7), ("client_number", 5)):
            if not (given[field].isdecimal() and len(given[field]) <= longest):
                raise DomainError(
                    "A booking batch names consultant and client by their numbers.", field
                )
    return MappingFacts(**given)


def _locked(mapping_id: int) -> AccountMapping:
    mapping = AccountMapping.objects.select_for_update().filter(pk=mapping_id).first()
    if mapping is None:
        raise NotFound("There is no such account mapping.")
    return mapping


def _save(mapping: AccountMapping) -> None:
    try:
        with transaction.atomic():
            mapping.save()
    except IntegrityError as error:
        if "account_mapping_name" not in str(error):
            raise
        raise Conflict(f"The entity has a mapping “{mapping.name}” already.", "name") from None


def _tell(actor: Actor, at: datetime, event: str, mapping: AccountMapping, sentence: str) -> None:
    audit.record(
        actor=actor, at=at, event=event, record_type=RECORD, record_id=mapping.pk, sentence=sentence
    )
