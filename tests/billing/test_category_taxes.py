"""Tax by category and class, where the contract line names no code: docs/rules/billing.md, B-21."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.models import CategoryTaxCode, InvoiceTax, ProposalLine, TaxCode, TaxRate
from billing.rules.tax_determination import Buyer
from billing.selectors.tax_determination import Supplied, TaxDetermination
from billing.services import category_taxes, review
from psa.core.audit.models import AuditEntry
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.ledger.rules.types import TransactionClass
from psa.core.ledger.services import posting
from psa.core.org.models import LegalEntity, TransactionCategory
from sales.models import Account, ContractLine
from tests.billing.scenario import AT, Case, confirm, post_days, propose, time_draft

FIVE = "UK5"


@pytest.fixture
def at_home(case: Case) -> Case:
    """A customer in Britain; the contract lines name no code; meals have 5 %, expenses none."""
    Account.objects.update(country="GB")
    ContractLine.objects.update(tax_code="")
    made = TaxCode.objects.create(
        tenant_id=case.bill.tenant_id, legal_entity=entity(case), code=FIVE, name="VAT 5 %"
    )
    TaxRate.objects.create(
        tenant_id=case.bill.tenant_id, tax_code=made, tax_percent=5, valid_from=date(2020, 1, 1)
    )
    set_taxes(case, {"expense": "UK0"}, {"meals": FIVE})
    return case


def entity(case: Case) -> LegalEntity:
    return LegalEntity.objects.get(pk=case.work.contract.legal_entity_id)


def set_taxes(
    case: Case, classes: dict[str, str | None], categories: dict[str, str | None], who: str = "ada"
) -> int:
    codes = dict(TaxCode.objects.filter(legal_entity=entity(case)).values_list("code", "id"))
    ids = dict(TransactionCategory.objects.values_list("code", "id"))
    return category_taxes.set_category_taxes(
        legal_entity_id=entity(case).pk,
        by_class={name: codes.get(code or "") for name, code in classes.items()},
        by_category={ids[name]: codes.get(code or "") for name, code in categories.items()},
        actor=case.firm.actors[who],
        at=AT,
    )


def spend(case: Case, category: str, amount: str) -> None:
    draft = replace(
        time_draft(case), transaction_class=TransactionClass.EXPENSE, minutes=None,
        quantity=Decimal(1), unit="unit", price=Decimal(amount), amount=Decimal(amount),
        list_amount=Decimal(amount), source_kind="expense_entry",
        category_id=TransactionCategory.objects.get(code=category).pk,
    )  # fmt: skip
    posting.post(drafts=[draft], actor=case.fay, at=AT, kind="approval")


def work_and_travel(case: Case) -> None:
    post_days(case, 1)
    spend(case, "travel", "100")
    spend(case, "meals", "40")


def taxes_of(case: Case) -> dict[str, tuple[Decimal, Decimal]]:
    return {
        row.tax_code.code: (row.net_amount, row.tax_amount)
        for row in InvoiceTax.objects.select_related("tax_code")
    }


@pytest.mark.django_db
def test_category_before_class_before_default(at_home: Case) -> None:
    work_and_travel(at_home)
    [draft] = propose(at_home)
    invoice = confirm(at_home, draft)
    assert taxes_of(at_home) == {"UK20": (1000, 200), "UK0": (100, 0), FIVE: (40, 2)}
    assert invoice.tax_amount == 202


@pytest.mark.django_db
def test_the_contract_lines_own_code_counts_first(at_home: Case) -> None:
    ContractLine.objects.update(tax_code="UK20")
    work_and_travel(at_home)
    [draft] = propose(at_home)
    confirm(at_home, draft)
    assert taxes_of(at_home) == {"UK20": (1140, 228)}


@pytest.mark.django_db
def test_abroad_the_supply_decides_but_zero_stays_zero(at_home: Case) -> None:
    Account.objects.update(country="DE", tax_id="DE811234561")
    work_and_travel(at_home)
    [draft] = propose(at_home)
    confirm(at_home, draft)
    assert taxes_of(at_home) == {"UKRC": (1040, 0), "UK0": (100, 0)}


@pytest.mark.django_db
def test_a_change_counts_for_drafts_when_they_are_confirmed(at_home: Case) -> None:
    work_and_travel(at_home)
    [draft] = propose(at_home)
    assert set_taxes(at_home, {}, {"meals": None}) == 1
    confirm(at_home, draft)
    assert taxes_of(at_home) == {"UK20": (1000, 200), "UK0": (140, 0)}
    told = AuditEntry.objects.filter(record_type="billing.Proposal", record_id=draft.pk)
    assert told.filter(sentence="The tax is UK0 now, no longer UK5").exists()


@pytest.mark.django_db
def test_a_discount_is_taxed_as_the_line_and_a_fee_as_its_class(at_home: Case) -> None:
    set_taxes(at_home, {"fee": "UK0"}, {})
    post_days(at_home, 1)
    [draft] = propose(at_home)
    for kind in ("discount", "fee"):
        draft.refresh_from_db()
        review.add_line(
            proposal_id=draft.pk, kind=kind, amount=Decimal(50), description=kind,
            contract_line_id=at_home.work.time_line.pk, added_on=date(2026, 6, 30), reason="agreed",
            lock_version=draft.lock_version, actor=at_home.bill, at=AT,
        )  # fmt: skip
    codes = dict(ProposalLine.objects.values_list("description", "tax_code__code"))
    assert (codes["discount"], codes["fee"]) == ("UK20", "UK0")
    confirm(at_home, draft)
    assert taxes_of(at_home) == {"UK20": (950, 190), "UK0": (50, 0)}


@pytest.mark.django_db
def test_is_set_by_the_administrator_for_codes_of_the_entity(at_home: Case) -> None:
    assert set_taxes(at_home, {"expense": "UK0"}, {"meals": FIVE}) == 0
    assert CategoryTaxCode.objects.count() == 2
    with pytest.raises(PermissionDenied):
        set_taxes(at_home, {"time": "UK0"}, {}, who="bill")
    german = TaxCode.objects.exclude(legal_entity=entity(at_home)).first()
    assert german is not None
    common = {"legal_entity_id": entity(at_home).pk, "actor": at_home.firm.actors["ada"], "at": AT}
    with pytest.raises(DomainError, match="Choose a tax code of"):
        category_taxes.set_category_taxes(by_class={"time": german.pk}, by_category={}, **common)
    with pytest.raises(DomainError, match="no class"):
        category_taxes.set_category_taxes(by_class={"tips": None}, by_category={}, **common)
    with pytest.raises(NotFound):
        category_taxes.set_category_taxes(
            by_class={}, by_category={}, **{**common, "legal_entity_id": 10**9}
        )


@pytest.mark.django_db
def test_its_page(at_home: Case) -> None:
    pk = entity(at_home).pk
    meals = TransactionCategory.objects.get(code="meals").pk
    zero = TaxCode.objects.get(legal_entity_id=pk, code="UK0").pk
    client, url = (
        at_home.firm.client("ada"),
        at_home.firm.url(f"setup/entities/{pk}/tax-by-category/"),
    )
    assert b"As its class, expense" in client.get(url).content
    answer = client.post(url, {f"category_{meals}": zero})
    assert answer.status_code == 302
    assert [row.tax_code_id for row in CategoryTaxCode.objects.all()] == [zero]
    assert at_home.firm.client("bill").get(url).status_code == 404


@given(
    named=st.booleans(), category=st.sampled_from([None, 1, 2]),
    kind=st.sampled_from(["time", "expense", "fee"]),
)  # fmt: skip
def test_every_kind_has_exactly_one_code(named: bool, category: int | None, kind: str) -> None:
    codes = tuple(
        TaxCode(pk=pk, code=code, treatment="standard", is_default=code == "D")
        for pk, code in enumerate("DCLX", start=1)
    )
    taxes = TaxDetermination(
        LegalEntity(name="Acme", country="GB"), codes, {7: Buyer("Castell", "GB", "")},
        {Supplied(category_id=1): 2, Supplied("expense"): 3},
    )  # fmt: skip
    expected = 4 if named else 2 if category == 1 else 3 if kind == "expense" else 1
    assert taxes.code_for("X" if named else "", 7, Supplied(kind, category)) == expected
