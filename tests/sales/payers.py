"""A second payer of the engagement's contract, and splits of it."""

from datetime import date
from decimal import Decimal
from typing import Any

from sales.models import Account, Contract
from sales.services import funding
from sales.services.funding import PayerShare
from tests.timeexpense.conftest import NOW, Scene

TODAY = date(2026, 7, 9)
FROM = date(2026, 1, 1)
Step = tuple[int, Account, Any, Decimal | None]


def add_payer(contract: Contract, name: str = "Kessler Stiftung") -> Account:
    return Account.objects.create(
        tenant_id=contract.tenant_id, code=f"A-{Account.objects.count() + 1}", name=name,
        kind="customer", country="DE", currency="EUR", address="Stiftsgasse 9\n04109 Leipzig",
        email="ap@stiftung.example", tax_id="DE811999999",
    )  # fmt: skip


def halves(scene: Scene, other: Account, limit: Decimal | None = None) -> tuple[Step, Step]:
    return (1, scene.work.account, 50, None), (1, other, 50, limit)


def share(
    scene: Scene, *steps: Step, valid_from: date = FROM, line_id: int | None = None,
    who: str = "amara",
) -> None:  # fmt: skip
    funding.set_split(
        contract_id=scene.work.contract.pk, valid_from=valid_from, line_id=line_id,
        shares=[PayerShare(step, one.pk, Decimal(pct), limit) for step, one, pct, limit in steps],
        actor=scene.actor(who), at=NOW, today_on=TODAY,
    )  # fmt: skip
