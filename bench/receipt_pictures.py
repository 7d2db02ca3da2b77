"""Receipts drawn from a seed: the same seed gives the same pictures, with what is true of them.

Fonts come from packages that are installed anyway and, where the machine has it, from DejaVu.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import reportlab
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from bench.receipt_words import PLACES, Place, spoken

_CENT = Decimal("0.01")
_FIRST_ON = date(2025, 1, 3)
_DAYS = 560
_REPORTLAB = Path(reportlab.__file__).parent / "fonts"
_DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
_FAMILIES = (
    (_REPORTLAB / "Vera.ttf", _REPORTLAB / "VeraBd.ttf"),
    (_DEJAVU / "DejaVuSansMono.ttf", _DEJAVU / "DejaVuSansMono-Bold.ttf"),
    (_DEJAVU / "DejaVuSerif.ttf", _DEJAVU / "DejaVuSerif-Bold.ttf"),
    (_DEJAVU / "DejaVuSansCondensed.ttf", _DEJAVU / "DejaVuSansCondensed-Bold.ttf"),
    (_DEJAVU / "DejaVuSerifCondensed.ttf", _DEJAVU / "DejaVuSerifCondensed-Bold.ttf"),
    (_DEJAVU / "DejaVuSans.ttf", _DEJAVU / "DejaVuSans-Oblique.ttf"),
)
_HAS_RUPEE = "DejaVu"


@dataclass(frozen=True, slots=True)
class Truth:
    """What a receipt says; `tax` is the sum of its tax lines."""

    merchant: str
    spent_on: date
    total: Decimal
    currency: str
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Picture:
    name: str
    content: bytes
    truth: Truth


@dataclass(frozen=True, slots=True)
class _Line:
    cells: tuple[str, ...] = ()
    size: float = 1.0
    bold: bool = False
    centred: bool = False
    rule: bool = False


@dataclass(slots=True)
class _Bill:
    """The figures of one receipt, in the words of its place."""

    place: Place
    rng: Random
    merchant: str = ""
    spent_on: date = _FIRST_ON
    items: list[tuple[str, int, Decimal]] = field(default_factory=list)
    net: Decimal = Decimal(0)
    taxes: list[tuple[str, Decimal]] = field(default_factory=list)
    by_rate: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)  # rate, gross, tax
    tip: Decimal = Decimal(0)
    total: Decimal = Decimal(0)
    mark: str = "{}"

    def amount(self, value: Decimal) -> str:
        return self.place.number(value)

    def marked(self, value: Decimal) -> str:
        return self.mark.format(self.amount(value))

    def truth(self) -> Truth:
        tax = sum((one for _, one in self.taxes), Decimal(0))
        return Truth(self.merchant, self.spent_on, self.total, self.place.currency, tax)


def pictures(seed: int, count: int) -> list[Picture]:
    """`count` receipts, the places in turn."""
    made = []
    for number in range(count):
        rng = Random(f"receipts-{seed}-{number}")
        bill = _bill(PLACES[number % len(PLACES)], rng, seed)
        layout = _LAYOUTS[(number // len(PLACES) + number) % len(_LAYOUTS)]
        page = _drawn(layout(bill), rng, bill)
        content, how = _photographed(page, rng, number)
        name = f"{seed}-{number:02d}-{bill.place.name}-{layout.__name__.strip('_')}-{how}.jpg"
        made.append(Picture(name, content, bill.truth()))
    return made


def _bill(place: Place, rng: Random, seed: int) -> _Bill:
    bill = _Bill(place, rng)
    half = len(place.merchants) // 2
    # Odd and even seeds share no merchant.
    bill.merchant = rng.choice(place.merchants[:half] if seed % 2 else place.merchants[half:])
    if rng.random() < 0.3:
        bill.merchant = bill.merchant.upper()
    bill.spent_on = _FIRST_ON + timedelta(days=rng.randrange(_DAYS))
    bill.mark = rng.choice(place.marks)
    dear = rng.choice((1, 1, 1, 12)) * (60 if place.currency == "INR" else 1)
    for name in rng.sample(place.items, rng.randint(1, 5)):
        price = (Decimal(rng.randint(180, 3900)) / 100 * dear).quantize(_CENT)
        bill.items.append((name, rng.choice((1, 1, 1, 2, 3)), price))
    gross = sum((price * count for _, count, price in bill.items), Decimal(0))
    word = rng.choice(place.tax)
    if place.tax_on_top:
        _add_tax_on_top(bill, gross, word, rng.choice(place.rates))
        return bill
    rates = rng.sample(place.rates, 2 if len(place.rates) > 1 and len(bill.items) > 1 else 1)
    first = bill.items[0][1] * bill.items[0][2]
    shares = [gross] if len(rates) == 1 else [gross - first, first]
    for rate, share in zip(rates, shares, strict=True):
        percent = Decimal(rate.replace(",", "."))
        tax = (share * percent / (100 + percent)).quantize(_CENT)
        bill.by_rate.append((rate, share, tax))
        bill.taxes.append((word.format(r=rate), tax))
    bill.net = gross - sum(tax for _, tax in bill.taxes)
    bill.total = gross
    return bill


def _add_tax_on_top(bill: _Bill, gross: Decimal, word: str, rate: str) -> None:
    bill.net = gross
    parts = word.split("|")
    share = Decimal(rate) / len(parts)
    for part in parts:
        said = part.format(r=rate, h=f"{share.normalize():f}")
        bill.taxes.append((said, (gross * share / 100).quantize(_CENT)))
    if bill.place.currency == "USD" and bill.rng.random() < 0.3:
        bill.tip = (gross * Decimal("0.18")).quantize(_CENT)
    bill.total = gross + sum(tax for _, tax in bill.taxes) + bill.tip


def _head(bill: _Bill, size: float = 1.7) -> list[_Line]:
    place, rng = bill.place, bill.rng
    lines = [_Line((bill.merchant,), size=size, bold=True, centred=True)]
    lines.append(_Line((rng.choice(place.streets),), centred=True))
    lines += [_Line((one,), centred=True) for one in rng.sample(place.numbers, 2)]
    if title := rng.choice(place.title):
        lines.append(_Line((title,), size=1.2, bold=True, centred=True))
    return lines


def _when(bill: _Bill) -> str:
    label = bill.rng.choice(bill.place.date_label)
    return f"{label} {spoken(bill.spent_on, bill.rng.choice(bill.place.dates))}".strip()


def _paid(bill: _Bill) -> list[_Line]:
    rng = bill.rng
    if rng.random() < 0.35:
        given = (bill.total // 10 + rng.randint(1, 3)) * 10
        cash, change = bill.place.cash
        return [
            _Line((cash, bill.amount(given))),
            _Line((change, bill.amount(given - bill.total))),
        ]
    return [_Line((rng.choice(bill.place.card), bill.amount(bill.total)))]


def _sums(bill: _Bill) -> list[_Line]:
    rng, place = bill.rng, bill.place
    word = rng.choice(place.total)
    said = bill.mark.replace("{}", "").strip()
    figure = bill.amount(bill.total) if said and said in word else bill.marked(bill.total)
    total = _Line((word, figure), size=rng.choice((1.0, 1.3, 1.6)), bold=True)
    taxes = [_Line((name, bill.amount(tax))) for name, tax in bill.taxes]
    if place.tax_on_top:
        tip = [_Line(("Gratuity 18%", bill.amount(bill.tip)))] if bill.tip else []
        return [_Line((rng.choice(place.subtotal), bill.amount(bill.net))), *taxes, *tip, total]
    if rng.random() < 0.4:
        taxes = _tax_table(bill)
    if rng.random() < 0.4:
        return [_Line((rng.choice(place.subtotal), bill.amount(bill.total))), total, *taxes]
    return [total, *taxes]


def _tax_table(bill: _Bill) -> list[_Line]:
    word = bill.place.tax[0].split(" ")[0]
    lines = [_Line((f"{word} %", "Net", word, "Total"))]
    for letter, (rate, gross, tax) in zip("ABC", bill.by_rate, strict=False):
        figures = (bill.amount(gross - tax), bill.amount(tax), bill.amount(gross))
        lines.append(_Line((f"{letter} {rate}%", *figures)))
    return lines


def till_slip(bill: _Bill) -> list[_Line]:
    time = f"{bill.rng.randint(7, 22):02d}:{bill.rng.randint(0, 59):02d}"
    lines = [*_head(bill), _Line((_when(bill), time)), _Line(rule=True)]
    for name, count, price in bill.items:
        said = f"{count} x {name}" if count > 1 else name
        lines.append(_Line((said, bill.amount(price * count))))
    lines += [_Line(rule=True), *_sums(bill), _Line(rule=True), *_paid(bill)]
    return [*lines, _Line((bill.rng.choice(bill.place.greeting),), centred=True)]


def slip_with_date_below(bill: _Bill) -> list[_Line]:
    lines = [*_head(bill, 1.3), _Line(rule=True)]
    for name, count, price in bill.items:
        lines.append(_Line((name, str(count), bill.amount(price), bill.amount(price * count))))
    lines += [_Line(rule=True), *_sums(bill), *_paid(bill), _Line(rule=True)]
    lines.append(_Line((_when(bill), f"#{bill.rng.randint(1000, 9999)}")))
    return [*lines, _Line((bill.rng.choice(bill.place.greeting),), centred=True)]


def invoice(bill: _Bill) -> list[_Line]:
    place, rng = bill.place, bill.rng
    lines = [_Line((bill.merchant,), size=1.9, bold=True), _Line((rng.choice(place.streets),))]
    lines += [_Line((one,)) for one in rng.sample(place.numbers, 2)]
    lines.append(_Line((place.title[0], f"No. 2026-{rng.randint(100, 999)}"), size=1.3, bold=True))
    lines.append(_Line((_when(bill),)))
    if rng.random() < 0.5:
        word = {"de": "Fällig am", "ch": "Fällig am", "fr": "Échéance"}.get(place.name, "Due date")
        lines.append(_Line((f"{word} {spoken(bill.spent_on + timedelta(14), place.dates[0])}",)))
    lines.append(_Line(rule=True))
    for name, count, price in bill.items:
        lines.append(_Line((name, str(count), bill.amount(price), bill.amount(price * count))))
    return [*lines, _Line(rule=True), *_sums(bill), _Line(rule=True)]


def short_ticket(bill: _Bill) -> list[_Line]:
    lines = [*_head(bill, 1.4), _Line((_when(bill),)), _Line((bill.items[0][0],))]
    return [*lines, _Line(rule=True), *_sums(bill), *_paid(bill)]


_LAYOUTS: Sequence[Callable[[_Bill], list[_Line]]] = (
    till_slip, slip_with_date_below, invoice, short_ticket,
)  # fmt: skip


def _drawn(lines: Sequence[_Line], rng: Random, bill: _Bill) -> Image.Image:
    known = [pair for pair in _FAMILIES if pair[0].exists() and pair[1].exists()]
    if "₹" in bill.mark:
        known = [pair for pair in known if _HAS_RUPEE in pair[0].name] or known
    family = rng.choice(known)
    base, width = rng.randint(16, 28), rng.randint(480, 760)
    margin = width // 14
    page = Image.new("L", (width, int(base * 2.6 * (len(lines) + 5))), rng.randint(238, 255))
    draw, ink, y = ImageDraw.Draw(page), rng.randint(0, 120), base
    for line in lines:
        if line.rule:
            draw.line([(margin, y + base // 2), (width - margin, y + base // 2)], fill=ink)
            y += base
            continue
        font = ImageFont.truetype(family[line.bold], _fitting(line, family[line.bold], base, width))
        if line.centred or len(line.cells) == 1:
            left = (width - draw.textlength(line.cells[0], font)) / 2 if line.centred else margin
            draw.text((left, y), line.cells[0], font=font, fill=ink)
        else:
            draw.text((margin, y), line.cells[0], font=font, fill=ink)
            for place, cell in enumerate(reversed(line.cells[1:])):
                right = width - margin - place * width // 5
                draw.text((right - draw.textlength(cell, font), y), cell, font=font, fill=ink)
        y += int(font.size * 1.55)
    return page.crop((0, 0, width, y + base * 2))


def _fitting(line: _Line, font: Path, base: int, width: int) -> int:
    size = int(base * line.size)
    room = width * 6 // 7
    while size > 14:
        said = ImageFont.truetype(font, size)
        columns = max(len(line.cells) - 2, 0) * width / 5
        if (
            sum(said.getlength(cell) for cell in (line.cells[:1] + line.cells[-1:])) + columns
            < room
        ):
            return size
        size -= 1
    return size


def _photographed(page: Image.Image, rng: Random, number: int) -> tuple[bytes, str]:
    """The paper on a desk, tilted, shaded, blurred, noisy; some lie sideways or upside down."""
    turn = {5: 90, 11: 180, 17: 270, 23: 180}.get(number % 24, 0)
    tilt = rng.uniform(-6, 6) if rng.random() < 0.6 else 0.0
    desk = rng.randint(40, 150)
    wide = (page.width + rng.randint(20, 120), page.height + rng.randint(20, 120))
    scene = Image.new("L", wide, desk)
    scene.paste(page, ((wide[0] - page.width) // 2, (wide[1] - page.height) // 2))
    scene = scene.rotate(tilt, Image.Resampling.BICUBIC, expand=True, fillcolor=desk)
    if turn:
        scene = scene.rotate(turn, expand=True)
    if rng.random() < 0.5:
        shade = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180))).resize(scene.size)
        shade = shade.point(lambda v: 150 + v * 105 // 255)
        scene = ImageChops.multiply(scene, shade)
    blur = rng.choice((0.0, 0.6, 0.9, 1.2))
    if blur:
        scene = scene.filter(ImageFilter.GaussianBlur(blur))
    noise = rng.choice((0, 12, 24, 40))
    if noise:
        grain = Image.frombytes("L", scene.size, rng.randbytes(scene.width * scene.height))
        grain = grain.point(lambda v: 128 + (v - 128) * noise // 128)
        scene = ImageChops.add(scene, grain, scale=1, offset=-128)
    target = io.BytesIO()
    scene.convert("RGB").save(target, "JPEG", quality=rng.choice((35, 50, 70, 90)))
    return target.getvalue(), f"turn{turn}-tilt{tilt:.0f}-noise{noise}-blur{blur}"
