"""A contract's own copy of the price lists it was quoted with."""

from datetime import date

from psa.core.ledger.rules.types import TransactionClass
from psa.core.org import selectors as org
from psa.core.pricing import owners
from psa.core.pricing.models import PriceLine, PriceList
from sales.models import Contract

# What a line says about the work it prices; a blank or null one means any.
_KEYS = (
    "transaction_class", "role_id", "resourcing_unit_id", "category_id", "item", "dimensions",
)  # fmt: skip


def copy_lists(*, contract: Contract, effective_on: date) -> list[PriceList]:
    """Copy the sales lists effective on a day to the contract, one list per currency.

    Owners are taken from the nearest on, as a look-up does; of a farther list only lines that no
    nearer one covers are copied, because a look-up would never have reached the others.
    """
    chain = owners.sales_owners(
        None,
        contract.account_id,
        org.units_up(contract.contracting_unit_id),
        quote_id=contract.quote_id,
    )
    lists = [
        lst
        for lst in PriceList.objects.filter(
            context=PriceList.Context.SALES,
            status=PriceList.Status.ACTIVE,
            valid_from__lte=effective_on,
        ).prefetch_related("lines")
        if (lst.valid_until is None or effective_on < lst.valid_until)
        and (lst.owner_kind, lst.owner_id) in chain
    ]
    lists.sort(key=lambda lst: chain.index((lst.owner_kind, lst.owner_id)))
    copies = []
    for currency in sorted({lst.currency for lst in lists}):
        copies.append(_copy(contract, [lst for lst in lists if lst.currency == currency]))
    return copies


def _copy(contract: Contract, sources: list[PriceList]) -> PriceList:
    nearest = sources[0]
    copy: PriceList = PriceList.objects.create(
        tenant_id=contract.tenant_id,
        name=f"{contract.number} {nearest.currency}",
        context=PriceList.Context.SALES,
        currency=nearest.currency,
        time_unit=nearest.time_unit,
        hours_per_day=nearest.hours_per_day,
        owner_kind=owners.CONTRACT,
        owner_id=contract.pk,
        valid_from=contract.starts_on,
        status=PriceList.Status.ACTIVE,
    )
    kept: list[PriceLine] = []
    for source in sources:
        nearer = list(kept)
        kept += [
            line for line in source.lines.all() if not any(_covers(other, line) for other in nearer)
        ]
    PriceLine.objects.bulk_create(
        [
            PriceLine(
                tenant_id=contract.tenant_id,
                price_list=copy,
                unit=line.unit,
                method=line.method,
                value=line.value,
                **{key: getattr(line, key) for key in _KEYS},
            )
            for line in kept
        ]
    )
    return copy


def _covers(nearer: PriceLine, farther: PriceLine) -> bool:
    """Whether all work that `farther` prices is priced by `nearer` already."""
    # Hour and day convert into each other; other units price different things.
    is_time = farther.transaction_class == TransactionClass.TIME
    return (is_time or nearer.unit == farther.unit) and all(
        getattr(nearer, key) in (None, "", getattr(farther, key)) for key in _KEYS
    )
