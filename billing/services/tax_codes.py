"""How supplies are taxed: the codes of a legal entity and their dated rates."""

from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from billing.models import TaxCode, TaxRate
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.org.models import LegalEntity

RECORD = "billing.TaxCode"


@transaction.atomic
def save_tax_code(
    *,
    tax_code_id: int | None,
    legal_entity_id: int,
    code: str,
    name: str,
    treatment: str,
    note: str,
    is_default: bool,
    supply: str = "",
    actor: Actor,
    at: datetime,
) -> TaxCode:
    """Make a tax code (`tax_code_id` None) or change one; a new default takes the place of the old.

    Invoices keep what they said. Raises  PermissionDenied, NotFound; Conflict if the code is taken;
    DomainError for an unknown entity or treatment, or an entity left without a default.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    if not LegalEntity.objects.filter(pk=legal_entity_id).exists():
        raise DomainError("This legal entity does not exist.", "legal_entity")
    if treatment not in TaxCode.Treatment.values:
        raise DomainError("Choose how it is taxed.", "treatment")
    if supply not in TaxCode.Supply.values:
        raise DomainError("Choose for which supplies it is taken.", "supply")
    row = TaxCode(tenant_id=actor.tenant_id, legal_entity_id=legal_entity_id)
    if tax_code_id is not None:
        found = TaxCode.objects.select_for_update().filter(pk=tax_code_id).first()
        if found is None:
            raise NotFound("There is no such tax code.")
        row = found
        if row.legal_entity_id != legal_entity_id:
            raise DomainError("A tax code stays with its entity. Make another.", "legal_entity")
        if row.is_default and not is_default:
            raise DomainError("Make another code the default instead.", "is_default")
    values = {
        "code": code.strip(),
        "name": name.strip(),
        "treatment": treatment,
        "note": note.strip(),
        "is_default": is_default,
        "supply": supply,
    }
    changes = {k: (getattr(row, k), v) for k, v in values.items() if getattr(row, k) != v}
    if is_default:
        others = TaxCode.objects.filter(legal_entity_id=legal_entity_id, is_default=True)
        others.exclude(pk=row.pk).update(is_default=False)
    for field, value in values.items():
        setattr(row, field, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "tax_code_once_per_supply" in str(error):
            raise Conflict(
                "Another code of the entity is taken for these supplies already.", "supply"
            ) from None
        if "tax_code_once" not in str(error):
            raise
        raise Conflict(f"The entity has a tax code “{row.code}” already.", "code") from None
    audit.record(
        actor=actor, at=at, event="billing.tax_code.saved", record_type=RECORD, record_id=row.pk,
        sentence=f"Saved the tax code {row.code}.", changes=changes if tax_code_id else {},
    )  # fmt: skip
    return row


@transaction.atomic
def set_tax_rate(
    *, tax_code_id: int, tax_percent: Decimal, valid_from: date, actor: Actor, at: datetime
) -> TaxRate:
    """Say from which day a code has which rate; rates of earlier days stay.

    Raises  PermissionDenied, NotFound; DomainError for a rate outside 0 to 100 %.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    if not tax_percent.is_finite() or not 0 <= tax_percent <= 100:
        raise DomainError("A tax rate is between 0 and 100 %.", "tax_percent")
    code = TaxCode.objects.select_for_update().filter(pk=tax_code_id).first()
    if code is None:
        raise NotFound("There is no such tax code.")
    known = TaxRate.objects.filter(tax_code=code, valid_from=valid_from).first()
    before = known.tax_percent if known else None
    rate, _ = TaxRate.objects.update_or_create(
        tenant_id=actor.tenant_id,
        tax_code=code,
        valid_from=valid_from,
        defaults={"tax_percent": tax_percent},
    )
    audit.record(
        actor=actor, at=at, event="billing.tax_code.dated", record_type=RECORD, record_id=code.pk,
        sentence=f"Set the tax of {code.code} from {valid_from.isoformat()}.",
        changes={"tax_percent": (before, tax_percent)},
    )  # fmt: skip
    made: TaxRate = rate
    return made
