"""The approver's inbox, and recalls of what was approved."""

from typing import Annotated, Any

from ninja import Field, Query

from psa.core import clock
from psa.core.errors import NotFound
from psa.core.jobs.models import JobRun
from psa.core.web.api import ApiRequest, In, Nothing, Out, shape
from psa.core.web.api.fields import Id, Text
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import approvals as selectors
from timeexpense.selectors import recalls as asked
from timeexpense.services import approval_sets, approvals, recalls, returns
from timeexpense.services.approvals import Approval
from timeexpense.services.refusals import Adjustment
from timeexpense.views.approvals import RECALLABLE

from .area import EntryKind, endpoints

MAX_ENTRIES = 5_000
APPROVE = TimeExpensePermission.APPROVE
WaitingOut = shape(selectors.Waiting, "WaitingEntry")
RecallRequestOut = shape(asked.RecallRequest, "RecallRequest")
ApprovalOut = shape(Approval, "ApprovalOut")


class EntryKey(In):
    kind: EntryKind
    id: Id


class EntryKeysIn(In):
    entries: list[EntryKey] = Field(min_length=1, max_length=MAX_ENTRIES)

    def keys(self) -> list[tuple[str, int]]:
        return [(one.kind, one.id) for one in self.entries]


class BillableIn(In):
    entry_id: Id
    billable_minutes: int = Field(ge=0, le=1440)
    reason: Annotated[str, Text(200, blank=False)]


class EntryCommentIn(In):
    """What the person reads beside one entry."""

    kind: EntryKind
    id: Id
    comment: Annotated[str, Text(400, blank=False)]


def _comments(given: list[EntryCommentIn]) -> dict[tuple[str, int], str]:
    return {(one.kind, one.id): one.comment for one in given}


class ApproveEntriesIn(EntryKeysIn):
    adjustments: list[BillableIn] = Field(
        [],
        max_length=MAX_ENTRIES,
        description="Bill less, or more, of a time entry than was worked.",
    )

    comments: list[EntryCommentIn] = Field([], max_length=MAX_ENTRIES)


class ReturnEntriesIn(EntryKeysIn):
    reason: Annotated[str, Text(400)] = Field("", description="Of all without their own comment.")
    comments: list[EntryCommentIn] = Field([], max_length=MAX_ENTRIES)


class RecallIn(In):
    reason: Annotated[str, Text(400, blank=False)]


class ApprovalOrJob(Out):
    """What was approved; a large set is approved by a job, whose run is named instead."""

    approval: ApprovalOut | None  # type: ignore[valid-type]
    job_run_id: int | None


@endpoints.report("/approvals", list[WaitingOut], APPROVE)  # type: ignore[valid-type]
def list_waiting(request: ApiRequest, kind: EntryKind = Query("time")) -> Any:
    """Entries that wait for you; `findings` are what to look at first."""
    if kind == "time":
        return selectors.waiting_time(actor=request.actor)
    return selectors.waiting_expenses(actor=request.actor)


@endpoints.write("POST", "/approvals/approve", ApprovalOut, APPROVE)
def approve_entries(request: ApiRequest, body: ApproveEntriesIn) -> Any:
    """Approve entries and post their actuals; a decision for each, refusals with their reason."""
    return approvals.approve_entries(
        entries=body.keys(),
        adjustments={
            one.entry_id: Adjustment(one.billable_minutes, one.reason) for one in body.adjustments
        },
        comments=_comments(body.comments),
        actor=request.actor,
        at=clock.now(),
    )


@endpoints.write("POST", "/approvals/approve-clean", ApprovalOrJob, APPROVE)
def approve_all_clean(request: ApiRequest, body: Nothing) -> Any:
    """Approve all that waits for you without a finding."""
    done = approval_sets.approve_all_clean(actor=request.actor, at=clock.now())
    if isinstance(done, JobRun):
        return {"approval": None, "job_run_id": done.pk}
    return {"approval": done, "job_run_id": None}


@endpoints.write("POST", "/approvals/return", ApprovalOut, APPROVE)
def return_entries(request: ApiRequest, body: ReturnEntriesIn) -> Any:
    """Return entries; each person reads the reason beside the entry."""
    return returns.return_entries(
        entries=body.keys(),
        reason=body.reason,
        comments=_comments(body.comments),
        actor=request.actor,
        at=clock.now(),
    )


@endpoints.write("POST", "/approvals/try", ApprovalOut, APPROVE)
def try_approval(request: ApiRequest, body: EntryKeysIn) -> Any:
    """What approving would do, entry by entry; nothing of it is kept."""
    return approval_sets.try_approval(entries=body.keys(), actor=request.actor, at=clock.now())


@endpoints.report("/recall-requests", list[RecallRequestOut], APPROVE)  # type: ignore[valid-type]
def list_recall_requests(request: ApiRequest) -> Any:
    """Approved entries whose people ask for them back."""
    return list(asked.recall_requests(actor=request.actor))


@endpoints.write("POST", "/recalls/{kind}/{entry_id}", None, status=204)
def request_recall(request: ApiRequest, kind: EntryKind, entry_id: Id, body: RecallIn) -> Any:
    """Ask for one's own approved entry back."""
    _check_seen(request, kind, entry_id)
    recalls.request_recall(
        kind=kind, entry_id=entry_id, reason=body.reason, actor=request.actor, at=clock.now()
    )


@endpoints.write(
    "POST",
    "/recalls/{kind}/{entry_id}/grant",
    None,
    APPROVE,
    TimeExpensePermission.GRANT_RECALL,
    status=204,
)
def grant_recall(request: ApiRequest, kind: EntryKind, entry_id: Id, body: RecallIn) -> Any:
    """Reverse an approved entry's actuals and make it a draft again."""
    _check_seen(request, kind, entry_id)
    recalls.grant_recall(
        kind=kind, entry_id=entry_id, reason=body.reason, actor=request.actor, at=clock.now()
    )


@endpoints.write(
    "POST",
    "/recalls/{kind}/{entry_id}/decline",
    None,
    APPROVE,
    TimeExpensePermission.GRANT_RECALL,
    status=204,
)
def decline_recall(request: ApiRequest, kind: EntryKind, entry_id: Id, body: RecallIn) -> Any:
    """Leave an entry approved that its person asked back."""
    _check_seen(request, kind, entry_id)
    recalls.decline_recall(
        kind=kind, entry_id=entry_id, reason=body.reason, actor=request.actor, at=clock.now()
    )


def _check_seen(request: ApiRequest, kind: str, entry_id: int) -> None:
    if not RECALLABLE[kind](request.actor).filter(pk=entry_id).exists():
        raise NotFound("There is no such entry.")
