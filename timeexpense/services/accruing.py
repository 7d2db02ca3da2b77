"""Accruing approved work and posting it: a batch at once, or what the ledger takes of it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from projects import selectors as projects
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.ledger.rules.types import ActualDraft
from psa.core.ledger.services import posting
from sales.rules.not_to_exceed import LimitWarning
from sales.services import accruals, limit_warnings
from sales.services.accrual_drafts import ApprovedWork
from sales.services.accruals import Refused

from .accrual_works import KIND_OF

EntryKey = tuple[str, int]


class Posted:
    """What the ledger took, and what accrual refused."""

    def __init__(self) -> None:
        self.batch_ids: list[int] = []
        self.batch_of: dict[EntryKey, int] = {}
        self.refused: list[Refused] = []
        self.waiting: list[Refused] = []
        self.warnings: list[str] = []


def accrue_and_post(
    works: Sequence[ApprovedWork], actor: Actor, at: datetime, posted: Posted
) -> None:
    """Accrue and post; when the ledger refuses a batch, its halves are tried, down to the entry.

    Each half accrues anew, so that the room under a limit is that of what was really posted.
    """
    if not works:
        return
    try:
        with transaction.atomic():
            accrual = accruals.accrue(works=works, tenant_id=actor.tenant_id)
            batch = None
            if accrual.drafts:
                batch = posting.post(drafts=accrual.drafts, actor=actor, at=at, kind="approval")
    except DomainError as error:
        if len(works) == 1:
            work = works[0]
            posted.refused.append(Refused(work.source_kind, work.source_id, error.message))
            return
        middle = len(works) // 2
        accrue_and_post(works[:middle], actor, at, posted)
        accrue_and_post(works[middle:], actor, at, posted)
        return
    posted.refused += accrual.refused
    posted.waiting += [one for one in (*accrual.refused, *accrual.flagged) if one.unpriced]
    posted.warnings += [_sentence(warning) for warning in accrual.warnings]
    if accrual.warned:
        limit_warnings.tell(
            warned=accrual.warned, manager_ids=_managers(works, accrual.drafts), at=at
        )
    if batch is not None:
        posted.batch_ids.append(batch.batch_id)
        for work in works:
            posted.batch_of[KIND_OF[work.source_kind], work.source_id] = batch.batch_id


def _managers(works: Sequence[ApprovedWork], drafts: Sequence[ActualDraft]) -> dict[int, set[int]]:
    """By contract: the members who manage a project that these works are on. One query."""
    manager_of = projects.manager_members({work.project_id for work in works})
    found: dict[int, set[int]] = {}
    for draft in drafts:
        member_id = manager_of.get(draft.project_id or 0)
        if draft.contract_id is not None and member_id is not None:
            found.setdefault(draft.contract_id, set()).add(member_id)
    return found


def _sentence(warning: LimitWarning) -> str:
    """A limit that was passed, without its amounts: approvers may not see them."""
    if warning.is_reached:
        return "A limit of the contract is reached; what is over it is parked."
    return "A limit of the contract has passed its warning mark."


def key_of(one: Refused) -> EntryKey:
    return (KIND_OF[one.source_kind], one.source_id)
