"""The small demo firm: made whole, with something of everything, and its books agree."""

from datetime import UTC, datetime

import pytest

from billing.models import (
    DunningNotice,
    Invoice,
    InvoiceDelivery,
    ReceivableMove,
    Reimbursement,
    ReimbursementBatch,
    StatementDelivery,
)
from projects.models import Task
from psa.core.access.models import IdentityProvider, Invitation
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobChunk, JobRun
from psa.core.ledger.models import JournalEntry
from psa.core.notifications.models import DocumentMail
from psa.core.org.models import LegalEntity
from psa.core.tenancy.scope import tenant_scope
from psa.edges.demo import firm
from psa.edges.demo.levelled import NAME
from psa.edges.demo.services import start_demo
from psa.edges.integrations.imports.models import ImportRun
from psa.edges.integrations.webhooks.models import Endpoint
from revenue.services.proofs import run_proofs
from sales.models import Contract
from timeexpense.models import BankAccount, PayrollExport

AT = datetime(2026, 7, 20, 9, tzinfo=UTC)
Kind = ReceivableMove.Kind


@pytest.mark.proof
@pytest.mark.django_db
def test_nothing_is_left_out_and_the_books_agree() -> None:
    run = start_demo(slug="demo", seed=1, size="small", at=AT)
    assert run is not None
    with tenant_scope(run.tenant_id):
        done = jobs.run_now(run.pk)
        assert done.state == JobRun.State.DONE, done.error
        parts = JobChunk.objects.filter(run_id=run.pk).exclude(failures=[])
        assert list(parts.values_list("arguments", "failures")) == []
        assert Contract.objects.count() == firm.SMALL.deals
        moves = set(ReceivableMove.objects.values_list("kind", flat=True))
        assert moves >= {Kind.WRITE_OFF, Kind.RETENTION_WITHHELD, Kind.RETENTION_RELEASED}
        assert JournalEntry.objects.filter(source_kind="opening").count() == 3
        batches = ReimbursementBatch.objects
        assert {"draft", "paid"} <= set(batches.values_list("state", flat=True))
        assert batches.filter(exported_at__isnull=False).exists()
        for model in (
            BankAccount, PayrollExport, Reimbursement, DunningNotice, InvoiceDelivery, Invitation,
            ImportRun, Endpoint, IdentityProvider, StatementDelivery,
        ):  # fmt: skip
            assert model.objects.exists(), model.__name__
        assert JobRun.objects.filter(kind="repricing.year").exists()
        levelled = Task.objects.filter(project__name=NAME)
        assert levelled.exclude(levelling_delay_minutes=0).count() == 1
        assert [task.gaps for task in levelled.exclude(gaps=[])] == [[[960, 1440]]]
        assert DocumentMail.objects.filter(record_type="sales.Quote").exists()
        assert not Endpoint.objects.filter(is_active=True).exists()
        last_on = Invoice.objects.order_by("-issued_on")[0].issued_on
        for entity in LegalEntity.objects.all():
            proofs = run_proofs(
                legal_entity_id=entity.pk, as_of=last_on, actor=firm.cast_actor("Fay Ashworth"),
                at=AT,
            )  # fmt: skip
            assert [p.name for p in proofs if not p.holds and p.name != "unjournalled"] == []
