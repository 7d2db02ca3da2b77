"""Customers, prospects and vendors with their contacts; several rows of one name add contacts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.money.rounding import currency_of
from sales.models import Account
from sales.permissions import SalesPermission
from sales.rules.account_duplicates import plain_name, plain_tax_id
from sales.selectors import visibility
from sales.services import accounts
from sales.services.accounts import AccountFacts

from ..kind_registry import Draft, Kind, Outcome, Settings, register
from ..rules import cells
from ..rules.columns import Target
from ..rules.reconciliation import Key, summed

ACCOUNT, CONTACT = "sales.Account", "sales.Contact"
KINDS: Final = {
    "": "prospect", "prospect": "prospect", "lead": "prospect", "customer": "customer",
    "client": "customer", "vendor": "vendor", "supplier": "vendor",
}  # fmt: skip
TARGETS = (
    Target(
        "name",
        "Name",
        ("account name", "company name", "customer", "client", "name", "company"),
        True,
    ),
    Target("country", "Country", ("country code", "country"), help_text="Two letters, such as DE."),
    Target("currency", "Currency", ("currency",)),
    Target(
        "kind", "Kind", ("kind", "type", "account type"), help_text="prospect, customer or vendor"
    ),
    Target("legal_name", "Legal name", ("legal name",)),
    Target("address", "Address", ("billing address", "address")),
    Target("tax_id", "Tax number", ("tax id", "vat id", "vat number", "tax number", "vat")),
    Target("industry", "Industry", ("industry", "sector")),
    Target(
        "payment_terms_days",
        "Payment terms, days",
        ("payment terms days", "payment terms", "terms"),
    ),
    Target("credit_limit_amount", "Credit limit", ("credit limit",)),
    Target("email", "E-mail for invoices", ("billing email", "invoice email", "account email")),
    Target("contact_name", "Contact", ("contact name", "contact person", "contact", "full name")),
    Target(
        "contact_email", "Contact’s e-mail", ("contact email", "email address", "email", "e mail")
    ),
    Target("contact_phone", "Contact’s phone", ("contact phone", "phone", "telephone")),
    Target("contact_job_title", "Contact’s job title", ("contact job title", "job title", "title")),
    Target("contact_is_billing", "Receives invoices", ("billing contact", "receives invoices")),
)


class Accounts:
    """Creates accounts and contacts one by one, as their forms do."""

    def apply(
        self, rows: Sequence[Draft], settings: Settings, *, actor: Actor, at: datetime
    ) -> list[Outcome]:
        known = _Known(actor)
        return [_apply_one(row, settings, known, actor, at) for row in rows]

    def undo(
        self, record_type: str, record_ids: Sequence[int], *, actor: Actor, at: datetime
    ) -> dict[int, str]:
        withdraw = (
            accounts.withdraw_contact if record_type == CONTACT else accounts.withdraw_account
        )
        kept = {}
        for record_id in record_ids:
            try:
                with transaction.atomic():
                    withdraw(record_id, actor=actor, at=at)
            except DomainError as error:
                kept[record_id] = error.message
        return kept

    def totals_of_file(self, rows: Sequence[Draft], settings: Settings) -> Mapping[Key, Decimal]:
        seen: set[str] = set()
        items: list[tuple[Key, Decimal]] = []
        for row in rows:
            name = plain_name(row.fields.get("name", ""))
            if not name or name in seen:
                continue
            seen.add(name)
            kind = KINDS.get(row.fields.get("kind", "").casefold(), "prospect")
            items.append((("Accounts", kind.capitalize(), ""), Decimal(1)))
            try:
                limit = _limit(row.fields, settings)
            except DomainError:
                continue
            if limit:
                items.append((("Credit limits", "", _currency(row.fields, settings)), limit))
        return summed(items)

    def totals_of_records(self, records: Sequence[tuple[str, int]]) -> Mapping[Key, Decimal]:
        ids = {record_id for record_type, record_id in records if record_type == ACCOUNT}
        items: list[tuple[Key, Decimal]] = []
        for kind, currency, limit in Account.objects.filter(pk__in=ids).values_list(
            "kind", "currency", "credit_limit_amount"
        ):
            items.append((("Accounts", str(kind).capitalize(), ""), Decimal(1)))
            if limit:
                items.append((("Credit limits", "", currency), limit))
        return summed(items)


class _Known:
    """The accounts the actor sees, and those that this file has made, by plain name and tax number."""

    def __init__(self, actor: Actor) -> None:
        self.by_name: dict[str, tuple[int, str]] = {}
        self.by_tax_id: dict[str, tuple[int, str]] = {}
        self.made: dict[str, int] = {}
        for pk, code, name, tax_id in visibility.accounts_visible_to(actor).values_list(
            "id", "code", "name", "tax_id"
        ):
            self._add(pk, f"{code} {name}", name, tax_id)

    def _add(self, pk: int, label: str, name: str, tax_id: str) -> None:
        self.by_name.setdefault(plain_name(name), (pk, label))
        if plain_tax_id(tax_id):
            self.by_tax_id.setdefault(plain_tax_id(tax_id), (pk, label))

    def same_as(self, name: str, tax_id: str) -> tuple[int, str] | None:
        """The account of this name or tax number, if there is one."""
        return self.by_name.get(plain_name(name)) or self.by_tax_id.get(plain_tax_id(tax_id))

    def remember(self, account: Account) -> None:
        """From now on the account is one that this file made."""
        self._add(account.pk, f"{account.code} {account.name}", account.name, account.tax_id)
        self.made[plain_name(account.name)] = account.pk


def _apply_one(
    row: Draft, settings: Settings, known: _Known, actor: Actor, at: datetime
) -> Outcome:
    given = row.fields
    try:
        for text in given.values():
            cells.check_no_formula(text)
        name = given.get("name", "").strip()
        if not name:
            raise DomainError("The name is missing.", "name")
        made = known.made.get(plain_name(name))
        contact = _contact(given)
        if made is not None:
            if contact is None:
                raise DomainError("The account stands in an earlier row, and no contact is given.")
            with transaction.atomic():
                added = accounts.add_contact(account_id=made, **contact, actor=actor, at=at)
            return Outcome("imported", record_type=CONTACT, record_id=added.pk)
        existing = known.same_as(name, given.get("tax_id", ""))
        if existing is not None and not settings.get("allows_duplicates", False):
            return Outcome(
                "known", f"There is the account {existing[1]} already; it is not changed."
            )
        with transaction.atomic():
            account = accounts.create_account(
                facts=_facts(given, settings), is_no_duplicate=True, actor=actor, at=at
            )
            if contact is not None:
                accounts.add_contact(account_id=account.pk, **contact, actor=actor, at=at)
        known.remember(account)
    except DomainError as error:
        return Outcome("bad", error.message)
    return Outcome("imported", record_type=ACCOUNT, record_id=account.pk)


def _facts(given: Mapping[str, str], settings: Settings) -> AccountFacts:
    kind = KINDS.get(given.get("kind", "").strip().casefold())
    if kind is None:
        raise DomainError(f"“{given['kind']}” is neither prospect, customer nor vendor.", "kind")
    country = (given.get("country") or str(settings.get("country"))).strip().upper()
    if len(country) != 2 or not country.isalpha():
        raise DomainError(f"“{country}” is not a country of two letters, such as DE.", "country")
    terms = given.get("payment_terms_days", "").strip() or "30"
    if not terms.isdecimal() or int(terms) > 365:
        raise DomainError(
            f"“{terms[:20]}” is not a number of days up to 365.", "payment_terms_days"
        )
    facts = AccountFacts(
        name=_text(given, "name", 160),
        country=country,
        currency=_currency(given, settings),
        kind=kind,
        legal_name=_text(given, "legal_name", 160),
        address=_text(given, "address", 1000),
        tax_id=_text(given, "tax_id", 40),
        industry=_text(given, "industry", 60),
        payment_terms_days=int(terms),
        credit_limit_amount=_limit(given, settings),
        email=_email(given, "email"),
    )
    currency_of(facts.currency)
    return facts


def _currency(given: Mapping[str, str], settings: Settings) -> str:
    return (given.get("currency") or str(settings.get("currency"))).strip().upper()


def _limit(given: Mapping[str, str], settings: Settings) -> Decimal | None:
    text = given.get("credit_limit_amount", "").strip()
    if not text:
        return None
    return cells.amount_of(text, settings.reading.decimal, field="credit_limit_amount")


def _contact(given: Mapping[str, str]) -> dict[str, Any] | None:
    if not given.get("contact_name", "").strip():
        return None
    return {
        "name": _text(given, "contact_name", 120),
        "email": _email(given, "contact_email"),
        "phone": _text(given, "contact_phone", 40),
        "job_title": _text(given, "contact_job_title", 80),
        "is_billing": cells.yes_or_no(
            given.get("contact_is_billing", ""), field="contact_is_billing"
        ),
    }


def _text(given: Mapping[str, str], name: str, length: int) -> str:
    text = given.get(name, "").strip()
    if len(text) > length:
        label = name.replace("_", " ")
        raise DomainError(f"The {label} has more than {length} characters. Shorten it.", name)
    return text


def _email(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "").strip()
    if text and (text.count("@") != 1 or "." not in text.partition("@")[2] or " " in text):
        raise DomainError(f"“{text[:60]}” is not an e-mail address.", name)
    return _text(given, name, 254)


register(
    Kind(
        code="accounts",
        title="Accounts and contacts",
        noun=("account", "accounts"),
        permissions=(SalesPermission.MANAGE,),
        targets=TARGETS,
        importer=Accounts(),
        max_rows=2_000,
        intro="Customers, prospects and vendors. Several rows with one name add further contacts.",
    )
)
