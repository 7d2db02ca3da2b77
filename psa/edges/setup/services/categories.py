"""Transaction categories as they are shipped."""

from collections.abc import Collection

from psa.core.org.models import TransactionCategory
from psa.edges.setup import default_policies
from psa.edges.setup.shipped_names import named


def seed_categories(*, tenant_id: int, codes: Collection[str], language: str) -> None:
    """The shipped categories of these codes, called in the language, where the firm has none of that code."""
    known = set(TransactionCategory.objects.values_list("code", flat=True))
    TransactionCategory.objects.bulk_create(
        TransactionCategory(
            tenant_id=tenant_id,
            code=category.code,
            name=named(category.name, language),
            transaction_class=category.transaction_class,
            revenue_account_code=category.revenue_account_code,
            cost_account_code=category.cost_account_code,
            receipt_required_over=category.receipt_required_over,
        )
        for category in default_policies.CATEGORIES
        if category.code in codes and category.code not in known
    )
