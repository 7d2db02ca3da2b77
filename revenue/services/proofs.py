"""Reconciling the books with what they came from: receivables, contract positions, project cost.

Each proof compares two independent sums key by key; documents are in `billed_proofs`, positions in
`position_proofs`.
"""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from billing.models import CHARGES, Invoice, PaymentAllocation, ReceivableMove
from projects.models import Project
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual, JournalLine, ProofRun
from psa.core.ledger.rules.journals import COST_SIDES
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.rules.proofs import Proof, all_hold, prove
from psa.core.ledger.rules.types import ActualType
from psa.core.org import features
from psa.core.org.models import LegalEntity
from psa.core.org.rules.deployment import Feature
from revenue.events import RevenueEvent
from revenue.permissions import RevenuePermission
from sales.models import Account

from . import billed_proofs, lending_proofs, position_proofs, recharge_proofs
from .proof_sums import Sums, lines_on, named

ZERO = Decimal(0)
COST_SLOTS = (Slot.PROJECT_COST, Slot.PROJECT_EXPENSE, Slot.INTERCOMPANY_COST, Slot.WIP_COST)


@transaction.atomic
def run_proofs(*, legal_entity_id: int, as_of: date, actor: Actor, at: datetime) -> list[Proof]:
    """Reconcile one entity as of a day and keep the result. A constant number of queries.

    Receivable = open invoices, and the open items as kept, by customer; contract position =
    recognised − billed by contract, in the entity's currency and in the contracts' own; closing
    accrual = net unbilled; capitalised contract costs = their records; work lent = work borrowed;
    intercompany accounts = lent work and its invoices, which both books have alike;
    project and WIP cost = cost actuals by project and by batch; documents =
    their billed rows; what departments bear = what was charged to them; no actual waits for its journal.
    Raises  PermissionDenied, NotFound; DomainError for a day before the books began; NotOffered
            where none are kept.
    Source  docs/rules/ledger.md, L-9.
    """
    actor.require(RevenuePermission.POST)
    features.require(Feature.BOOKS)
    begin_on = features.books().begin_on
    if begin_on and as_of < begin_on:
        raise DomainError(
            f"The books begin on {begin_on:%-d %b %Y}. Choose that day or a later one.",
            field="as_of",
        )
    entity = LegalEntity.objects.filter(pk=legal_entity_id).first()
    if entity is None:
        raise NotFound("There is no such legal entity.")
    proofs = [
        receivable_proof(entity, as_of),
        billed_proofs.retention_proof(entity, as_of),
        billed_proofs.employee_payable_proof(entity, as_of),
        billed_proofs.open_items_proof(entity),
        *billed_proofs.document_proofs(entity, as_of),
        *recharge_proofs.recharge_proofs(entity, as_of),
        position_proofs.position_proof(entity, as_of),
        *position_proofs.foreign_position_proofs(entity, as_of),
        *position_proofs.accrual_proofs(entity, as_of),
        position_proofs.contract_cost_proof(entity, as_of),
        lending_proofs.lending_proof(entity, as_of),
        lending_proofs.intercompany_proof(entity, as_of),
        *lending_proofs.agreed_proofs(entity, as_of),
        cost_proof(entity, as_of, begin_on),
        batch_proof(entity, as_of, begin_on),
        unjournalled_proof(entity, as_of, begin_on),
    ]
    is_proven = all_hold(proofs)
    run = ProofRun.objects.create(
        tenant_id=actor.tenant_id,
        legal_entity=entity,
        as_of=as_of,
        run_at=at,
        is_proven=is_proven,
        results=[_stored(proof) for proof in proofs],
    )
    broken = sum(1 for proof in proofs if not proof.holds)
    audit.record(
        actor=actor, at=at, event=RevenueEvent.PROVEN, record_type="ledger.ProofRun",
        record_id=run.pk,
        sentence=f"reconciled {entity.code} as of {as_of.isoformat()}: "
        + (f"{broken} do not hold" if broken else "all at 0.00"),
    )  # fmt: skip
    return proofs


def _stored(proof: Proof) -> dict[str, object]:
    return {
        "name": proof.name,
        "currency": proof.currency,
        "left_label": proof.left_label,
        "right_label": proof.right_label,
        "left": str(proof.left),
        "right": str(proof.right),
        "breaking": [
            {"kind": row.kind, "ref": row.ref, "left": str(row.left), "right": str(row.right)}
            for row in proof.breaking
        ],
    }


