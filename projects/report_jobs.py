"""Every e-mail with a status report that waits."""

from psa.core.jobs.deliveries import delivery_kind
from psa.core.jobs.registry import register

from .selectors.report_mails import waiting_ids
from .services import report_mails

register(
    delivery_kind(
        report_mails.DELIVERY_JOB, "Send status reports", waiting_ids, report_mails.deliver
    )
)
