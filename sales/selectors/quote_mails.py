"""Whom a quote is mailed to, and the text it goes out with."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from moneyed import Money

from psa.core.documents import pdf
from psa.core.documents.language import language_of, long_day, said, written_in
from sales.models import Contact, Quote

from .quotes import lines_of


@dataclass(frozen=True, slots=True)
class Addressees:
    """`first` is proposed; `others` are the customer's further addresses with their names."""

    first: str
    others: tuple[str, ...]


def addressees(quote: Quote) -> Addressees:
    """The customer's contacts who are not for bills alone, then its own address. One query."""
    account = quote.opportunity.account
    rows = Contact.objects.filter(account=account).exclude(email="").order_by("is_billing", "id")
    known = {row.email: f"{row.name} <{row.email}>" for row in rows}
    if account.email:
        known.setdefault(account.email, account.email)
    first = next(iter(known), "")
    return Addressees(first, tuple(text for email, text in known.items() if email != first))


def name_and_path(quote_id: int) -> tuple[str, str]:
    """What a message calls a quote, and where it is."""
    number, version = Quote.objects.values_list("number", "version").get(pk=quote_id)
    path = reverse("sales:quote", urlconf=settings.TENANT_URLCONF, args=[quote_id])
    return f"{number} v{version}", path


def usual_message(quote: Quote) -> str:
    """What a quote says to its reader, in their language, when the sender writes nothing else."""
    entity = quote.opportunity.contracting_unit.legal_entity
    total = sum((line.value_amount for line in lines_of(quote)), start=0)
    with written_in(_language(quote)):
        sentences = [
            said(
                "please find attached our quote {number} for {title} over {total} without tax.",
                number=quote.number,
                title=quote.opportunity.name,
                total=pdf.money(Money(total, quote.currency)),
            )
        ]
        if quote.valid_until is not None:
            sentences.append(said("It is valid until {day}.", day=long_day(quote.valid_until)))
        greeting, farewell = said("Dear Sir or Madam,"), said("Kind regards")
    sender = f"{quote.opportunity.owner.name}\n{entity.name}"
    return f"{greeting}\n\n{' '.join(sentences)}\n\n{farewell}\n{sender}\n"


def subject_of(quote: Quote) -> str:
    """The subject of the e-mail that it goes out with, in the customer's language."""
    seller = quote.opportunity.contracting_unit.legal_entity.name
    with written_in(_language(quote)):
        return said(
            "Quote {number} version {version} from {seller}",
            number=quote.number, version=quote.version, seller=seller,
        )  # fmt: skip


def _language(quote: Quote) -> str:
    opportunity = quote.opportunity
    return language_of(
        opportunity.account.language, opportunity.contracting_unit.legal_entity.language
    )
