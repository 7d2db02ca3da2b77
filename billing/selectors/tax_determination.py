"""Which tax code a contract line has for whoever pays: the line's own, or what the supply asks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from billing.models import CategoryTaxCode, TaxCode
from billing.rules.tax_determination import Buyer, Seller, Supply, TaxSetupMissing, supply_of
from psa.core.org.models import LegalEntity
from sales.models import Account

# A code of another treatment says why there is no tax; it counts wherever the customer is.
AT_HOME = frozenset({TaxCode.Treatment.STANDARD, TaxCode.Treatment.GST_SPLIT})
WORDS = {
    Supply.INTERSTATE: "supplies to another state",
    Supply.REVERSE_CHARGE: "reverse charge",
    Supply.OUTSIDE_SCOPE: "supplies outside the scope of tax",
}


@dataclass(frozen=True, slots=True)
class Supplied:
    """What is supplied, as far as its tax asks: a category, and its class."""

    transaction_class: str = ""
    category_id: int | None = None


@dataclass(frozen=True, slots=True)
class TaxDetermination:
    """The codes of one legal entity and the customers it invoices.

    `by_kind` are the codes that classes and categories have of themselves.
    """

    entity: LegalEntity
    codes: tuple[TaxCode, ...]
    buyers: Mapping[int, Buyer]
    by_kind: Mapping[Supplied, int] = field(default_factory=dict)

    def code_for(self, line_code: str, account_id: int, what: Supplied) -> int:
        """The id of the code for what a contract line of this code supplies.

        The line's own code; without one its category's, its class's, the entity's default.
        Raises  TaxSetupMissing naming the customer or the entity, and what to fill in.
        """
        own = self._own(line_code, what)
        if own.treatment not in AT_HOME:
            return own.pk
        supply = supply_of(self._seller(), self.buyers[account_id])
        if supply is Supply.DOMESTIC or own.supply == supply:
            return own.pk
        for code in self.codes:
            if code.supply == supply:
                return code.pk
        buyer = self.buyers[account_id]
        raise TaxSetupMissing(
            f"{self.entity.name} has no tax code for {WORDS[supply]}, which invoices to "
            f"{buyer.name} ({buyer.country}) need. Add one in the tax codes",
            field="tax_code",
        )

    def _own(self, line_code: str, what: Supplied) -> TaxCode:
        of_kind = None
        if not line_code:
            of_kind = self.by_kind.get(Supplied(category_id=what.category_id))
            of_kind = of_kind or self.by_kind.get(Supplied(what.transaction_class))
        for code in self.codes:
            if of_kind is not None:
                if code.pk == of_kind:
                    return code
            elif code.code == line_code if line_code else code.is_default:
                return code
        named = f"The tax code {line_code}" if line_code else "A tax code"
        raise TaxSetupMissing(f"{named} is not set up at {self.entity.name}", field="tax_code")

    def _seller(self) -> Seller:
        return Seller(self.entity.name, self.entity.country, self.entity.tax_id)


def determination(entity: LegalEntity, account_ids: Iterable[int]) -> TaxDetermination:
    """Three queries."""
    return TaxDetermination(entity, codes_of(entity), buyers(account_ids), by_kind(entity))


def by_kind(entity: LegalEntity) -> dict[Supplied, int]:
    """What has a code of itself at the entity: a class, or a category. One query."""
    rows = CategoryTaxCode.objects.filter(legal_entity_id=entity.pk)
    return {
        Supplied(name, category_id): code_id
        for name, category_id, code_id in rows.values_list(
            "transaction_class", "category_id", "tax_code_id"
        )
    }


def codes_of(entity: LegalEntity) -> tuple[TaxCode, ...]:
    """The codes of one legal entity, oldest first. One query."""
    return tuple(TaxCode.objects.filter(legal_entity_id=entity.pk).order_by("id"))


def buyers(account_ids: Iterable[int]) -> dict[int, Buyer]:
    """The customers as the rules read them. One query."""
    rows = Account.objects.filter(pk__in=set(account_ids))
    return {account.pk: buyer_of(account) for account in rows}


def buyer_of(account: Account) -> Buyer:
    return Buyer(account.name, account.country, account.tax_id, account.is_consumer)
