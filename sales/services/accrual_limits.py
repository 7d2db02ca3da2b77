"""Rows of judged work within the limits of their contracts: by payer, with what crosses one parked."""

from collections import defaultdict
from collections.abc import Sequence

from psa.core.ledger.rules.types import ActualDraft, ActualType, BillingMethod
from sales.rules.funding import Payers
from sales.rules.not_to_exceed import (
    Limit,
    LimitWarning,
    split_by_limits,
    warnings_between,
)
from sales.selectors import limits as contract_limits

from . import accrual_terms
from .accrual_drafts import Amounts, Judged, draft_of, parts_of
from .accrual_shares import share_out, work_of


def drafts_within_limits(
    judged: Sequence[Judged],
) -> tuple[list[ActualDraft], dict[int, list[LimitWarning]]]:
    """All rows of the batch, by payer, with what crosses a limit parked, and the limits passed."""
    drafts: list[ActualDraft | None] = []
    amounts: Amounts = {}
    capped: dict[int, list[tuple[int, ActualDraft]]] = defaultdict(list)
    shared: dict[int, Payers] = {}
    limits = contract_limits.limits_of(
        {
            row.line.contract_id
            for row in judged
            if row.line and row.line.method is BillingMethod.TIME_AND_MATERIAL
        }
    )
    for row in judged:
        for leg in row.legs:
            draft = draft_of(row, leg, amounts)
            if (
                draft.type is ActualType.UNBILLED_SALES
                and draft.amount != 0
                and draft.contract_id is not None
            ):
                payers = row.payers
                if payers is not None:
                    shared[len(drafts)] = payers
                if payers is not None or draft.contract_id in limits:
                    capped[draft.contract_id].append((len(drafts), draft))
            drafts.append(draft)
    warned: dict[int, list[LimitWarning]] = {}
    parked: list[ActualDraft] = []
    for contract_id in sorted(capped):
        rows = capped[contract_id]
        known = limits.get(contract_id, [])
        if any(index in shared for index, _ in rows):
            after = share_out(rows, shared, known, drafts, parked)
            if passed := warnings_between(known, after):
                warned[contract_id] = passed
            continue
        result = split_by_limits([work_of(index, draft) for index, draft in rows], known)
        passed = warnings_between(known, result.limits)
        if passed:
            warned[contract_id] = passed
        for (index, draft), part in zip(rows, result.splits, strict=True):
            if part.parked.amount:
                accrued, over = parts_of(draft, part)
                # What found no room at all has no unbilled row; the parked one has its value.
                drafts[index] = accrued if accrued.amount else None
                parked.append(over)
    return [draft for draft in drafts if draft is not None] + parked, warned


def limit_room(contract_ids: Sequence[int]) -> dict[int, list[Limit]]:
    """The limits of contracts with what is used of each, under their locks.

    For whoever is about to raise an amount (a reviewer's correction of an invoice line).
    """
    accrual_terms.lines_with_terms((), contract_ids=contract_ids)
    return contract_limits.limits_of(contract_ids)
