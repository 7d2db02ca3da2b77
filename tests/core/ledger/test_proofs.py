from decimal import Decimal

from psa.core.ledger.rules.proofs import all_hold, contract_position_proof, prove


def amounts(**values):
    return {key: Decimal(value) for key, value in values.items()}


def proof(left, right):
    return prove(
        "receivable",
        currency="EUR",
        kind="invoice",
        left_label="Receivable",
        right_label="Open invoices",
        left=left,
        right=right,
    )


def test_holds_when_every_key_agrees():
    result = proof(amounts(a="100.00", b="0.00"), amounts(a="100.00"))
    assert result.holds
    assert result.difference == 0


def test_errors_that_cancel_in_total_still_break_it():
    result = proof(amounts(a="100", b="50"), amounts(a="90", b="60"))
    assert result.difference == 0
    assert not result.holds
    assert [(row.ref, row.difference) for row in result.breaking] == [
        ("a", Decimal(10)),
        ("b", Decimal(-10)),
    ]
    assert not all_hold([result])


def test_names_the_largest_difference_first():
    result = proof(amounts(a="1", b="5"), amounts(c="100"))
    assert [row.ref for row in result.breaking] == ["c", "b", "a"]


def test_the_contract_position_is_one_net_figure():
    result = contract_position_proof(
        currency="EUR",
        contract_assets=amounts(C1="60000"),
        contract_liabilities=amounts(C2="100000"),
        recognised=amounts(C1="360000", C2="800000"),
        billed_net=amounts(C1="300000", C2="900000"),
    )
    assert result.holds
