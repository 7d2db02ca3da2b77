"""Once is once: many connections at one proposal, and two drafts at one actual."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from billing import policies
from billing.models import Invoice, ProposalLine
from billing.services import payments, proposals
from psa.core.errors import Conflict
from psa.core.ledger.models import Actual, ActualClaim, JournalEntry, NumberSequence
from psa.core.ledger.services.claims import ActualHeld, claim
from tests.billing.scenario import AT, CUTOFF, Case, confirm, make_case, post_days, propose

CONNECTIONS = 20


def at_once(case: Case, work, count: int = CONNECTIONS) -> list[object]:
    """Results or refusals of `count` connections that start together."""
    gate = Barrier(count)

    def one(_: int) -> object:
        try:
            gate.wait()
            with case.scope():
                return work()
        except Conflict as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_twenty_connections_confirm_one_proposal_into_one_invoice(
    committed_database: str,
) -> None:
    case = make_case()
    with case.scope():
        post_days(case, 3)
        [draft] = propose(case)
    results = at_once(case, lambda: confirm(case, draft))
    made = [result for result in results if isinstance(result, Invoice)]
    refused = [result for result in results if isinstance(result, policies.AlreadyConfirmed)]
    assert (len(made), len(refused)) == (1, CONNECTIONS - 1)
    with case.scope():
        assert Invoice.objects.count() == 1
        assert NumberSequence.objects.get(document_type="invoice").last_number == 1
        assert JournalEntry.objects.count() == 1
        assert Actual.objects.filter(actual_type="billed_sales").count() == 3


def test_billing_runs_at_once_draft_each_actual_once(committed_database: str) -> None:
    case = make_case()
    with case.scope():
        post_days(case, 10)
    at_once(
        case,
        lambda: proposals.propose_invoices(
            contract_id=case.work.contract.pk, cutoff_on=CUTOFF, run_key="run", actor=case.bill,
            at=AT,
        ),
        8,
    )  # fmt: skip
    with case.scope():
        assert ProposalLine.objects.count() == 10
        assert ActualClaim.objects.count() == 10


def test_two_drafts_cannot_hold_one_actual(committed_database: str) -> None:
    case = make_case()
    with case.scope():
        [actual_id] = post_days(case, 1)
        [draft] = propose(case)
        with pytest.raises(ActualHeld):
            claim(
                actual_ids=[actual_id], holder_kind="proposal", holder_id=draft.pk + 1,
                actor=case.bill,
            )  # fmt: skip


def test_payments_at_once_never_settle_more_than_is_open(committed_database: str) -> None:
    case = make_case()
    with case.scope():
        post_days(case, 1)
        [draft] = propose(case)
        invoice = confirm(case, draft)
    keys = iter(f"k{n}" for n in range(100))

    def pay() -> object:
        return payments.record_payment(
            request_key=next(keys), account_id=case.work.account.pk,
            legal_entity_id=case.firm.entities["UK"].pk, received_on=AT.date(),
            amount=invoice.total_amount / 2, currency="EUR", actor=case.fay, at=AT,
        )  # fmt: skip

    at_once(case, pay, 6)
    with case.scope():
        balance = invoice.balances.get()
        assert (balance.open_amount, balance.open_entity_amount) == (0, 0)
        settled = sum(a.amount for a in invoice.allocations.all())
        assert settled == invoice.total_amount


def test_one_request_key_from_many_connections_is_one_payment(committed_database: str) -> None:
    case = make_case()
    with case.scope():
        post_days(case, 1)
        [draft] = propose(case)
        invoice = confirm(case, draft)
    at_once(
        case,
        lambda: payments.record_payment(
            request_key="the same", account_id=case.work.account.pk,
            legal_entity_id=case.firm.entities["UK"].pk, received_on=AT.date(),
            amount=invoice.total_amount / 2, currency="EUR", actor=case.fay, at=AT,
        ),
        6,
    )  # fmt: skip
    with case.scope():
        assert invoice.balances.get().open_amount == invoice.total_amount / 2
        assert invoice.allocations.count() == 1
