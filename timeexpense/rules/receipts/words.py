"""What lines of a receipt are about, told by their words in English, German and French."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import Final


class About(StrEnum):
    """What a line with an amount says."""

    GRAND_TOTAL = "grand total"
    TOTAL = "total"
    SUBTOTAL = "subtotal"
    TAX = "tax"
    CARD = "card"
    CASH = "cash"
    CHANGE = "change"
    LESS = "less"  # discounts, savings, deposits, counts: never what was paid
    TIP = "tip"
    OTHER = "other"


# In this order: the first word found decides. Blanks, points and accents are out, so that
# "S.Total" and "Net à payer" are "stotal" and "netapayer" however the reader cut them.
_WORDS: Final[Sequence[tuple[About, Sequence[str]]]] = (
    (About.LESS, (
        "totalitems", "numberofitems", "itemssold", "itemcount", "anzahl", "nombredarticles",
        "saving", "yousaved", "discount", "rabatt", "remise", "reduction", "ersparnis", "punkte",
        "points", "pfand", "roundoff", "rundung", "arrondi", "rounding",
    )),
    (About.CHANGE, (
        "changedue", "change", "ruckgeld", "zuruck", "rendu", "monnaie", "wechselgeld",
        "balancereturned", "returned", "retour",
    )),
    (About.SUBTOTAL, (
        "subtotal", "zwischensumme", "zwischentotal", "soustotal", "taxablevalue", "totalht",
        "montantht", "nettobetrag", "totalnetto", "summenetto", "totalnet", "totalexcl",
        "totalbeforetax", "beforetax", "baseht", "goodsvalue", "exvat", "exclvat", "excltax",
    )),
    (About.GRAND_TOTAL, (
        "grandtotal", "totaltopay", "topay", "amountdue", "balancedue", "totaldue", "amountpayable",
        "gesamtbetrag", "gesamtsumme", "zuzahlen", "zubezahlen", "zahlbetrag", "rechnungsbetrag",
        "endbetrag", "rechnungstotal", "netapayer", "totalapayer", "apayer", "totalttc",
        "montantttc", "montanttotal", "montantdu", "billamount", "totalamount", "invoicetotal",
        "netpayable", "amountpaid", "totalinclvat", "totalincl", "summebrutto", "bruttobetrag",
    )),
    (About.TAX, (
        "salestax", "totaltax", "totalvat", "totalmwst", "totaltva", "totalgst", "vat", "mwst",
        "mehrwertsteuer", "umsatzsteuer", "ust", "tva", "cgst", "sgst", "igst", "utgst", "gst",
        "hst", "tax", "steuer", "iva", "btw",
    )),
    (About.TOTAL, ("total", "summe", "gesamt", "netamount", "betrag", "montant", "amount")),
    (About.TIP, ("gratuity", "tip", "trinkgeld", "pourboire", "servicecharge")),
    (About.CARD, (
        "visa", "mastercard", "maestro", "amex", "americanexpress", "debit", "credit", "card",
        "karte", "girocard", "carte", "contactless", "twint", "paypal", "applepay", "googlepay",
        "upi", "postcard", "cb",
    )),
    (About.CASH, (
        "cash", "tendered", "bar", "gegeben", "especes", "given", "bargeld", "erhalten",
    )),
)  # fmt: skip
# Short words stand alone or begin a line: "bar" is in "Barbara", "tip" in "multiple".
_WHOLE: Final = frozenset(
    ("vat", "ust", "tva", "gst", "hst", "tax", "iva", "btw", "tip", "bar", "cb", "upi", "cash",
     "card", "change", "apayer", "topay", "amount", "points", "retour", "given", "credit")
)  # fmt: skip
_TITLES: Final = (
    "receipt", "vatreceipt", "salesreceipt", "taxinvoice", "invoice", "billofsupply", "cashmemo",
    "guestcheck", "customercopy", "merchantcopy", "copy", "bill", "rechnung", "kassenbon", "bon",
    "quittung", "beleg", "kundenbeleg", "kassenbeleg", "bewirtungsbeleg", "facture", "recu",
    "ticket", "ticketdecaisse", "note", "addition", "duplicata", "welcome", "welcometo",
    "willkommen", "bienvenue", "thankyou", "originalreceipt", "cashreceipt", "order",
)  # fmt: skip
_GREETING = re.compile(
    r"thank|danke|dank\b|merci|visit|besuch|welcome|wiedersehen|bientot|nice day"
)
_CONTACT = re.compile(
    r"\b(?:tel|phone|ph|fax|telefon|e-?mail|www|http|vat|gstin|siret|siren|fssai|ust|tva|mwst|abn|"
    r"st\.?-?nr|uid|hrb|table|till|server|order|store|kasse|beleg|bill|cashier|invoice|date|datum|"
    r"terminal|no\.?|nr\.?|n[o°])(?:\b|(?=\d))|@|\.(?:com|de|fr|ch|in|co)\b",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b\d{4,6}\b|strasse|straße|\bstr\.|\bstreet\b|\broad\b|\bst\b[ ,]|\bave\b|avenue|\brue\b|"
    r"\bquai\b|\bplace\b|platz\b|gasse\b|weg\b|\blane\b|\bunit\b|\bplot\b|\bfloor\b|"
    r"^\d+[a-z]?,? [a-z]|[a-z]+ \d+[a-z]?,",
    re.IGNORECASE,
)
_NOT_OF_RECEIPT = re.compile(
    r"due|fallig|echeance|valid|gultig|until|bis |expir|check-?out|anreise|arrival|departure|born|"
    r"delivery|lieferdatum"
)
_DATE = re.compile(r"\bdate|\bdatum|\ble\b|^dt\b|\bdu\b|invoice date|bill date|rechnungsdatum")


def bare(text: str) -> str:
    """Its letters alone, small and without accents; a nought among letters is an o."""
    plain = unaccented(text)
    plain = re.sub(r"(?<=[a-z])0(?=[a-z])", "o", plain)
    return re.sub(r"[^a-z]", "", plain)


def unaccented(text: str) -> str:
    """Small letters without accents."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def about(text: str) -> About:
    """What a line says, by the first word in the table above that it holds."""
    letters = bare(text)
    words = set(re.findall(r"[a-z]+", unaccented(text).replace(".", "")))
    for kind, known in _WORDS:
        for word in known:
            if word in words or (letters.startswith(word) and _stands(word, letters, words)):
                return kind
            if word not in _WHOLE and word in letters:
                return kind
    return About.OTHER


def _stands(word: str, letters: str, words: set[str]) -> bool:
    """A short word counts where the reader ran it together with its figure, not inside another."""
    return word not in _WHOLE or len(letters) <= len(word) + 3 or not words


def is_title(text: str) -> bool:
    """A heading such as RECEIPT, which is not whose receipt it is."""
    return bare(text) in _TITLES


def is_about_contact(text: str) -> bool:
    """A telephone, registration or till number, an address, or a greeting."""
    plain = unaccented(text)
    return bool(_CONTACT.search(plain) or _STREET.search(text) or _GREETING.search(plain))


def is_other_date(text: str) -> bool:
    """A day that is not the receipt's: due, valid until, arrival."""
    return bool(_NOT_OF_RECEIPT.search(unaccented(text)))


def is_dated(text: str) -> bool:
    """Whether the line says that its day is the receipt's."""
    return bool(_DATE.search(unaccented(text)))
