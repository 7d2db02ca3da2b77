"""Endpoints of the two ledgers: actuals, journals, statements, periods, proofs, exports."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Field, Query

from psa.core import clock
from psa.core.access.permissions import LedgerPermission
from psa.core.jobs import services as jobs
from psa.core.ledger import actual_records, books, closing, lists, rehearsals
from psa.core.ledger.jobs import POSTING_RUN
from psa.core.ledger.rules.types import PeriodState
from psa.core.ledger.services import exports, periods
from psa.core.ledger.services.exports import ExportFormat
from psa.core.web.api import ApiRequest, In, Named, Nothing, Out, shape
from psa.core.web.api.fields import Day, Id, Money, OneOf, Text
from psa.core.web.api.refusals import InvalidQuery

from .area import endpoints

VIEW_GL = LedgerPermission.VIEW_GL
ActualOut = shape(actual_records.ActualPage, "ActualOut")
EntryOut = shape(
    books.EntryPage,
    "JournalEntryOut",
    without=("entity",),
    legal_entity=Annotated[Named, Field(alias="entity")],
)
RehearsalOut = shape(rehearsals.Rehearsal, "RehearsalOut")
BalanceOut = shape(books.AccountBalance, "AccountBalance")
SectionOut = shape(books.StatementSection, "StatementSection")
ResultOut = shape(books.ResultRow, "ResultRow")
_ENTITY = Annotated[str, Text(12)]
_ENTITY_HELP = "Code of the legal entity; the first one when left out."


class TrialBalanceOut(Out):
    """All accounts of an entity as of a day; debit and credit are equal."""

    entity: Named
    as_of: date
    rows: list[BalanceOut]  # type: ignore[valid-type]
    debit: Money
    credit: Money
    difference: Money


class BalanceSheetOut(Out):
    entity: Named
    as_of: date
    assets: SectionOut  # type: ignore[valid-type]
    liabilities: SectionOut  # type: ignore[valid-type]
    equity: SectionOut  # type: ignore[valid-type]
    result: Money


class IncomeStatementOut(Out):
    entity: Named
    from_on: date
    until_on: date
    by: str
    rows: list[ResultOut]  # type: ignore[valid-type]
    income: Money
    expense: Money
    result: Money


class PeriodOut(Out):
    """A month of one entity's books; `ends_on` is the first day after it."""

    id: int
    legal_entity_id: int
    name: str
    starts_on: date
    ends_on: date
    state: str
    closed_at: datetime | None


class PeriodStateOut(Out):
    id: int
    name: str
    starts_on: date
    last_on: date
    state: str
    closed_at: datetime | None


class ProofRunOut(Out):
    """A reconciliation of one entity as of a day."""

    id: int
    as_of: date
    run_at: datetime
    is_proven: bool
    results: list[dict[str, Any]]


class PeriodStateIn(In):
    state: Annotated[str, OneOf(*PeriodState)]
    reason: Annotated[str, Text(300)] = Field("", description="A must for re-opening.")


class JournalExportIn(In):
    legal_entity_id: Id
    file_format: Annotated[str, OneOf(*ExportFormat)]
    mapping_id: Id | None = Field(None, description="For `package`: the account mapping.")
    from_on: Day | None = Field(
        None, description="For `package`: the first day; all when left out."
    )
    until_on: Day | None = Field(None, description="For `package`: the last day.")


class JournalExportOut(Out):
    id: int
    entry_count: int
    sha256: str


class PostingRunStarted(Out):
    """A job that was queued; follow it under `/jobs/{id}`."""

    id: int
    title: str
    state: str


@endpoints.list(
    "/actuals", lists.ACTUALS, LedgerPermission.VIEW_ACTUALS, name="Actual", max_limit=1000
)
def list_actuals(request: ApiRequest) -> Any:
    """The ledger's facts. For an export sort by `id` and follow `next`, 1,000 at a time."""
    return actual_records.actual_rows(actor=request.actor)


@endpoints.read("/actuals/{actual_id}", ActualOut, LedgerPermission.VIEW_ACTUALS)
def get_actual(request: ApiRequest, actual_id: Id) -> Any:
    """One fact with where it came from and what became of it."""
    return actual_records.actual_page(actor=request.actor, actual_id=actual_id)


@endpoints.list("/journal-entries", lists.ENTRIES, VIEW_GL, name="JournalEntry", max_limit=1000)
def list_journal_entries(request: ApiRequest) -> Any:
    """Posted journal entries."""
    return books.entry_rows(actor=request.actor)


@endpoints.read("/journal-entries/{entry_id}", EntryOut, VIEW_GL)
def get_journal_entry(request: ApiRequest, entry_id: Id) -> Any:
    """One entry with its lines."""
    return books.entry_page(actor=request.actor, entry_id=entry_id)


