"""What the rendered receipts say: five currencies, three languages, the words of each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


def _grouped(amount: Decimal, group: str, point: str) -> str:
    return f"{amount:,.2f}".replace(",", "\0").replace(".", point).replace("\0", group)


def english(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def german(amount: Decimal) -> str:
    return _grouped(amount, ".", ",")


def french(amount: Decimal) -> str:
    return _grouped(amount, " ", ",")


def swiss(amount: Decimal) -> str:
    return _grouped(amount, "'", ".")


def indian(amount: Decimal) -> str:
    """1,23,456.00: the last three digits, then pairs."""
    whole, _, cents = f"{amount:.2f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    pairs = []
    while head:
        pairs.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*pairs, tail]) + "." + cents


_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "de": (
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
        "Oktober", "November", "Dezember",
    ),
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
        "octobre", "novembre", "décembre",
    ),
}  # fmt: skip
_LONG_ENGLISH = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def spoken(on: date, form: str) -> str:
    """A day in one of the forms that receipts use."""
    month = on.month - 1
    known = {
        "de_words": f"{on.day}. {_MONTHS['de'][month]} {on.year}",
        "fr_words": f"{on.day} {_MONTHS['fr'][month]} {on.year}",
        "en_words": f"{on.day} {_MONTHS['en'][month]} {on.year}",
        "en_dashes": f"{on.day:02d}-{_MONTHS['en'][month]}-{on.year}",
        "us_words": f"{_LONG_ENGLISH[month]} {on.day}, {on.year}",
        "us_short": f"{_MONTHS['en'][month]} {on.day:02d}, {on.year}",
    }
    return known.get(form) or on.strftime(form)


@dataclass(frozen=True, slots=True)
class Place:
    """A country's receipts."""

    name: str
    currency: str
    marks: tuple[str, ...]  # beside an amount; "{}" is the amount
    number: Callable[[Decimal], str]
    dates: tuple[str, ...]
    date_label: tuple[str, ...]
    rates: tuple[str, ...]
    tax_on_top: bool
    tax: tuple[str, ...]
    total: tuple[str, ...]
    subtotal: tuple[str, ...]
    cash: tuple[str, str]
    card: tuple[str, ...]
    title: tuple[str, ...]
    greeting: tuple[str, ...]
    numbers: tuple[str, ...]  # of tax registration, telephone and the like
    streets: tuple[str, ...]
    merchants: tuple[str, ...]
    items: tuple[str, ...]


