"""Moving a firm to another deployment model: what spans the rooms in one transaction."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from billing.models import Invoice, Payment, Reimbursement
from billing.services import bringing_in
from billing.services.bringing_in import BroughtIn
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual, JournalEntry
from psa.core.ledger.rules.periods import period_of
from psa.core.ledger.rules.types import ActualType, PeriodState
from psa.core.org.models import LegalEntity, TenantParameters
from psa.core.org.rules.deployment import DeploymentModel, is_above

REVALUATION: Final = "deployment.revaluation"


class AlreadyThere(Conflict):
    """The firm works with this model, or with more, already."""


@dataclass(frozen=True, slots=True)
class MovedUp:
    """What the books took over, and the run that values earlier work, if one was asked for."""

    brought_in: BroughtIn
    revaluation: JobRun | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the firm stands: its model, since when it keeps books, and what it has without them."""

    model: str
    books_begin_on: date | None
    invoices: int
    payments: int
    reimbursements: int
    why_not_lite: str

    @property
    def is_lite(self) -> bool:
        return self.model == DeploymentModel.LITE


def standing(*, actor: Actor) -> Standing:
    """The firm's deployment model, for who may change it. Raises  PermissionDenied."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    row = TenantParameters.objects.get()
    without_books = {"journal_entry__isnull": True}
    return Standing(
        row.deployment_model,
        row.books_begin_on,
        Invoice.objects.filter(**without_books).count(),
        Payment.objects.filter(**without_books).count(),
        Reimbursement.objects.filter(**without_books).count(),
        _why_not_lite(row),
    )


@transaction.atomic
def move_up(*, begin_on: date, revalue_from_on: date | None, actor: Actor, at: datetime) -> MovedUp:
    """Move a Lite firm up to non-stocked: from `begin_on` on it keeps books.

    1. the model changes, under the lock of the firm's parameters; what waits to be journalled and is
       posted on that day or later goes with the next posting run
    2. billing: invoices, payments and reimbursements written by hand are brought into the books
    3. approved work of `revalue_from_on` or later is valued by a run, if that is wanted
    All or nothing but the run, which goes on by itself. Nothing that stands is changed.
    Raises  PermissionDenied, AlreadyThere, PostingProfileMissing; DomainError for a day to come, or
            one from which some period is not open.
    Source  docs/rules/ledger.md, L-24.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    row = TenantParameters.objects.select_for_update().get()
    if not is_above(DeploymentModel.NON_STOCKED, row.deployment_model):
        raise AlreadyThere("Your firm keeps books already. Nothing was changed.")
    today = at.date()
    if begin_on > today:
        raise DomainError("The books begin today or earlier.", field="begin_on")
    if revalue_from_on is not None and revalue_from_on > today:
        raise DomainError("Work of days to come is valued anyway.", field="revalue_from_on")
    _check_open_since(begin_on, today)
    _set_model(row, DeploymentModel.NON_STOCKED, begin_on)
    brought = bringing_in.bring_in(begin_on=begin_on, actor=actor, at=at)
    audit.record(
        actor=actor, at=at, event="org.parameters_changed", record_type="org.TenantParameters",
        record_id=row.pk,
        sentence=f"Moved the firm up from Lite; its books begin on {begin_on:%-d %b %Y}",
    )  # fmt: skip
    run = None
    if revalue_from_on is not None:
        run = jobs.start(
            kind=REVALUATION,
            key=at.isoformat(),
            title=f"Value work since {revalue_from_on:%-d %b %Y}",
            arguments={"from_on": revalue_from_on.isoformat()},
            actor=actor,
            at=at,
        )
    return MovedUp(brought, run)


@transaction.atomic
def begin_as_lite(*, actor: Actor, at: datetime) -> None:
    """Let a firm that has posted nothing but costs work as Lite.

    Raises  PermissionDenied, AlreadyThere; DomainError once sales or journals stand.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    row = TenantParameters.objects.select_for_update().get()
    if row.deployment_model == DeploymentModel.LITE:
        raise AlreadyThere("Your firm works as Lite already. Nothing was changed.")
    if reason := _why_not_lite(row):
        raise DomainError(reason)
    _set_model(row, DeploymentModel.LITE, None)
    audit.record(
        actor=actor, at=at, event="org.parameters_changed", record_type="org.TenantParameters",
        record_id=row.pk, sentence="Let the firm work as Lite",
    )  # fmt: skip


def _set_model(row: TenantParameters, model: DeploymentModel, begin_on: date | None) -> None:
    row.deployment_model, row.books_begin_on = model, begin_on
    row.save(update_fields=["deployment_model", "books_begin_on"])


def _why_not_lite(row: TenantParameters) -> str:
    """Why the firm cannot work as Lite; "" when it can. Two queries at most."""
    sales = Actual.objects.exclude(actual_type=ActualType.COST)
    if JournalEntry.objects.exists() or sales.exists():
        return (
            "Journals or sales stand already, and they stay: a firm moves up from Lite, never down "
            "to it."
        )
    return ""


def _check_open_since(begin_on: date, today: date) -> None:
    """Every entity's periods from that day until today take postings.

    Raises  DomainError naming the entity and the period.
    """
    entities = list(LegalEntity.objects.order_by("code"))
    calendars = ledger.periods_by_entity([entity.pk for entity in entities])
    for entity in entities:
        day = begin_on
        while day <= today:
            period = period_of(calendars.get(entity.pk, []), day)
            if period.state is not PeriodState.OPEN:
                raise DomainError(
                    f"Period {period.name} of {entity.code} is not open. Open it again, or begin "
                    "the books later.",
                    field="begin_on",
                )
            day = max(period.until_on, day + timedelta(days=1))
