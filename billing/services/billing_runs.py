"""Starting the room's long work."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from billing.permissions import BillingPermission
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.org import features
from psa.core.org.rules.deployment import Feature

BILLING_RUN = "billing.billing_run"
CONFIRM_MANY = "billing.confirm_proposals"
# A part is one transaction of some two seconds; a run has at least so many of them, so that workers
# share it and its progress moves.
CONTRACTS_A_PART, ROWS_A_PART, PARTS_AT_LEAST = 25, 5000, 10


def parts_of(rows_by_contract: Mapping[int, int]) -> list[list[int]]:
    """The contracts of a run, in their order, cut into parts that are drafted together."""
    size = max(1, min(CONTRACTS_A_PART, len(rows_by_contract) // PARTS_AT_LEAST))
    parts: list[list[int]] = []
    rows = 0
    for contract_id, count in rows_by_contract.items():
        if not parts or len(parts[-1]) == size or rows + count > ROWS_A_PART:
            parts.append([])
            rows = 0
        parts[-1].append(contract_id)
        rows += count
    return parts


@transaction.atomic
def start_billing_run(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> JobRun:
    """Queue a billing run; two clicks in one minute with the same filters are one run.

    `arguments`: cutoff_on (ISO), and contract_id, account_id, unit_id as filters.
    Raises  PermissionDenied; NotOffered in a Lite firm, whose work has no sales.
    """
    actor.require(BillingPermission.PROPOSE)
    features.require(Feature.SALES_ACTUALS)
    cutoff_on = date.fromisoformat(arguments["cutoff_on"])
    filters = " ".join(f"{name}={arguments[name]}" for name in sorted(arguments))
    return jobs.start(
        kind=BILLING_RUN,
        key=f"{filters} {at:%Y-%m-%dT%H:%M} by {actor.membership_id}"[:120],
        title=f"Billing run up to {cutoff_on:%-d %b %Y}",
        arguments=arguments,
        actor=actor,
        at=at,
    )


@transaction.atomic
def start_confirming(
    *, proposal_ids: Sequence[int], invoiced_on: date, actor: Actor, at: datetime
) -> JobRun:
    """Queue the confirmation of several proposals, one transaction each.

    Raises  PermissionDenied, DomainError without a proposal.
    """
    actor.require(BillingPermission.CONFIRM)
    if not proposal_ids:
        raise DomainError("Choose at least one proposal.", field="proposals")
    wanted = sorted(set(proposal_ids))
    count = "1 invoice" if len(wanted) == 1 else f"{len(wanted)} invoices"
    return jobs.start(
        kind=CONFIRM_MANY,
        key=f"{wanted[0]}-{wanted[-1]} {len(wanted)} {at.isoformat()} by {actor.membership_id}"[
            :120
        ],
        title=f"Confirm {count}, dated {invoiced_on:%-d %b %Y}",
        arguments={"proposal_ids": wanted, "invoiced_on": invoiced_on.isoformat()},
        actor=actor,
        at=at,
    )
