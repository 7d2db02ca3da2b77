"""Reconciliations: 0.00 when all is well, and the row that breaks one by name."""

from dataclasses import replace
from datetime import date

import pytest

from psa.core.errors import PermissionDenied
from psa.core.ledger.models import ProofRun
from psa.core.ledger.rules.journals import Dimensions, EntryHeader, ProfileLine, profile_entry
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.rules.types import ActualType
from psa.core.ledger.selectors import profile_book
from psa.core.ledger.services import journals, posting, posting_run
from revenue.services.accruals import post_accruals
from revenue.services.proofs import run_proofs
from tests.billing.scenario import confirm, make_case, post_days, propose, time_draft
from tests.factories import AT

AS_OF = date(2026, 7, 31)


@pytest.fixture
def case(db):
    return make_case()


def proofs(case):
    entity = case.firm.entities["UK"].pk
    found = run_proofs(legal_entity_id=entity, as_of=AS_OF, actor=case.fay, at=AT)
    return {proof.name: proof for proof in found}


def test_hold_after_billing_and_accruing(case):
    with case.scope():
        post_days(case)
        period = case.firm.entities["UK"].periods.get(name="2026-06")
        post_accruals(period_id=period.pk, actor=case.fay, at=AT)
        [proposal] = propose(case)
        confirm(case, proposal)
        found = proofs(case)
        run = ProofRun.objects.get()
    assert {name: proof.breaking for name, proof in found.items()} == dict.fromkeys(found, ())
    assert found["receivable"].left > 0
    assert run.is_proven


def test_hold_for_invoices_of_a_fixed_price(case):
    with case.scope():
        post_days(case, line=case.work.fixed_line)
        for proposal in propose(case):
            confirm(case, proposal)
        found = proofs(case)
    assert found["contract_position"].holds
    assert found["contract_position"].left < 0


def test_a_journal_beside_the_invoices_is_named_by_its_customer(case):
    with case.scope():
        entity = case.firm.entities["UK"]
        dimensions = Dimensions(customer_id=case.work.account.pk)
        header = EntryHeader(
            JournalEvent.ADJUSTMENT, entity.pk, "GBP", date(2026, 7, 2), "manual", "M-1"
        )
        entry = profile_entry(
            header,
            profile_book(),
            [
                ProfileLine(Slot.RECEIVABLE, 50, dimensions),
                ProfileLine(Slot.REVENUE, -50, dimensions),
            ],
        )
        journals.post_entries(drafts=[entry], actor=case.fay, at=AT)
        found = proofs(case)
        run = ProofRun.objects.get()
    [row] = found["receivable"].breaking
    assert (row.kind, row.ref, row.difference) == ("customer", "A-1", 50)
    assert not run.is_proven
    assert run.results[0]["breaking"][0]["ref"] == "A-1"


def test_cost_that_waits_for_the_posting_run_is_counted_then_reconciles(case):
    with case.scope():
        cost = replace(time_draft(case), type=ActualType.COST, posting_event="time_cost")
        batch = posting.post(drafts=[cost], actor=case.fay, at=AT, kind="approval").batch_id
        [waiting] = proofs(case)["unjournalled"].breaking
        assert (waiting.ref, waiting.left) == (str(batch), 1)
        posting_run.journal_batches(batch_ids=[batch], actor=case.fay, at=AT)
        found = proofs(case)
    assert found["unjournalled"].holds
    assert found["project_cost"].holds
    assert found["project_cost"].left > 0


def test_are_not_for_the_billing_manager(case):
    with case.scope(), pytest.raises(PermissionDenied):
        run_proofs(legal_entity_id=case.firm.entities["UK"].pk, as_of=AS_OF, actor=case.bill, at=AT)
