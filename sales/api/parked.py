"""Work over a contract's limits, and releasing it as far as there is room."""

from typing import Any

from ninja import Field

from psa.core import clock
from psa.core.web.api import ApiRequest, In, Out
from psa.core.web.api.fields import Day, Id, Money
from sales.selectors import parked as selectors
from sales.selectors.parked import ParkedPage
from sales.services import parked as services

from .area import SEES, endpoints


class ParkedLimitOut(Out):
    """A limit and how far it is used."""

    of: str
    limit: Money
    used: Money
    room: Money


class ParkedRowOut(Out):
    id: int = Field(description="The actual; name it to release it.")
    work_on: Day
    person: str
    line: str
    minutes: int | None
    amount: Money | None = Field(description="Null unless you may see its bill rates.")
    why: str


class ParkedOut(Out):
    """What waits above a contract's limits, oldest first. Limits are empty without bill rates."""

    limits: list[ParkedLimitOut]
    rows: list[ParkedRowOut]
    total: Money | None
    may_release: bool

    @staticmethod
    def resolve_limits(page: ParkedPage) -> list[Any]:
        return page.limits if page.sees_bill else []

    @staticmethod
    def resolve_rows(page: ParkedPage) -> list[dict[str, Any]]:
        names = ("id", "work_on", "person", "line", "minutes", "why")
        return [
            {name: getattr(row, name) for name in names}
            | {"amount": row.amount if page.sees_bill else None}
            for row in page.rows
        ]

    @staticmethod
    def resolve_total(page: ParkedPage) -> Any:
        return page.total if page.sees_bill else None


class ReleaseIn(In):
    actual_ids: list[Id] = Field(
        min_length=1, max_length=5000, description="In the order in which they take the room."
    )


@endpoints.read("/contracts/{contract_id}/parked-work", ParkedOut, *SEES)
def get_parked_work(request: ApiRequest, contract_id: Id) -> Any:
    """Work that is over a limit of the contract."""
    return selectors.parked_page(actor=request.actor, contract_id=contract_id)


@endpoints.write(
    "POST",
    "/contracts/{contract_id}/parked-work/release",
    ParkedOut,
    *SEES,
    of=get_parked_work,
)
def release_parked_work(request: ApiRequest, contract_id: Id, body: ReleaseIn) -> Any:
    """Accrue these rows as far as the limits have room; a row that fits in part is split."""
    services.release_chosen_work(
        contract_id=contract_id,
        actual_ids=body.actual_ids,
        actor=request.actor,
        at=clock.now(),
        today_on=clock.today(),
    )
    return get_parked_work(request, contract_id=contract_id)
