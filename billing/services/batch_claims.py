"""What reimbursement batches hold of the ledger, and let go of."""

from datetime import datetime
from typing import Final

from billing.models import Reimbursement, ReimbursementBatchEntry
from psa.core.ledger.models import Actual
from psa.core.ledger.services import claims

HOLDER: Final = "reimbursement_batch"


def let_go(reimbursement: Reimbursement, *, at: datetime) -> None:
    """A payment was taken back: its expenses are owed again, and free for another batch."""
    rows = list(
        ReimbursementBatchEntry.objects.filter(
            reimbursement=reimbursement, is_live=True
        ).values_list("batch_id", "entry_id")
    )
    if not rows:
        return
    actual_ids = Actual.objects.filter(
        source_kind="expense_entry", source_id__in=[entry_id for _, entry_id in rows]
    ).values_list("id", flat=True)
    claims.release(
        holder_kind=HOLDER, holder_ids=sorted({batch_id for batch_id, _ in rows}), at=at,
        actual_ids=list(actual_ids),
    )  # fmt: skip
    ReimbursementBatchEntry.objects.filter(reimbursement=reimbursement).update(is_live=False)
