from decimal import Decimal

import pytest

from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from sales.selectors import contracts as selectors
from sales.services import contracts
from tests.factories import AT, make_engagement


def test_a_limit_is_raised_with_a_reason_and_never_lowered(acme):
    with acme.scope():
        deal = make_engagement(acme, not_to_exceed=Decimal(1000))
        amara = acme.actors["amara"]
        line = {"line_id": deal.time_line.pk, "actor": amara, "at": AT, "today_on": AT.date()}
        raised = contracts.raise_not_to_exceed(
            limit_amount=Decimal(1500), reason="mail of 1 July", **line
        )
        assert (raised.before_amount, raised.after_amount) == (1000, 1500)
        for amount, reason in ((Decimal(1200), "less"), (Decimal(2000), " ")):
            with pytest.raises(DomainError):
                contracts.raise_not_to_exceed(limit_amount=amount, reason=reason, **line)


def test_a_hold_says_why_and_ends_by_resuming(acme):
    with acme.scope():
        deal = make_engagement(acme)
        amara = acme.actors["amara"]
        with pytest.raises(DomainError):
            contracts.hold_contract(contract_id=deal.contract.pk, reason="", actor=amara, at=AT)
        held = contracts.hold_contract(
            contract_id=deal.contract.pk, reason="no order", actor=amara, at=AT
        )
        assert (held.status, held.hold_reason) == ("on_hold", "no order")
        resumed = contracts.resume_contract(contract_id=deal.contract.pk, actor=amara, at=AT)
        assert (resumed.status, resumed.hold_reason) == ("confirmed", "")
        with pytest.raises(Conflict):
            contracts.resume_contract(contract_id=deal.contract.pk, actor=amara, at=AT)


def test_a_rule_is_said_once(acme):
    with acme.scope():
        deal = make_engagement(acme)
        rule = {
            "line_id": deal.time_line.pk,
            "role_id": acme.roles["CO"].pk,
            "billing_type": "non_chargeable",
            "actor": acme.actors["amara"],
            "at": AT,
        }
        contracts.add_chargeability_rule(**rule)
        with pytest.raises(Conflict):
            contracts.add_chargeability_rule(**rule)


def test_agreed_rates_are_for_who_sees_bill_rates(acme):
    with acme.scope():
        deal = make_engagement(acme)
        contracts.set_rate_override(
            line_id=deal.time_line.pk,
            role_id=acme.roles["SC"].pk,
            price=Decimal(150),
            actor=acme.actors["amara"],
            at=AT,
        )
        pages = {
            who: selectors.contract_page(actor=acme.actors[who], contract_id=deal.contract.pk)
            for who in ("amara", "bill", "priya")
        }
        assert [len(pages[who].overrides) for who in pages] == [1, 1, 0]


@pytest.mark.parametrize("who", ["ben", "rae", "ada", "mei", "sam"])
def test_a_contract_is_not_found_by_who_has_no_part_in_it(acme, who):
    with acme.scope():
        deal = make_engagement(acme)
        with pytest.raises(NotFound):
            selectors.contract_page(actor=acme.actors[who], contract_id=deal.contract.pk)


@pytest.mark.parametrize("who", ["priya", "bill", "fay", "paul"])
def test_who_may_only_see_a_contract_is_told_so(acme, who):
    with acme.scope():
        deal = make_engagement(acme)
        with pytest.raises(PermissionDenied):
            contracts.hold_contract(
                contract_id=deal.contract.pk, reason="x", actor=acme.actors[who], at=AT
            )
