"""How the demo firm pays: its people by payroll and batches, its own entities each other."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Final

from billing.selectors.reimbursements import owed_to_people
from billing.services import reimbursement_batches
from psa.core.errors import DomainError
from psa.core.org.models import LegalEntity, Resource
from revenue import intercompany_payment_selectors
from revenue.models import IntercompanyInvoice
from revenue.services import intercompany_payments
from revenue.services.intercompany_payments import Chosen
from timeexpense.services import bank_accounts, payroll

from .firm import cast_actor, instant

FINANCE: Final = "Fay Ashworth"
# Published example numbers of the kind banks print in their guides, by country.
ACCOUNTS: Final = {
    "GB": ("GB29NWBK60161331926819", "NWBKGB2L"),
    "DE": ("DE44500105175407324931", "INGDDEFF"),
    "IN": ("50100234567890", "HDFCINBB"),
}
# The last months are paid by batches, as the firm does it now; earlier ones were paid one by one.
BATCHED_FOR: Final = timedelta(days=100)
PAYROLL_FOR: Final = timedelta(days=100)


def enter_accounts(*, names: tuple[str, ...], on: date) -> int:
    """Where the travellers are paid, each entering their own. How many."""
    people = Resource.objects.select_related("org_unit__legal_entity").filter(
        name__in=names, membership__isnull=False
    )
    count = 0
    for person in people.order_by("id"):
        number, bic = ACCOUNTS[person.org_unit.legal_entity.country]
        bank_accounts.save_own_account(
            holder=person.name, number=number, bic=bic, actor=cast_actor(person.name),
            at=instant(on, 9),
        )  # fmt: skip
        count += 1
    return count


def is_by_batch(month_on: date, *, today_on: date) -> bool:
    """Whether what is owed after a month is paid by batches."""
    return today_on - month_on <= BATCHED_FOR


def pay_by_batches(*, month_on: date) -> int:
    """The run after a month: a batch for each entity and currency, its file fetched where all have
    an account, and paid. How many.
    """
    fay = cast_actor(FINANCE)
    paid_on = month_on + timedelta(days=19)
    at = instant(paid_on, 14)
    count = 0
    for batch_id, may_write in _batches(paid_on):
        if may_write:
            reimbursement_batches.write_file(batch_id=batch_id, format="xml", actor=fay, at=at)
        reimbursement_batches.mark_paid(batch_id=batch_id, paid_on=paid_on, actor=fay, at=at)
        count += 1
    return count


def draft_batches(*, today_on: date) -> int:
    """What waits to be paid today, as drafts for the finance manager to look at. How many."""
    return len(_batches(today_on))


def _batches(on: date) -> list[tuple[int, bool]]:
    """(batch, whether it can be written as a file) of all that the books owe."""
    fay, at = cast_actor(FINANCE), instant(on, 13)
    banks = set(LegalEntity.objects.exclude(bank_iban="").values_list("id", flat=True))
    made = []
    for entity_id, currency in sorted(
        {(row.legal_entity_id, row.currency) for row in owed_to_people(actor=fay) if row.amount > 0}
    ):
        try:
            done = reimbursement_batches.make_batch(
                legal_entity_id=entity_id, currency=currency, execute_on=on, actor=fay, at=at
            )
        except DomainError:
            # All of it is in a batch already.
            continue
        people = set(done.batch.entries.values_list("resource_id", flat=True))
        known = bank_accounts.accounts_for_payment(people)
        made.append((done.batch.pk, entity_id in banks and set(known) == people))
    return made


def pay_sisters(*, month_on: date) -> int:
    """What legal entities invoiced each other in the months before, paid this month. How many."""
    fay = cast_actor(FINANCE)
    paid_on = month_on + timedelta(days=14)
    waiting = intercompany_payment_selectors.with_open(
        IntercompanyInvoice.objects.filter(issued_on__lt=month_on)
    ).exclude(open_amount=0)
    pairs: dict[tuple[int, int, str], list[Chosen]] = defaultdict(list)
    for row in waiting.order_by("id"):
        key = (row.lender_id, row.borrower_id, row.currency)
        pairs[key].append(Chosen(row.pk, row.open_amount))
    count = 0
    for (lender_id, borrower_id, currency), chosen in sorted(pairs.items()):
        if sum(one.amount for one in chosen) <= 0:
            continue
        intercompany_payments.record_payment(
            chosen=chosen, paid_on=paid_on, reference=f"Settlement {month_on:%B %Y}",
            request_key=f"demo {lender_id} {borrower_id} {currency} {month_on:%Y-%m}",
            actor=fay, at=instant(paid_on, 15),
        )  # fmt: skip
        count += 1
    return count


def hand_to_payroll(*, month_on: date, last_on: date, today_on: date) -> int:
    """The approved hours of a month, entity by entity, for the last months. How many exports."""
    if today_on - last_on > PAYROLL_FOR:
        return 0
    fay, at = cast_actor(FINANCE), instant(last_on + timedelta(days=2), 11)
    count = 0
    for entity_id in LegalEntity.objects.order_by("code").values_list("id", flat=True):
        try:
            payroll.export_period(
                legal_entity_id=entity_id, starts_on=month_on, last_on=last_on, actor=fay, at=at
            )
        except DomainError:
            # Nothing was approved there.
            continue
        count += 1
    return count
