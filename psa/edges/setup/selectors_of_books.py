"""What the pages of categories, posting profiles and tax codes show."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Subquery

from billing.models import TaxCode, TaxRate
from billing.selectors import tax_determination
from billing.selectors.tax_determination import Supplied
from psa.core.errors import NotFound
from psa.core.ledger.models import JournalLine, LedgerAccount, PostingProfile
from psa.core.ledger.rules.types import TransactionClass
from psa.core.org.models import LegalEntity, TransactionCategory


def categories() -> Any:
    """Categories as plain rows."""
    return TransactionCategory.objects.values(
        "id", "code", "name", "transaction_class", "revenue_account_code", "cost_account_code",
        "is_active",
    )  # fmt: skip


def category(category_id: int) -> TransactionCategory:
    """One category. Raises  NotFound."""
    row: TransactionCategory = _found(TransactionCategory, category_id)
    return row


def ledger_accounts() -> Any:
    """The chart of accounts, with whether each is posted to. One query."""
    return LedgerAccount.objects.annotate(
        is_posted_to=Exists(JournalLine.objects.filter(account_id=OuterRef("pk")))
    ).values("id", "code", "name", "kind", "is_monetary", "is_posted_to")


def ledger_account(account_id: int) -> LedgerAccount:
    """One account of the chart. Raises  NotFound."""
    row: LedgerAccount = _found(LedgerAccount, account_id)
    return row


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """A posting profile in words; empty stands for any."""

    id: int
    line: str
    event: str
    category: str
    unit: str
    entity: str
    account: str


def profiles() -> list[ProfileRow]:
    """All posting profiles. One query."""
    rows = PostingProfile.objects.select_related(
        "account", "category", "org_unit", "legal_entity"
    ).order_by("slot", "event", "id")
    return [
        ProfileRow(
            row.pk,
            _words(row.slot),
            _words(row.event) or "Any",
            row.category.name if row.category else "Any",
            row.org_unit.name if row.org_unit else "Any",
            row.legal_entity.name if row.legal_entity else "Any",
            str(row.account),
        )
        for row in rows
    ]


def profile(profile_id: int) -> PostingProfile:
    """One posting profile. Raises  NotFound."""
    row: PostingProfile = _found(PostingProfile, profile_id)
    return row


@dataclass(frozen=True, slots=True)
class CategoryTaxPage:
    """What may have a tax code of its own at an entity, and which it has (None: as what is wider)."""

    entity: LegalEntity
    codes: list[tuple[int, str, str]]
    categories: list[tuple[int, str, str]]
    by_class: dict[str, int | None]
    by_category: dict[int, int | None]


def category_taxes(entity_id: int) -> CategoryTaxPage:
    """Four queries. Raises  NotFound."""
    entity: LegalEntity = _found(LegalEntity, entity_id)
    known = tax_determination.by_kind(entity)
    categories = list(
        TransactionCategory.objects.filter(is_active=True)
        .order_by("transaction_class", "name")
        .values_list("id", "name", "transaction_class")
    )
    return CategoryTaxPage(
        entity,
        list(
            TaxCode.objects.filter(legal_entity=entity)
            .order_by("code")
            .values_list("id", "code", "name")
        ),
        categories,
        {name.value: known.get(Supplied(name.value)) for name in TransactionClass},
        {pk: known.get(Supplied(category_id=pk)) for pk, _, _ in categories},
    )


def tax_codes(*, on: date) -> Any:
    """Tax codes with their rate of the day. One query."""
    rate = TaxRate.objects.filter(tax_code_id=OuterRef("pk"), valid_from__lte=on)
    return TaxCode.objects.annotate(
        entity_name=F("legal_entity__name"),
        percent=Subquery(rate.order_by("-valid_from").values("tax_percent")[:1]),
    )


@dataclass(frozen=True, slots=True)
class TaxCodePage:
    """A tax code with its rates, newest first."""

    code: TaxCode
    rates: list[tuple[date, Decimal]]


def tax_code_page(tax_code_id: int) -> TaxCodePage:
    """Raises  NotFound. Two queries."""
    row: TaxCode = _found(TaxCode, tax_code_id)
    rates = TaxRate.objects.filter(tax_code=row).order_by("-valid_from")
    return TaxCodePage(row, list(rates.values_list("valid_from", "tax_percent")))


def _words(value: str) -> str:
    return value.replace("_", " ").capitalize()


def _found(model: Any, row_id: int) -> Any:
    row = model.objects.filter(pk=row_id).first()
    if row is None:
        raise NotFound("This record does not exist, or it is not yours to see.")
    return row
