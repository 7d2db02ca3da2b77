"""The rows of approved work that several customers pay, within the contract's limits."""

from collections.abc import Sequence

from moneyed import Money

from psa.core.ledger.rules.types import ActualDraft
from sales.rules import funding
from sales.rules.funding import PaidPart, Payers
from sales.rules.not_to_exceed import Limit, Work, split_by_limits

from .accrual_drafts import paid_by


def share_out(
    rows: Sequence[tuple[int, ActualDraft]],
    shared: dict[int, Payers],
    limits: Sequence[Limit],
    drafts: list[ActualDraft | None],
    more: list[ActualDraft],
) -> Sequence[Limit]:
    """Put the rows of a contract's payers in the place of its work; the limits as used then."""
    for index, draft in rows:
        work = work_of(index, draft)
        payers = shared.get(index)
        if payers is None:  # of a day before the first split
            result = split_by_limits([work], limits)
            parts: tuple[PaidPart, ...] = (PaidPart(None, draft.account_id, result.splits[0]),)
            limits = result.limits
        else:
            parts, limits = funding.pay(work, payers, limits)
        drafts[index] = None
        more += paid_by(draft, parts)
    return limits


def work_of(ref: int, draft: ActualDraft) -> Work:
    """A draft as limits see it; `ref` is the caller's key."""
    assert draft.contract_line_id is not None  # limits are a contract's
    return Work(
        ref=ref,
        amount=Money(draft.amount, draft.currency),
        contract_line_id=draft.contract_line_id,
        transaction_class=draft.transaction_class,
        account_id=draft.account_id,
        minutes=draft.minutes,
        work_on=draft.work_on,
    )
