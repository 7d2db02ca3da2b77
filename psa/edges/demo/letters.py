"""What the demo firm mails to its customers: quotes as they are sent, and statements of account."""

from datetime import date
from typing import Final

from billing.models import InvoiceBalance
from billing.selectors.statements import statement_page, usual_message
from billing.services import statement_mails
from sales.models import Quote
from sales.selectors import quote_mails
from sales.services.sending import QuoteMail

from .firm import cast_actor, instant

# Of the quotes every so many-th goes out by e-mail; the others are handed over.
MAILED: Final = 3
STATEMENTS: Final = 2


def quote_mail(quote_id: int, number: int, address: str) -> QuoteMail | None:
    """The e-mail that the quote of a deal of this number goes out with, where it does."""
    if number % MAILED:
        return None
    quote = Quote.objects.get(pk=quote_id)
    return QuoteMail([address], quote_mails.usual_message(quote), f"demo quote {number}")


def mail_statements(*, today_on: date) -> int:
    """The statements of the first customers who owe something; how many were mailed."""
    bill = cast_actor("Bill Mercer")
    owing = (
        InvoiceBalance.objects.filter(open_amount__gt=0, invoice__account__email__gt="")
        .order_by("invoice__account_id")
        .values_list("invoice__account_id", "invoice__account__email")
        .distinct()[:STATEMENTS]
    )
    for account_id, address in (rows := list(owing)):
        page = statement_page(actor=bill, account_id=account_id, until_on=today_on)
        statement_mails.send_statement(
            page=page, recipients=[address], message=usual_message(page),
            request_key=f"demo statement {today_on}", actor=bill, at=instant(today_on, 9),
        )  # fmt: skip
    return len(rows)
