"""Reconciling the books with what they came from: receivables, contract positions, project cost."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum

from billing.models import Invoice, InvoiceLine, PaymentAllocation
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import NotFound
from psa.core.ledger.models import Actual, JournalLine, PostingProfile, ProofRun
from psa.core.ledger.rules.journals import COST_SIDES
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.rules.postings import spread
from psa.core.ledger.rules.proofs import Proof, all_hold, contract_position_proof, prove
from psa.core.org.models import LegalEntity
from revenue.events import RevenueEvent
from revenue.models import Obligation, RevenueEstimate
from revenue.permissions import RevenuePermission
from sales.models import Account, Contract

ZERO = Decimal(0)
Sums = dict[str, Decimal]
POSITION_SLOTS = (Slot.CONTRACT_ASSET, Slot.CONTRACT_LIABILITY)


@transaction.atomic
def run_proofs(*, legal_entity_id: int, as_of: date, actor: Actor, at: datetime) -> list[Proof]:
    """Reconcile one entity as of a day and keep the result. A constant number of queries.

    Receivable = open invoices by customer; contract position = recognised − billed by contract;
    project cost in the books = cost actuals by batch; no actual waits for its journal.
    Raises  PermissionDenied, NotFound. Source  docs/rules/ledger.md, L-9.
    """
    actor.require(RevenuePermission.POST)
    entity = LegalEntity.objects.filter(pk=legal_entity_id).first()
    if entity is None:
        raise NotFound("There is no such legal entity.")
    proofs = [
        receivable_proof(entity, as_of),
        position_proof(entity, as_of),
        cost_proof(entity, as_of),
        unjournalled_proof(entity, as_of),
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
    """Receivable accounts = invoices and credit notes less what payments cleared, by customer."""
    booked = (
        _lines(entity, as_of, (Slot.RECEIVABLE,))
        .values_list("customer_id")
        .annotate(total=Sum("debit") - Sum("credit"))
    )
    open_by: dict[int | None, Decimal] = defaultdict(Decimal)
    for account_id, total in (
        Invoice.objects.filter(legal_entity=entity, issued_on__lte=as_of)
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
    left = dict(booked)
    names = dict(Account.objects.filter(pk__in={*left, *open_by}).values_list("id", "code"))
    return prove(
        "receivable",
        currency=entity.currency,
        kind="customer",
        left_label="Receivables",
        right_label="Open invoices",
        left=_named(left, names),
        right=_named(open_by, names),
    )


def position_proof(entity: LegalEntity, as_of: date) -> Proof:
    """Contract asset − liability = posted estimates − billed, by contract; accruals are left out."""
    booked = (
        _lines(entity, as_of, POSITION_SLOTS)
        .exclude(entry__event=JournalEvent.SALES_ACCRUAL)
        .values_list("contract_id")
        .annotate(total=Sum("debit") - Sum("credit"))
    )
    recognised = dict(
        RevenueEstimate.objects.filter(
            state=RevenueEstimate.State.POSTED,
            period__legal_entity=entity,
            period__ends_on__lte=as_of + timedelta(days=1),
        )
        .values_list("obligation__contract_line__contract_id")
        .annotate(Sum("entity_period_revenue"))
    )
    left = dict(booked)
    billed = _billed_position(entity, as_of)
    names = dict(
        Contract.objects.filter(pk__in={*left, *recognised, *billed}).values_list("id", "number")
    )
    return contract_position_proof(
        currency=entity.currency,
        contract_assets=_named(left, names),
        contract_liabilities={},
        recognised=_named(recognised, names),
        billed_net=_named(billed, names),
    )


def _billed_position(entity: LegalEntity, as_of: date) -> dict[int | None, Decimal]:
    """Billed net of tax on lines that are not right-to-invoice, at each invoice's rate."""
    groups: dict[int, dict[tuple[object, ...], Decimal]] = defaultdict(dict)
    contract_of: dict[int, tuple[int, Decimal]] = {}
    rows = (
        InvoiceLine.objects.filter(invoice__legal_entity=entity, invoice__issued_on__lte=as_of)
        .order_by("invoice_id", "position")
        .values_list(
            "invoice_id", "invoice__contract_id", "invoice__entity_total_amount",
            "invoice__entity_tax_amount", "project_id", "category_id",
            "contract_line__recognition_method", "net_amount",
        )
    )  # fmt: skip
    for invoice_id, contract_id, total, tax, project_id, category_id, method, net in rows:
        contract_of[invoice_id] = (contract_id, total - tax)
        key = (project_id, category_id, method == Obligation.Method.AS_INVOICED)
        sums = groups[invoice_id]
        sums[key] = sums.get(key, ZERO) + net
    billed: dict[int | None, Decimal] = defaultdict(Decimal)
    for invoice_id, sums in groups.items():
        contract_id, entity_net = contract_of[invoice_id]
        shares = spread(entity_net, list(sums.values()), entity.currency)
        for (_, _, is_right), share in zip(sums, shares, strict=True):
            if not is_right:
                billed[contract_id] += share
    return billed


def cost_proof(entity: LegalEntity, as_of: date) -> Proof:
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
        for batch_id, total in Actual.objects.filter(
            ~Q(posting_event=""),
            legal_entity_id=entity.pk,
            posted_on__lte=as_of,
            batch__journalled_at__isnull=False,
        )
        .values_list("batch_id")
        .annotate(Sum("entity_amount"))
    }
    return prove(
        "project_cost",
        currency=entity.currency,
        kind="batch",
        left_label="Project cost in the books",
        right_label="Cost actuals journalled",
        left=booked,
        right=recorded,
    )


def unjournalled_proof(entity: LegalEntity, as_of: date) -> Proof:
    """Each batch that still waits for the posting run, with the number of its actuals."""
    waiting = {
        str(batch_id): Decimal(count)
        for batch_id, count in Actual.objects.filter(
            ~Q(posting_event=""),
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


def _lines(entity: LegalEntity, as_of: date, slots: Iterable[Slot]) -> "QuerySet[JournalLine]":
    """Lines on the accounts that profiles name for these slots, up to and including the day."""
    accounts = PostingProfile.objects.filter(
        Q(legal_entity=entity) | Q(legal_entity__isnull=True), slot__in=list(slots)
    ).values("account_id")
    return JournalLine.objects.filter(
        entry__legal_entity=entity, entry__entry_on__lte=as_of, account_id__in=accounts
    )


def _named(sums: dict[int | None, Decimal], names: dict[int, str]) -> Sums:
    """Keyed by the code people know; what has no owner is named so."""
    return {
        (names.get(key, f"#{key}") if key is not None else "not assigned"): total
        for key, total in sums.items()
    }
