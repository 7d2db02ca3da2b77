"""Payment files for a bank: CSV, and ISO 20022 pain.001.001.09."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from xml.etree import ElementTree as ET

from psa.core.errors import DomainError
from psa.core.money.rounding import minor_units, round_half_up

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
_SLASHES = re.compile(r"/{2,}")
# What a SEPA credit transfer may carry, and an amount of the message at all.
_MOST_SEPA: Final = Decimal("999999999.99")
_MOST_DIGITS: Final = 18
_LETTERS: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "&": "+"}
)


@dataclass(frozen=True, slots=True)
class Account:
    """Where money comes from or goes to."""

    holder: str
    number: str
    bic: str
    is_iban: bool


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment; `reference` comes back on the statement, `text` is what its receiver reads."""

    to: Account
    amount: Decimal
    reference: str
    text: str


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    message_id: str
    made_at: datetime
    execute_on: date
    currency: str
    payer: Account
    transfers: Sequence[Transfer]

    @property
    def total(self) -> Decimal:
        return sum((one.amount for one in self.transfers), Decimal(0))


def bank_text(text: str, longest: int) -> str:
    """The text in the letters that banks exchange: ä becomes ae, what has none a full stop.

    No slash at either end and no two in a row, as SEPA has it.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    plain = " ".join(_NOT_ALLOWED.sub(".", plain).split())
    plain = _SLASHES.sub("/", plain)[:longest].strip(" /")
    return plain or "."


def as_pain_001(order: PaymentOrder) -> bytes:
    """The order as pain.001.001.09, one payment block; SEPA where all of it is in euros by IBAN.

    Raises  DomainError without transfers, for amounts that are no payment or have more places than
            their currency, and for references that are one and the same.
    Source  docs/rules/billing.md, B-22.
    """
    _check(order)
    ET.register_namespace("", NAMESPACE)
    document = ET.Element(f"{{{NAMESPACE}}}Document")
    root = _add(document, "CstmrCdtTrfInitn")
    count, total = str(len(order.transfers)), _amount(order.total, order.currency)
    header = _add(root, "GrpHdr")
    _add(header, "MsgId", bank_text(order.message_id, 35))
    _add(header, "CreDtTm", order.made_at.strftime("%Y-%m-%dT%H:%M:%S"))
    _add(header, "NbOfTxs", count)
    _add(header, "CtrlSum", total)
    _add(_add(header, "InitgPty"), "Nm", bank_text(order.payer.holder, 70))
    block = _add(root, "PmtInf")
    _add(block, "PmtInfId", bank_text(order.message_id, 35))
    _add(block, "PmtMtd", "TRF")
    _add(block, "BtchBookg", "true")
    _add(block, "NbOfTxs", count)
    _add(block, "CtrlSum", total)
    is_sepa = _is_sepa(order)
    if is_sepa:
        _add(_add(_add(block, "PmtTpInf"), "SvcLvl"), "Cd", "SEPA")
    _add(_add(block, "ReqdExctnDt"), "Dt", order.execute_on.isoformat())
    _add(_add(block, "Dbtr"), "Nm", bank_text(order.payer.holder, 70))
    _account(_add(block, "DbtrAcct"), order.payer, order.currency)
    _agent(_add(block, "DbtrAgt"), order.payer)
    _add(block, "ChrgBr", "SLEV" if is_sepa else "SHAR")
    for one in order.transfers:
        transfer = _add(block, "CdtTrfTxInf")
        ids = _add(transfer, "PmtId")
        _add(ids, "EndToEndId", bank_text(one.reference, 35))
        amount = _add(_add(transfer, "Amt"), "InstdAmt", _amount(one.amount, order.currency))
        amount.set("Ccy", order.currency)
        if one.to.bic:
            _agent(_add(transfer, "CdtrAgt"), one.to)
        _add(_add(transfer, "Cdtr"), "Nm", bank_text(one.to.holder, 70))
        _account(_add(transfer, "CdtrAcct"), one.to, "")
        _add(_add(transfer, "RmtInf"), "Ustrd", bank_text(one.text, 140))
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(document, encoding="utf-8")


def as_csv(order: PaymentOrder) -> bytes:
    """The order as a table; a cell that a spreadsheet would reckon with is led by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["reference", "name", "account", "bic", "amount", "currency", "execute_on", "text"]
    )
    for one in order.transfers:
        cells = [one.reference, one.to.holder, one.to.number, one.to.bic]
        writer.writerow(
            [
                *(_safe(cell) for cell in cells), _amount(one.amount, order.currency),
                order.currency, order.execute_on.isoformat(), _safe(one.text),
            ]
        )  # fmt: skip
    return out.getvalue().encode()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell


def _check(order: PaymentOrder) -> None:
    if not order.transfers:
        raise DomainError("There is nothing to pay in this batch.")
    places, is_sepa = minor_units(order.currency), _is_sepa(order)
    seen: set[str] = set()
    for one in order.transfers:
        if one.amount <= 0:
            raise DomainError(f"{one.reference}: a payment is above 0.")
        if one.amount != round_half_up(one.amount, places):
            raise DomainError(f"{one.reference}: {order.currency} has {places} decimal places.")
        if len(f"{one.amount:.{places}f}".replace(".", "")) > _MOST_DIGITS:
            raise DomainError(f"{one.reference}: the amount is too large for a payment file.")
        if is_sepa and one.amount > _MOST_SEPA:
            raise DomainError(f"{one.reference}: a SEPA payment is at most 999,999,999.99 EUR.")
        reference = bank_text(one.reference, 35)
        if reference in seen:
            raise DomainError(
                f"Two payments would bear the reference {reference}. Split the batch."
            )
        seen.add(reference)


def _is_sepa(order: PaymentOrder) -> bool:
    """Whether all of it is in euros between IBANs."""
    return (
        order.currency == "EUR"
        and order.payer.is_iban
        and all(one.to.is_iban for one in order.transfers)
    )


def _add(parent: ET.Element, name: str, text: str = "") -> ET.Element:
    element = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text:
        element.text = text
    return element


def _account(element: ET.Element, account: Account, currency: str) -> None:
    identified = _add(element, "Id")
    if account.is_iban:
        _add(identified, "IBAN", account.number)
    else:
        _add(_add(identified, "Othr"), "Id", account.number)
    if currency:
        _add(element, "Ccy", currency)


def _agent(element: ET.Element, account: Account) -> None:
    institution = _add(element, "FinInstnId")
    if account.bic:
        _add(institution, "BICFI", account.bic)
    else:
        _add(_add(institution, "Othr"), "Id", "NOTPROVIDED")


def _amount(amount: Decimal, currency: str) -> str:
    return f"{amount:.{minor_units(currency)}f}"
