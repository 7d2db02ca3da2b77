"""A billing run's part: several contracts drafted together, each with its own outcome."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Event

import pytest
from django.db import connection

from billing.models import Proposal, ProposalLine, SkippedContract
from billing.services import billing_runs, proposals
from billing.services.proposals import NothingToBill, Proposed
from psa.core.errors import NotFound
from psa.core.ledger.services import posting
from psa.core.ledger.services.claims import claim
from sales.models import Contract, ContractLine
from tests.billing.scenario import AT, CUTOFF, Case, make_case, time_draft


def another_contract(case: Case, number: int) -> ContractLine:
    contract = Contract.objects.get(pk=case.work.contract.pk)
    contract.pk, contract.number = None, f"C-{number}"
    contract.save(force_insert=True)
    line: ContractLine = ContractLine.objects.get(pk=case.work.time_line.pk)
    line.pk, line.contract = None, contract
    line.save(force_insert=True)
    return line


def worked(case: Case, line: ContractLine, days: int) -> list[int]:
    """Unbilled rows of the line, one a day of June."""
    drafts = [
        replace(
            time_draft(case, on=date(2026, 6, 1) + timedelta(days=day), minutes=60),
            contract_id=line.contract_id,
            contract_line_id=line.pk,
        )
        for day in range(days)
    ]
    return posting.post(drafts=drafts, actor=case.fay, at=AT, kind="approval").actual_ids


def propose_all(case: Case, contract_ids: list[int]) -> list[Proposed]:
    return proposals.propose_for_contracts(
        contract_ids=contract_ids, cutoff_on=CUTOFF, run_key="run", actor=case.bill, at=AT
    )


@pytest.mark.django_db
def test_each_contract_has_its_own_outcome(case: Case) -> None:
    good, idle, held = (another_contract(case, number) for number in (2, 3, 4))
    worked(case, good, 3)
    worked(case, held, 2)
    Contract.objects.filter(pk=held.contract_id).update(status="on_hold", hold_reason="credit")
    done = propose_all(case, [idle.contract_id, good.contract_id, 10**9, held.contract_id])
    assert [one.contract_id for one in done] == [
        idle.contract_id, good.contract_id, 10**9, held.contract_id
    ]  # fmt: skip
    assert [type(one.refusal) for one in done] == [
        NothingToBill, type(None), NotFound, type(None)
    ]  # fmt: skip
    assert [len(one.drafts) for one in done] == [0, 1, 0, 0]
    assert done[3].skipped == "The contract is on hold: credit"
    assert SkippedContract.objects.get().contract_id == held.contract_id
    assert list(ProposalLine.objects.values_list("position", flat=True)) == [1, 2, 3]


@pytest.mark.django_db
def test_running_again_adds_what_is_new_behind_what_is_there(case: Case) -> None:
    first, second = another_contract(case, 2), another_contract(case, 3)
    worked(case, first, 2)
    ids = [first.contract_id, second.contract_id]
    propose_all(case, ids)
    worked_later = [worked(case, first, 1), worked(case, second, 1)]
    propose_all(case, ids)
    propose_all(case, ids)
    assert Proposal.objects.count() == 2
    lines = ProposalLine.objects.order_by("proposal_id", "position")
    assert list(lines.values_list("position", flat=True)) == [1, 2, 3, 1]
    assert [line.actual_id for line in lines][2:] == [worked_later[0][0], worked_later[1][0]]


@pytest.mark.django_db
def test_asks_as_much_of_ten_contracts_as_of_two(case: Case, django_assert_max_num_queries) -> None:
    lines = [another_contract(case, number) for number in range(2, 12)]
    for line in lines:
        worked(case, line, 2)
    with django_assert_max_num_queries(30):
        propose_all(case, [line.contract_id for line in lines])
    assert Proposal.objects.count() == 10


def test_work_that_another_draft_just_took_costs_the_others_nothing(
    committed_database: str,
) -> None:
    case = make_case()
    with case.scope():
        lines = [another_contract(case, number) for number in (2, 3)]
        free, taken = (worked(case, line, 2) for line in lines)
    is_claimed = Event()

    def take() -> None:
        try:
            with case.scope(), connection.cursor() as cursor:
                claim(
                    actual_ids=taken[:1], holder_kind="proposal", holder_id=10**9, actor=case.bill
                )
                is_claimed.set()
                waiting, until = 0, time.monotonic() + 20
                while not waiting and time.monotonic() < until:
                    cursor.execute("SELECT pg_stat_clear_snapshot()")
                    cursor.execute(
                        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                        "AND datname = current_database()"
                    )
                    waiting = cursor.fetchone()[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(take)
        assert is_claimed.wait(20)
        with case.scope():
            done = propose_all(case, [line.contract_id for line in lines])
        other.result()
    assert [one.refusal for one in done] == [None, None]
    with case.scope():
        drafted = ProposalLine.objects.order_by("actual_id").values_list("actual_id", flat=True)
        assert list(drafted) == [*free, taken[1]]


def test_a_run_is_cut_by_contracts_and_by_rows() -> None:
    def sizes(contracts: int, rows: int) -> list[int]:
        parts = billing_runs.parts_of(dict.fromkeys(range(contracts), rows))
        assert [pk for part in parts for pk in part] == list(range(contracts))
        return [len(part) for part in parts]

    assert sizes(0, 1) == []
    assert sizes(12, 1) == [1] * 12  # ten parts at least
    assert sizes(1000, 100) == [25] * 40
    assert sizes(300, 2500) == [2] * 150
    assert sizes(250, 9000) == [1] * 250
