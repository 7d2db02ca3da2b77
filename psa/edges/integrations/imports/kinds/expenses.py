"""Expenses from other tools: drafts on a report of each person, under the firm's rules, once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Count

from projects.models import Project
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.money.rounding import currency_of
from psa.core.org.models import Resource
from psa.core.org.rules import names
from timeexpense.models import ExpenseEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors.expenses import plain_categories
from timeexpense.services import expenses_of_others
from timeexpense.services.expenses import ExpenseDraft

from ..kind_registry import Draft, Kind, Outcome, Settings, register
from ..rules import cells
from ..rules.columns import Target
from ..rules.reconciliation import Key, summed

RECORD = "timeexpense.ExpenseEntry"
METHODS: Final = {
    "": "own", "own": "own", "paid by me": "own", "personal": "own", "cash": "own",
    "card": "card", "company card": "card", "corporate card": "card",
}  # fmt: skip
# What makes a line the same: whose, when, for what, how much, and what was said of it.
Line = tuple[int, object, int, int, str, Decimal, str, str]
TARGETS = (
    Target(
        "person",
        "Person",
        ("email", "e mail", "person", "employee", "user", "name", "resource"),
        True,
        "Code, e-mail or name.",
    ),
    Target(
        "project", "Project", ("project code", "project", "project name"), True, "Code or name."
    ),
    Target("category", "Category", ("category", "expense category", "expense type", "type"), True),
    Target("spent_on", "Date", ("spent date", "expense date", "spent on", "date", "day"), True),
    Target("amount", "Amount", ("gross amount", "amount", "total cost", "total", "gross"), True),
    Target("tax_amount", "Tax in it", ("tax amount", "tax", "vat")),
    Target("currency", "Currency", ("currency", "currency code")),
    Target("merchant", "Merchant", ("merchant", "vendor", "supplier")),
    Target("description", "Description", ("description", "notes", "note", "comment")),
    Target("payment_method", "Paid by", ("paid by", "payment method"), help_text="own or card"),
    Target(
        "billable",
        "Billable",
        ("billable", "chargeable"),
        help_text="No makes it non-chargeable; yes leaves it to the contract.",
    ),
)


class Expenses:
    """Enters drafts through the service of expenses for others; equal lines count one by one."""

    def apply(
        self, rows: Sequence[Draft], settings: Settings, *, actor: Actor, at: datetime
    ) -> list[Outcome]:
        reader = _Reader(settings)
        outcomes: dict[int, Outcome] = {}
        fresh: list[tuple[int, tuple[int, ExpenseDraft]]] = []
        there, seen = _there(), defaultdict[Line, int](int)
        for index, row in enumerate(rows):
            try:
                person_id, draft = reader.draft(row.fields)
                line = reader.line_of(person_id, draft)
            except DomainError as error:
                outcomes[index] = Outcome("bad", error.message)
                continue
            seen[line] += 1
            if seen[line] <= there.get(line, 0):
                outcomes[index] = Outcome("known", "This expense was entered before.")
            else:
                fresh.append((index, (person_id, draft)))
        entered = expenses_of_others.enter_expenses(
            drafts=[draft for _, draft in fresh], title="Imported expenses", actor=actor, at=at
        )
        for (index, _), made in zip(fresh, entered, strict=True):
            state = "bad" if made.entry_id is None else "imported"
            outcomes[index] = Outcome(
                state, made.sentence, RECORD if made.entry_id else "", made.entry_id
            )
        return [outcomes[index] for index in range(len(rows))]

    def undo(
        self, record_type: str, record_ids: Sequence[int], *, actor: Actor, at: datetime
    ) -> dict[int, str]:
        return expenses_of_others.withdraw_expenses(entry_ids=record_ids, actor=actor, at=at)

    def totals_of_file(self, rows: Sequence[Draft], settings: Settings) -> Mapping[Key, Decimal]:
        items: list[tuple[Key, Decimal]] = []
        for row in rows:
            try:
                on = cells.day_of(row.fields.get("spent_on", ""), settings.reading.date_order)
                amount = _amount(row.fields, settings)
            except DomainError:
                continue
            key = ("Expenses", cells.months_of(on), _currency(row.fields, settings))
            items.append((key, amount))
        return summed(items)

    def totals_of_records(self, records: Sequence[tuple[str, int]]) -> Mapping[Key, Decimal]:
        ids = [record_id for _, record_id in records]
        found = ExpenseEntry.objects.filter(pk__in=ids)
        return summed(
            (("Expenses", cells.months_of(on), currency), amount)
            for on, currency, amount in found.values_list("spent_on", "currency", "amount")
        )


class _Reader:
    """Rows as drafts: people, projects and categories by what the file calls them, read once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.people = names.by_names(Resource.objects.values_list("id", "code", "email", "name"))
        self.projects = names.by_names(Project.objects.values_list("id", "code", "name"))
        self.categories = names.by_names(plain_categories().values_list("id", "code", "name"))

    def draft(self, given: Mapping[str, str]) -> tuple[int, ExpenseDraft]:
        """Whose it is, and the row as the service takes it. Raises  DomainError naming what is wrong."""
        for text in given.values():
            cells.check_no_formula(text)
        method = METHODS.get(given.get("payment_method", "").strip().casefold())
        if method is None:
            raise DomainError(
                f"“{given['payment_method'][:30]}” is neither own nor card.", "payment_method"
            )
        currency = _currency(given, self.settings)
        currency_of(currency)
        tax = given.get("tax_amount", "").strip()
        is_billable = cells.yes_or_no(given.get("billable") or "yes", field="billable")
        return self._found(
            self.people, given, "person", "Add them to the staff records, or correct the name."
        ), ExpenseDraft(
            category_id=self._found(
                self.categories, given, "category",
                "Name one whose expenses are an amount on a receipt.",
            ),
            spent_on=cells.day_of(
                given.get("spent_on", ""), self.settings.reading.date_order
            ),
            currency=currency,
            amount=format(_amount(given, self.settings), "f"),
            tax_amount=format(
                cells.amount_of(tax, self.settings.reading.decimal, field="tax_amount"), "f"
            ) if tax else "",
            project_id=self._found(
                self.projects, given, "project", "Create it, or correct its code."
            ),
            payment_method=method,
            merchant=given.get("merchant", ""),
            description=given.get("description", ""),
            billing_type="" if is_billable else "non_chargeable",
        )  # fmt: skip

    def _found(
        self, known: Mapping[str, int], given: Mapping[str, str], word: str, way_out: str
    ) -> int:
        return names.found(known, given.get(word, ""), word=word, field=word, way_out=way_out)

    def line_of(self, person_id: int, draft: ExpenseDraft) -> Line:
        return (
            person_id, draft.spent_on, draft.project_id, draft.category_id, draft.currency,
            Decimal(draft.amount), draft.merchant.strip(), draft.description.strip(),
        )  # fmt: skip


def _there() -> dict[Line, int]:
    rows = ExpenseEntry.objects.values_list(
        "resource_id", "spent_on", "project_id", "category_id", "currency", "amount", "merchant",
        "description",
    ).annotate(count=Count("id"))  # fmt: skip
    return {row[:-1]: row[-1] for row in rows}


def _amount(given: Mapping[str, str], settings: Settings) -> Decimal:
    return cells.amount_of(given.get("amount", ""), settings.reading.decimal, field="amount")


def _currency(given: Mapping[str, str], settings: Settings) -> str:
    return (given.get("currency") or str(settings.get("currency"))).strip().upper()


register(
    Kind(
        code="expenses",
        title="Expenses",
        noun=("expense", "expenses"),
        permissions=(TimeExpensePermission.ENTER_FOR_OTHERS,),
        targets=TARGETS,
        importer=Expenses(),
        max_rows=2_000,
        intro="Lines become drafts on one report of each person named, under the rules of expenses. "
        "Receipts are added by the person; mileage and allowances are entered by hand.",
    )
)
