import pytest

from sales.rules.account_duplicates import AccountName, duplicates_of


@pytest.mark.parametrize(
    ("name", "known", "is_duplicate"),
    [
        ("Kessler GmbH & Co. KG", "KESSLER Ltd", True),
        ("Kessler Maschinenbau", "Kesler Maschinenbau", True),
        ("Kessler", "Kaiser", False),
    ],
)
def test_compares_names_without_legal_form(name, known, is_duplicate):
    assert bool(duplicates_of(name, "", [AccountName(1, known)])) is is_duplicate


def test_compares_tax_numbers_without_spaces():
    known = [AccountName(1, "Aster", "DE 123 456"), AccountName(2, "Borealis", "")]
    assert [a.account_id for a in duplicates_of("Zenith", "de123456", known)] == [1]
