"""Every e-mail with a status report that waits."""

from psa.core.jobs.deliveries import delivery_kind
from psa.core.jobs.registry import register

from .services import reports

register(
    delivery_kind(reports.DELIVERY_JOB, "Send status reports", reports.waiting_ids, reports.deliver)
)
