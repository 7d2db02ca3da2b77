"""Lines of drafts: unbilled actuals copied with what a reviewer should look at, and claimed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max

from billing.models import Proposal, ProposalLine
from billing.rules.types import ProposedLine
from psa.core.actor import Actor
from psa.core.ledger.services import claims

HOLDER = "proposal"


@dataclass(frozen=True, slots=True)
class Added:
    """Lines that a draft gets, in their order, and the tax code of each, by its actual."""

    draft: Proposal
    lines: Sequence[ProposedLine]
    tax_code_of: Mapping[int, int]


# Complimentary and non-chargeable work has an amount of 0 already; it keeps its name here.
_INSERT = """
INSERT INTO billing_proposalline (
    tenant_id, proposal_id, position, actual_id, contract_line_id, project_id, task_id,
    resource_id, role_id, category_id, transaction_class, work_on, description, minutes, quantity,
    unit, price, original_amount, amount, treatment, remainder, reason, tax_code_id, flags)
SELECT a.tenant_id, w.proposal_id, w.position, a.id, a.contract_line_id, a.project_id,
    a.task_id, a.resource_id, a.role_id, a.category_id, a.transaction_class, a.work_on,
    a.description, a.minutes, a.quantity, a.unit, a.price, a.amount, a.amount, a.billing_type,
    'write_off', '', w.tax_code_id,
    to_jsonb(array_remove(ARRAY[
        CASE WHEN a.transaction_class = 'expense' AND EXISTS (
            SELECT FROM org_transactioncategory c
            WHERE c.id = a.category_id AND a.amount > c.receipt_required_over
        ) AND EXISTS (
            SELECT FROM timeexpense_expenseentry e
            WHERE a.source_kind = 'expense_entry' AND e.id = a.source_id AND NOT e.has_receipt
        ) THEN 'no_receipt' END,
        CASE WHEN a.transaction_class = 'time' AND extract(isodow FROM a.work_on) > 5
             THEN 'weekend' END,
        CASE WHEN a.transaction_class = 'time' AND count(*) OVER (
            PARTITION BY w.proposal_id, a.resource_id, a.work_on, a.task_id, a.minutes,
                a.description
        ) > 1 THEN 'duplicate' END,
        CASE WHEN btrim(a.description) = '' THEN 'blank_description' END,
        CASE WHEN a.posted_on > a.work_on AND a.transaction_class <> 'fee'
             THEN 'late_entry' END
    ], NULL))
FROM unnest(%(proposals)s::bigint[], %(positions)s::integer[], %(actuals)s::bigint[],
            %(tax_codes)s::bigint[]) AS w(proposal_id, position, actual_id, tax_code_id)
JOIN ledger_actual a ON a.tenant_id = %(tenant)s AND a.id = w.actual_id
"""


def add(added: Sequence[Added], *, fresh_ids: Collection[int], actor: Actor) -> None:
    """Copy the actuals into lines behind those that are there, and hold them for their drafts.

    Drafts in `fresh_ids` have no line yet. Three statements. Raises  ActualHeld.
    """
    if not added:
        return
    last = _last_positions([one.draft.pk for one in added if one.draft.pk not in fresh_ids])
    proposals: list[int] = []
    positions: list[int] = []
    actuals: list[int] = []
    codes: list[int] = []
    for one in added:
        after = last.get(one.draft.pk, 0)
        proposals += [one.draft.pk] * len(one.lines)
        positions += range(after + 1, after + len(one.lines) + 1)
        actuals += [line.actual_id for line in one.lines]
        codes += [one.tax_code_of[line.actual_id] for line in one.lines]
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "tenant": actor.tenant_id,
                "proposals": proposals,
                "positions": positions,
                "actuals": actuals,
                "tax_codes": codes,
            },
        )
    claims.claim_each(
        holder_of=list(zip(actuals, proposals, strict=True)), holder_kind=HOLDER, actor=actor
    )


def _last_positions(proposal_ids: Collection[int]) -> dict[int, int]:
    if not proposal_ids:
        return {}
    return dict(
        ProposalLine.objects.filter(proposal__in=proposal_ids)
        .values_list("proposal_id")
        .annotate(last=Max("position"))
    )