GREAT_BRITAIN = Place(
    "gb", "GBP", ("£{}", "£{}", "{} GBP", "{}"), english,
    ("%d/%m/%Y", "%d/%m/%y", "en_words", "%d-%m-%Y", "en_dashes"), ("Date:", "", "Date"),
    ("20",), False, ("VAT {r}%", "VAT @ {r}%", "Incl. VAT {r}%", "of which VAT {r}%"),
    ("TOTAL", "Total", "Total to pay", "AMOUNT DUE", "Balance due"), ("Subtotal", "SUB TOTAL"),
    ("CASH", "CHANGE"), ("VISA DEBIT", "Mastercard", "Card payment", "CONTACTLESS"),
    ("RECEIPT", "VAT RECEIPT", "", ""), ("Thank you for your custom", "Please call again", ""),
    ("VAT No GB 123 4567 89", "Tel 020 7946 0123", "Till 4 Op 17", "Receipt no 004417"),
    ("14 Great Castle Street, London W1W 8LS", "3 Quay Road, Bristol BS1 4RN",
     "Unit 9, Leeds LS1 4DY"),
    ("The Copper Kettle", "Marlow Stationers", "Northgate Garage", "Harbour & Finch Ltd",
     "Ridgeway Hotel", "Bramble Coffee Co", "Penrose Books", "The Old Ferry Inn"),
    ("Flat white", "Bacon roll", "Unleaded 95", "Notebook A5", "Room service", "Parking",
     "Club sandwich", "Still water 50cl", "USB cable"),
)  # fmt: skip
UNITED_STATES = Place(
    "us", "USD", ("${}", "${}", "$ {}", "{}"), english,
    ("%m/%d/%Y", "%m/%d/%y", "us_words", "us_short", "%m-%d-%Y"), ("Date:", "", "DATE"),
    ("8.875", "6.25", "7"), True, ("Sales Tax", "Tax {r}%", "TAX"),
    ("TOTAL", "Total", "Grand Total", "Amount Due", "TOTAL USD"), ("Subtotal", "SUB-TOTAL"),
    ("CASH", "CHANGE DUE"), ("VISA ****4417", "AMEX", "Credit Card", "MASTERCARD"),
    ("", "GUEST CHECK", "Receipt", "CUSTOMER COPY"), ("Thank you!", "Have a nice day", ""),
    ("Tel (212) 555-0147", "Order #10442", "Server: Dana", "Store 0418 Reg 02"),
    ("418 Mercer Street, New York, NY 10012", "77 Market St, San Francisco, CA 94103",
     "1200 Lake Ave, Chicago, IL 60611"),
    ("Blue Heron Diner", "Lakeside Office Supply", "Union Cab Company", "Marigold Kitchen",
     "Summit Inn & Suites", "Redwood Hardware", "Corner Bagel", "Pacific Rail Cafe"),
    ("Cheeseburger", "House salad", "Iced tea", "Printer paper", "Airport ride", "Latte 16oz",
     "Club soda", "HDMI adapter", "Breakfast"),
)  # fmt: skip
INDIA = Place(
    "in", "INR", ("₹{}", "Rs. {}", "Rs {}", "INR {}", "{}"), indian,
    ("%d/%m/%Y", "%d-%m-%Y", "en_dashes", "en_words", "%d/%m/%y"), ("Date:", "Bill Date:", "Dt."),
    ("18", "5", "12"), True, ("CGST {h}%|SGST {h}%", "IGST {r}%", "GST {r}%"),
    ("Grand Total", "TOTAL", "Net Amount", "Bill Amount", "Total Amount"),
    ("Sub Total", "Taxable Value"), ("Cash", "Balance returned"), ("UPI", "Card", "HDFC Card"),
    ("TAX INVOICE", "", "Bill of Supply", "CASH MEMO"), ("Thank you, visit again", ""),
    ("GSTIN 29ABCDE1234F1Z5", "FSSAI 11219334000123", "Ph: 080-2555 0199", "Bill No: 5518"),
    ("12 MG Road, Bengaluru 560001", "44 Linking Road, Mumbai 400050",
     "Plot 7, Sector 18, Noida 201301"),
    ("Lotus Residency", "Saffron Kitchen", "Metro Stationery Mart", "Coastal Travels",
     "Hotel Neelam", "Chai Junction", "Deccan Book House", "Garden View Cafe"),
    ("Masala dosa", "Filter coffee", "Room tariff", "Taxi hire", "Paneer tikka", "A4 paper ream",
     "Mineral water", "Laundry", "Veg thali"),
)  # fmt: skip
GERMANY = Place(
    "de", "EUR", ("{} €", "{} EUR", "EUR {}", "{}", "€ {}"), german,
    ("%d.%m.%Y", "%d.%m.%y", "de_words", "%Y-%m-%d"), ("Datum:", "", "Datum"),
    ("19", "7"), False, ("MwSt {r}%", "inkl. {r}% MwSt", "USt {r}%", "enth. MwSt {r} %"),
    ("SUMME", "Gesamtbetrag", "Zu zahlen", "Summe", "Rechnungsbetrag", "TOTAL"),
    ("Zwischensumme",), ("Bar", "Rückgeld"), ("EC-Karte", "girocard", "VISA", "Kartenzahlung"),
    ("Rechnung", "KASSENBON", "", "Quittung"),
    ("Vielen Dank für Ihren Besuch!", "Auf Wiedersehen", ""),
    ("USt-IdNr. DE123456789", "Tel. 030 5550123", "Kasse 2 Bon 4417", "St.-Nr. 12/345/67890"),
    ("Hauptstraße 12, 10827 Berlin", "Marktplatz 3, 80331 München", "Am Hafen 7, 20457 Hamburg"),
    ("Bäckerei Lindner", "Gasthof Goldener Hirsch", "Tankhof Müller", "Buchhandlung Vogel",
     "Hotel Seeblick", "Café Morgenrot", "Papier Krüger", "Taxi Hoffmann"),
    ("Brezel", "Milchkaffee", "Super E10", "Übernachtung", "Käsebrötchen", "Mineralwasser",
     "Wiener Schnitzel", "Ordner A4", "Parkticket"),
)  # fmt: skip
FRANCE = Place(
    "fr", "EUR", ("{} €", "{} €", "{} EUR", "{}"), french,
    ("%d/%m/%Y", "%d/%m/%y", "fr_words", "%d.%m.%Y"), ("Date :", "Le", "", "Date"),
    ("20", "10", "5,5"), False, ("TVA {r}%", "dont TVA {r} %", "T.V.A. {r}%"),
    ("TOTAL TTC", "Total", "Net à payer", "TOTAL", "Montant total"), ("Sous-total",),
    ("Espèces", "Rendu"), ("Carte bancaire", "CB", "VISA", "Carte bleue"),
    ("FACTURE", "Ticket de caisse", "", "Reçu"),
    ("Merci de votre visite", "À bientôt !", ""),
    ("SIRET 123 456 789 00012", "Tél. 01 55 50 01 23", "Table 12", "TVA intra FR40123456789"),
    ("12 rue de la Paix, 75002 Paris", "8 quai du Port, 13002 Marseille",
     "21 place Bellecour, 69002 Lyon"),
    ("Brasserie du Marché", "Librairie Fontaine", "Hôtel des Voyageurs", "Café de la Gare",
     "Garage Moreau", "Le Petit Fournil", "Papeterie Centrale", "Taxis Réunis"),
    ("Café crème", "Plat du jour", "Sans plomb 95", "Nuitée", "Croissant", "Eau minérale",
     "Salade niçoise", "Cahier A4", "Stationnement"),
)  # fmt: skip
SWITZERLAND = Place(
    "ch", "CHF", ("CHF {}", "Fr. {}", "{} CHF", "{}"), swiss,
    ("%d.%m.%Y", "%d.%m.%y", "de_words"), ("Datum:", "", "Datum"),
    ("8.1", "2.6", "3.8"), False, ("MWST {r}%", "inkl. MWST {r}%", "MwSt {r} %"),
    ("TOTAL", "Total CHF", "Gesamtbetrag", "Zu bezahlen", "Total"), ("Zwischentotal",),
    ("Bar", "Rückgeld"), ("Maestro", "Postcard", "TWINT", "VISA"),
    ("Quittung", "", "Rechnung", "BELEG"), ("Besten Dank", "Merci, auf Wiedersehen", ""),
    ("CHE-123.456.789 MWST", "Tel. 044 555 01 23", "Kasse 3", "Beleg 004417"),
    ("Bahnhofstrasse 8, 8001 Zürich", "Marktgasse 21, 3011 Bern", "Seestrasse 5, 6003 Luzern"),
    ("Konditorei Rüegg", "Restaurant Alpenblick", "Hotel Schweizerhof", "Buchladen Meier",
     "Tankstelle Furka", "Café Zentral", "Papeterie Sutter", "Taxi Zürisee"),
    ("Gipfeli", "Café crème", "Rösti", "Zimmer", "Bleifrei 95", "Rivella 33cl", "Tageskarte",
     "Notizblock", "Parkgebühr"),
)  # fmt: skip
PLACES = (GREAT_BRITAIN, UNITED_STATES, INDIA, GERMANY, FRANCE, SWITZERLAND)