def receivable_proof(entity: LegalEntity, as_of: date) -> Proof:
    """Receivable accounts = invoices and credit notes less what cleared them, by customer."""
    booked = (
        lines_on(entity, as_of, (Slot.RECEIVABLE,))
        .exclude(entry__event=JournalEvent.REVALUATION)
        .values_list("customer_id")
        .annotate(total=Sum("debit") - Sum("credit"))
    )
    open_by: dict[int | None, Decimal] = defaultdict(Decimal)
    for account_id, total in (
        Invoice.objects.filter(legal_entity=entity, issued_on__lte=as_of)
        .exclude(kind__in=CHARGES)
        .values_list("account_id")
        .annotate(Sum("entity_total_amount"))
    ):
        open_by[account_id] += total
    for account_id, total in (
        PaymentAllocation.objects.filter(
            invoice__legal_entity=entity, payment__received_on__lte=as_of
        )
        .values_list("invoice__account_id")
        .annotate(Sum("booked_entity_amount"))
    ):
        open_by[account_id] -= total
    for account_id, total in (
        ReceivableMove.objects.filter(invoice__legal_entity=entity, moved_on__lte=as_of)
        .values_list("invoice__account_id")
        .annotate(Sum("booked_entity_amount"))
    ):
        open_by[account_id] -= total
    left = dict(booked)
    names = dict(Account.objects.filter(pk__in={*left, *open_by}).values_list("id", "code"))
    return prove(
        "receivable",
        currency=entity.currency,
        kind="customer",
        left_label="Receivables",
        right_label="Open invoices",
        left=named(left, names),
        right=named(open_by, names),
    )


def cost_proof(entity: LegalEntity, as_of: date, begin_on: date | None) -> Proof:
    """Project cost + WIP cost in the books = journalled cost actuals, by project."""
    booked = dict(
        lines_on(entity, as_of, COST_SLOTS)
        .values_list("project_id")
        .annotate(total=Sum("debit") - Sum("credit"))
    )
    recorded = dict(
        _journalled(entity, as_of, begin_on)
        .filter(actual_type__in=(ActualType.COST, ActualType.RESOURCING_UNIT_COST))
        .values_list("project_id")
        .annotate(Sum("entity_amount"))
    )
    names = dict(Project.objects.filter(pk__in={*booked, *recorded}).values_list("id", "code"))
    return prove(
        "project_cost",
        currency=entity.currency,
        kind="project",
        left_label="Project and WIP cost in the books",
        right_label="Cost actuals",
        left=named(booked, names),
        right=named(recorded, names),
    )


def batch_proof(entity: LegalEntity, as_of: date, begin_on: date | None) -> Proof:
    """Debit side of the batches' entries = their journalled actuals' entity amounts, by batch."""
    debit_slots = {debit.value for debit, _ in COST_SIDES.values()}
    booked: Sums = defaultdict(Decimal)
    for reference, total in (
        JournalLine.objects.filter(
            entry__legal_entity=entity,
            entry__source_kind="batch",
            entry__entry_on__lte=as_of,
            memo__in=debit_slots,
        )
        .values_list("entry__source_ref")
        .annotate(total=Sum("debit") - Sum("credit"))
    ):
        booked[reference.partition("/")[0]] += total
    recorded = {
        str(batch_id): total
        for batch_id, total in _journalled(entity, as_of, begin_on)
        .values_list("batch_id")
        .annotate(Sum("entity_amount"))
    }
    return prove(
        "cost_journals",
        currency=entity.currency,
        kind="batch",
        left_label="Journals of the posting run",
        right_label="Actuals of their batches",
        left=booked,
        right=recorded,
    )


def _journalled(entity: LegalEntity, as_of: date, begin_on: date | None) -> "QuerySet[Actual]":
    return ledger.of_the_books(begin_on).filter(
        legal_entity_id=entity.pk,
        posted_on__lte=as_of,
        batch__journalled_at__isnull=False,
    )


def unjournalled_proof(entity: LegalEntity, as_of: date, begin_on: date | None) -> Proof:
    """Each batch that still waits for the posting run, with the number of its actuals."""
    waiting = {
        str(batch_id): Decimal(count)
        for batch_id, count in ledger.of_the_books(begin_on)
        .filter(
            legal_entity_id=entity.pk,
            posted_on__lte=as_of,
            batch__journalled_at__isnull=True,
        )
        .values_list("batch_id")
        .annotate(Count("id"))
    }
    return prove(
        "unjournalled",
        currency=entity.currency,
        kind="batch",
        left_label="Actuals that wait for the posting run",
        right_label="None",
        left=waiting,
        right={},
    )