@endpoints.report("/trial-balance", TrialBalanceOut, VIEW_GL)
def get_trial_balance(
    request: ApiRequest,
    entity: _ENTITY = Query("", description=_ENTITY_HELP),
    as_of: Day | None = Query(None),
) -> Any:
    """Debit, credit and balance of each account."""
    chosen = books.choose_entity(actor=request.actor, code=entity)
    return books.trial_balance(actor=request.actor, entity=chosen, as_of=as_of or clock.today())


@endpoints.report("/balance-sheet", BalanceSheetOut, VIEW_GL)
def get_balance_sheet(
    request: ApiRequest,
    entity: _ENTITY = Query("", description=_ENTITY_HELP),
    as_of: Day | None = Query(None),
) -> Any:
    """Assets, liabilities and equity."""
    chosen = books.choose_entity(actor=request.actor, code=entity)
    return books.balance_sheet(actor=request.actor, entity=chosen, as_of=as_of or clock.today())


@endpoints.report("/income-statement", IncomeStatementOut, VIEW_GL)
def get_income_statement(
    request: ApiRequest,
    entity: _ENTITY = Query("", description=_ENTITY_HELP),
    from_on: Day | None = Query(None, description="The first of the year when left out."),
    until_on: Day | None = Query(None),
    by: Annotated[str, OneOf(*books.RESULT_BY)] = Query("project"),
) -> Any:
    """Income, expense and result by one dimension."""
    until = until_on or clock.today()
    start = from_on or until.replace(month=1, day=1)
    if start > until:
        raise InvalidQuery("The statement begins after it ends.", "from_on")
    chosen = books.choose_entity(actor=request.actor, code=entity)
    return books.income_statement(
        actor=request.actor, entity=chosen, from_on=start, until_on=until, by=by
    )


@endpoints.report("/periods", list[PeriodStateOut], VIEW_GL)
def list_periods(request: ApiRequest, entity: _ENTITY = Query("", description=_ENTITY_HELP)) -> Any:
    """The fiscal periods of an entity."""
    return closing.periods_page(actor=request.actor, code=entity, today=clock.today()).calendar


@endpoints.read("/periods/{period_id}", PeriodOut, VIEW_GL, LedgerPermission.MANAGE_PERIODS)
def get_period(request: ApiRequest, period_id: Id) -> Any:
    """One fiscal period."""
    return closing.get_period(actor=request.actor, period_id=period_id)


@endpoints.write(
    "POST",
    "/periods/{period_id}/state",
    PeriodOut,
    LedgerPermission.MANAGE_PERIODS,
    of=get_period,
)
def change_period_state(request: ApiRequest, period_id: Id, body: PeriodStateIn) -> Any:
    """Soft-close, close or re-open a period."""
    periods.move_period(
        period_id=period_id,
        state=PeriodState(body.state),
        reason=body.reason,
        actor=request.actor,
        at=clock.now(),
    )
    return get_period(request, period_id=period_id)


@endpoints.report("/reconciliations/latest", ProofRunOut | None, VIEW_GL)
def get_latest_reconciliation(
    request: ApiRequest, entity: _ENTITY = Query("", description=_ENTITY_HELP)
) -> Any:
    """The latest reconciliation of an entity; null before the first."""
    return closing.proof_page(actor=request.actor, code=entity).run


@endpoints.write("POST", "/posting-runs", PostingRunStarted, LedgerPermission.POST, status=201)
def start_posting_run(request: ApiRequest, body: Nothing) -> Any:
    """Start the job that writes journal entries for waiting actuals."""
    at = clock.now()
    return jobs.start(
        kind=POSTING_RUN,
        key=f"asked for at {at.isoformat()}",
        title="Posting run",
        arguments={},
        actor=request.actor,
        at=at,
    )


@endpoints.list("/journal-exports", lists.EXPORTS, LedgerPermission.EXPORT, name="JournalExport")
def list_journal_exports(request: ApiRequest) -> Any:
    """Exports that were taken."""
    return closing.exports(actor=request.actor)


@endpoints.write("POST", "/journal-exports", JournalExportOut, LedgerPermission.EXPORT, status=201)
def take_journal_export(request: ApiRequest, body: JournalExportIn) -> Any:
    """Take an export of an entity's whole journal; its hash proves a repeat identical."""
    taken, _file = exports.take_export(
        entity_id=body.legal_entity_id,
        file_format=ExportFormat(body.file_format),
        mapping_id=body.mapping_id,
        from_on=body.from_on,
        until_on=body.until_on,
        actor=request.actor,
        at=clock.now(),
    )
    return taken


@endpoints.file(
    "/journal-exports/{export_id}/file", "application/octet-stream", LedgerPermission.EXPORT
)
def get_journal_export_file(request: ApiRequest, export_id: Id) -> Any:
    """The export's bytes, the same each time."""
    made = exports.repeat_export(export_id=export_id, actor=request.actor)
    response = HttpResponse(made.content, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{made.filename}"'
    response["X-Content-SHA256"] = made.sha256
    return response
