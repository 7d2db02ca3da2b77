"""Lines moved between proposals, and several changed at once."""

from decimal import Decimal

import pytest

from billing.models import Proposal, ProposalLine
from billing.policies import ProposalChanged
from billing.services import line_moves, review
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.ledger.models import ActualClaim
from tests.billing.scenario import AT, Case, confirm, make_case, post_days, propose, sums

pytestmark = pytest.mark.django_db


def draft_of(case: Case, days: int = 3) -> Proposal:
    post_days(case, days)
    return propose(case)[0]


def ids_of(proposal: Proposal) -> list[int]:
    return list(proposal.lines.order_by("position").values_list("id", flat=True))


def move(case: Case, proposal: Proposal, ids: list[int], **values: object) -> Proposal:
    proposal.refresh_from_db()
    given: dict[str, object] = {
        "target_id": None, "lock_version": proposal.lock_version, "actor": case.bill,
    }  # fmt: skip
    return line_moves.move_lines(
        proposal_id=proposal.pk,
        line_ids=ids,
        at=AT,
        **(given | values),  # type: ignore[arg-type]
    )


def test_splits_a_proposal_and_both_are_invoiced(case: Case) -> None:
    draft = draft_of(case)
    made = move(case, draft, ids_of(draft)[:1])
    assert (made.state, made.number != draft.number) == ("in_review", True)
    assert (made.lines.count(), draft.lines.count()) == (1, 2)
    held = ActualClaim.objects.filter(released_at__isnull=True)
    assert sorted(held.values_list("holder_id", flat=True)) == sorted([made.pk, draft.pk, draft.pk])
    assert confirm(case, made).net_amount == 1000
    assert confirm(case, draft).net_amount == 2000
    assert sums(case) == {"unbilled_sales": 0, "billed_sales": 3000}


def test_moves_to_another_open_proposal_of_the_contract(case: Case) -> None:
    first = draft_of(case)
    review.start_review(proposal_id=first.pk, actor=case.bill, at=AT)
    post_days(case, 1)
    [second] = propose(case, run_key="run 2")
    moved = move(case, first, ids_of(first)[:2], target_id=second.pk)
    assert moved.pk == second.pk
    assert list(second.lines.order_by("position").values_list("position", flat=True)) == [1, 2, 3]
    assert confirm(case, second).net_amount == 3000


def test_refuses_to_move_everything_or_nothing(case: Case) -> None:
    draft = draft_of(case)
    with pytest.raises(DomainError, match="nothing would stay"):
        move(case, draft, ids_of(draft))
    with pytest.raises(DomainError, match="at least one"):
        move(case, draft, [])


def test_refuses_a_confirmed_or_foreign_target(case: Case) -> None:
    first = draft_of(case)
    confirm(case, first)
    post_days(case, 2)
    [second] = propose(case, run_key="run 2")
    with pytest.raises(DomainError, match="confirmed already"):
        move(case, second, ids_of(second)[:1], target_id=first.pk)
    with pytest.raises(DomainError, match="one contract and customer"):
        move(case, second, ids_of(second)[:1], target_id=second.pk)
    with pytest.raises(NotFound):
        move(case, second, ids_of(second)[:1], target_id=10**9)


def test_does_not_move_to_another_tenants_proposal(db: None) -> None:
    acme, globex = make_case(), make_case("globex")
    with globex.scope():
        theirs = draft_of(globex)
    with acme.scope():
        mine = draft_of(acme)
        with pytest.raises(NotFound):
            move(acme, mine, ids_of(mine)[:1], target_id=theirs.pk)


def test_two_reviewers_do_not_overwrite_each_other(case: Case) -> None:
    draft = draft_of(case)
    ids = ids_of(draft)
    move(case, draft, ids[:1])
    with pytest.raises(ProposalChanged):
        move(case, draft, ids[1:2], lock_version=1)
    with pytest.raises(PermissionDenied):
        move(case, draft, ids[1:2], actor=case.firm.actors["priya"])


def change(case: Case, draft: Proposal, ids: list[int], **values: object) -> Proposal:
    given: dict[str, object] = {
        "price": Decimal("100"), "description": "", "reason": "agreed rate", "lock_version": 1,
    }  # fmt: skip
    return review.change_lines(
        proposal_id=draft.pk,
        line_ids=ids,
        actor=case.bill,
        at=AT,
        **(given | values),  # type: ignore[arg-type]
    )


def test_one_price_for_many_lines_keeps_each_original(case: Case) -> None:
    draft = draft_of(case)
    change(case, draft, ids_of(draft)[:2])
    rows = draft.lines.order_by("position").values_list("amount", "original_amount", "reason")
    assert list(rows) == [
        (800, 1000, "agreed rate"), (800, 1000, "agreed rate"), (1000, 1000, ""),
    ]  # fmt: skip
    assert confirm(case, draft).net_amount == 2600
    assert sums(case) == {"unbilled_sales": 0, "billed_sales": 2600}


def test_one_text_for_many_lines_leaves_the_price(case: Case) -> None:
    draft = draft_of(case)
    change(case, draft, ids_of(draft), price=None, description="Rollout, June")
    assert set(draft.lines.values_list("description", "amount")) == {("Rollout, June", 1000)}


@pytest.mark.parametrize(
    ("values", "said"),
    [({"reason": " "}, "Say why"), ({"price": None}, "Type a price"), ({"price": Decimal(-1)}, "0 or more"),
     ({"price": Decimal("NaN")}, "0 or more")],
)  # fmt: skip
def test_a_refused_change_changes_no_line(case: Case, values: dict[str, object], said: str) -> None:
    draft = draft_of(case)
    with pytest.raises(DomainError, match=said):
        change(case, draft, ids_of(draft), **values)
    assert set(ProposalLine.objects.values_list("amount", "reason")) == {(1000, "")}
