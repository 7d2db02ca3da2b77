"""What rules may say of automation itself: an approval that they asked for and that still waits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from .models import ApprovalRequest
from .selectors import members_of_roles
from .subjects import Deadline, Facts, Subject, register

RECORD = "automation.ApprovalRequest"


def load(ids: Collection[int], on: date) -> Mapping[int, Facts]:
    """Requests as rules see them. Two queries."""
    rows = list(ApprovalRequest.objects.filter(pk__in=ids).select_related("rule"))
    roles = members_of_roles({row.rule.approver_role for row in rows})
    return {
        row.pk: Facts(
            row.record_label,
            "automation:request",
            row.pk,
            {},
            {
                "requester": (row.requested_by_id,),
                "approvers": tuple(
                    pk for pk in roles.get(row.rule.approver_role, ()) if pk != row.requested_by_id
                ),
            },
        )
        for row in rows
    }


def waiting(from_on: date, until_on: date) -> Sequence[tuple[int, date]]:
    """Requests that still wait, by the day on which they were asked. One query."""
    rows = ApprovalRequest.objects.filter(
        state=ApprovalRequest.State.WAITING,
        requested_at__date__gte=from_on,
        requested_at__date__lt=until_on,
    )
    return [(pk, at.date()) for pk, at in rows.order_by("id").values_list("id", "requested_at")]


register(
    Subject(
        RECORD,
        "Approval requests",
        events=(),
        fields=(),
        people=(("approvers", "Those who decide"), ("requester", "Who asked")),
        load=load,
    ),
    Deadline(
        "automation.request_waiting", "An approval request waits", RECORD, waiting, "Waits since"
    ),
)
