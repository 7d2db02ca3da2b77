"""Accounts with their contacts: made by the services that their forms call."""

from collections.abc import Callable
from decimal import Decimal

from psa.core.actor import Actor
from psa.edges.integrations.imports import selectors
from psa.edges.integrations.imports.models import ImportRun
from sales.models import Account, Contact
from tests.edges.integrations.imports.conftest import Carry, sentences, states
from tests.factories import Firm

CARD = (
    "Company;Country;Currency;Type;Credit limit;Contact name;Contact email\n"
    "Brandt Optik GmbH;DE;EUR;customer;12.500,50;Ida Brandt;ida@brandt.example\n"
    "Brandt Optik GmbH;DE;EUR;customer;12.500,50;Udo Vogt;udo@brandt.example\n"
    "Northwind Ltd;GB;GBP;prospect;;;\n"
)


def test_makes_accounts_and_puts_further_contacts_under_one_name(
    firm: Firm, carry: Carry, operator: Actor
) -> None:
    run = carry("accounts", CARD, decimal="comma")
    assert states(run) == ["imported"] * 3
    brandt = Account.objects.get(name="Brandt Optik GmbH")
    assert (brandt.kind, brandt.credit_limit_amount) == ("customer", Decimal("12500.50"))
    assert list(brandt.contacts.order_by("id").values_list("name", flat=True)) == [
        "Ida Brandt", "Udo Vogt",
    ]  # fmt: skip
    page = selectors.run_page(actor=operator, run_id=run.pk)
    assert [(line.measure, line.group, line.unit, line.before) for line in page.totals] == [
        ("Accounts", "Customer", "", 1),
        ("Accounts", "Prospect", "", 1),
        ("Credit limits", "", "EUR", Decimal("12500.5")),
    ]
    assert page.agrees


def test_leaves_an_account_that_is_there_as_it_is(firm: Firm, carry: Carry, check: Carry) -> None:
    carry("accounts", CARD, decimal="comma")
    again = check("accounts", CARD, decimal="comma")
    assert states(again) == ["known"] * 3
    assert "Brandt Optik GmbH already" in sentences(again)[0]
    assert Account.objects.filter(name="Northwind Ltd").count() == 1


def test_names_what_is_wrong_with_a_row(firm: Firm, check: Carry) -> None:
    run = check(
        "accounts",
        "Company,Country,Currency,Type,Contact email,Contact name\n"
        "A one,Germany,EUR,,,\nB two,DE,XXQ,,,\nC three,DE,EUR,friend,,\n,DE,EUR,,,\n"
        "D four,DE,EUR,,nowhere,Ida\n=HYPERLINK(),DE,EUR,,,\n",
    )
    assert states(run) == ["bad"] * 6
    said = sentences(run)
    assert "two letters" in said[0]
    assert "currency" in said[1]
    assert "neither prospect, customer nor vendor" in said[2]
    assert said[3] == "The name is missing."
    assert "not an e-mail address" in said[4]
    assert "is a formula" in said[5]
    assert not Contact.objects.filter(name="Ida").exists()


def test_takes_back_accounts_that_nothing_names(
    firm: Firm, carry: Carry, undo: Callable[[ImportRun], ImportRun]
) -> None:
    run = carry("accounts", CARD, decimal="comma")
    Account.objects.filter(name="Northwind Ltd").update(lock_version=2)
    undone = undo(run)
    assert states(undone) == ["undone", "undone", "kept"]
    assert "was edited since" in sentences(undone)[2]
    assert not Account.objects.filter(name="Brandt Optik GmbH").exists()
    assert not Contact.objects.exists()
