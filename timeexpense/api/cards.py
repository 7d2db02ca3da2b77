"""Company cards, their statements and lines, and hours for payroll."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Field, File, Form
from ninja.files import UploadedFile

from psa.core import clock
from psa.core.web.api import ApiRequest, In, Named, Nothing, Out, shape
from psa.core.web.api.fields import CurrencyCode, Day, Id, OneOf, Text
from timeexpense import lists_of_cards
from timeexpense.forms_cards import MAX_BYTES
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.card_statement import DAY_ORDERS, TARGETS, BadLine, Reading, Transaction
from timeexpense.selectors import cards as card_selectors
from timeexpense.selectors import payroll as payroll_selectors
from timeexpense.services import cards, payroll

from .area import endpoints, file_content

ENTER, CARDS = TimeExpensePermission.ENTER, TimeExpensePermission.MANAGE_CARDS
PAYROLL = TimeExpensePermission.EXPORT_PAYROLL
LineOut = shape(card_selectors.LinePage, "CardLineOut")
TransactionOut = shape(Transaction, "CardTransaction")
BadLineOut = shape(BadLine, "BadCardLine")


class CardIn(In):
    resource_id: Id
    ending: Annotated[str, Field(pattern=r"^[0-9]{4}$", description="The last four digits.")]
    name: Annotated[str, Text(80, blank=False)]
    currency: CurrencyCode


class CardOut(Out):
    id: int
    resource: Named
    ending: str
    name: str
    currency: str
    is_active: bool


class StatementIn(In):
    """How a statement is written; a column that is not named is found by its heading."""

    day_order: Annotated[str, OneOf(*DAY_ORDERS)] = "iso"
    purchases_are_negative: bool = False
    currency: Annotated[str, Text(3)] = Field("", description="Where no column has it.")
    date_column: Annotated[str, Text(80)] = ""
    amount_column: Annotated[str, Text(80)] = ""
    currency_column: Annotated[str, Text(80)] = ""
    merchant_column: Annotated[str, Text(80)] = ""
    card_column: Annotated[str, Text(80)] = ""
    reference_column: Annotated[str, Text(80)] = ""

    def reading(self) -> Reading:
        return Reading(self.day_order, self.purchases_are_negative, self.currency.upper())

    def mapping(self) -> dict[str, str]:
        return {target: getattr(self, f"{target}_column") for target in TARGETS}


class StatementOut(Out):
    """A statement that was taken in; `known_count` of its lines were there already."""

    id: int
    filename: str
    line_count: int
    known_count: int
    imported_at: datetime


class StatementLineOut(Out):
    """A line of a file; `state` is new, known (imported before) or no_card."""

    state: str
    transaction: TransactionOut  # type: ignore[valid-type]


class StatementPreviewOut(Out):
    """What importing a file would do; `columns` are the names found for each target."""

    lines: list[StatementLineOut]
    bad: list[BadLineOut]  # type: ignore[valid-type]
    columns: dict[str, str]


class MatchIn(In):
    entry_id: Id


class DismissIn(In):
    reason: Annotated[str, Text(200, blank=False)]


class PeriodIn(In):
    legal_entity_id: Id
    starts_on: Day
    last_on: Day


class PayrollOut(Out):
    id: int
    legal_entity: Named
    sequence: int
    starts_on: date
    last_on: date = Field(alias="ends_on")
    made_at: datetime


@endpoints.list("/company-cards", lists_of_cards.CARDS, CARDS, name="CompanyCard")
def list_company_cards(request: ApiRequest) -> Any:
    """Company cards, and who carries them."""
    return card_selectors.cards()


@endpoints.write("POST", "/company-cards", CardOut, CARDS, status=201)
def create_company_card(request: ApiRequest, body: CardIn) -> Any:
    """Say who carries a card."""
    return cards.save_card(actor=request.actor, at=clock.now(), **body.values())


@endpoints.write("POST", "/card-statements/preview", StatementPreviewOut, CARDS)
def preview_card_statement(
    request: ApiRequest,
    file: UploadedFile = File(...),
    how: StatementIn = Form(...),
) -> Any:
    """Look at a statement (CSV, XLSX or OFX): what it holds and what of it is new. Writes nothing."""
    return cards.preview(
        content=file_content(file, MAX_BYTES),
        filename=file.name or "statement",
        reading=how.reading(),
        mapping=how.mapping(),
        actor=request.actor,
    )


@endpoints.write("POST", "/card-statements", StatementOut, CARDS, status=201)
def import_card_statement(
    request: ApiRequest,
    file: UploadedFile = File(...),
    how: StatementIn = Form(...),
) -> Any:
    """Take in what of a statement is new, all or nothing; a line that fits one expense is matched."""
    return cards.import_statement(
        content=file_content(file, MAX_BYTES),
        filename=file.name or "statement",
        reading=how.reading(),
        mapping=how.mapping(),
        actor=request.actor,
        at=clock.now(),
    )


@endpoints.list("/card-lines", lists_of_cards.LINES, ENTER, CARDS, name="CardLine")
def list_card_lines(request: ApiRequest) -> Any:
    """Transactions of company cards: one's own, or all."""
    return card_selectors.line_rows(actor=request.actor)


@endpoints.read("/card-lines/{card_line_id}", LineOut, ENTER, CARDS)
def get_card_line(request: ApiRequest, card_line_id: Id) -> Any:
    """One transaction, with the expenses that fit it."""
    return card_selectors.line_page(actor=request.actor, line_id=card_line_id)


@endpoints.write("POST", "/card-lines/{card_line_id}/match", LineOut, ENTER, CARDS)
def match_card_line(request: ApiRequest, card_line_id: Id, body: MatchIn) -> Any:
    """Say which expense a transaction paid for."""
    cards.match_line(
        line_id=card_line_id, entry_id=body.entry_id, actor=request.actor, at=clock.now()
    )
    return get_card_line(request, card_line_id=card_line_id)


@endpoints.write("POST", "/card-lines/{card_line_id}/dismiss", LineOut, ENTER, CARDS)
def dismiss_card_line(request: ApiRequest, card_line_id: Id, body: DismissIn) -> Any:
    """Say why a transaction is no expense."""
    cards.dismiss_line(
        line_id=card_line_id, reason=body.reason, actor=request.actor, at=clock.now()
    )
    return get_card_line(request, card_line_id=card_line_id)


@endpoints.write("POST", "/card-lines/{card_line_id}/reopen", LineOut, ENTER, CARDS)
def reopen_card_line(request: ApiRequest, card_line_id: Id, body: Nothing) -> Any:
    """Take a match or a dismissal back, while the expense is not handed in."""
    cards.unmatch_line(line_id=card_line_id, actor=request.actor, at=clock.now())
    return get_card_line(request, card_line_id=card_line_id)


@endpoints.list("/payroll-exports", lists_of_cards.PAYROLL, PAYROLL, name="PayrollExport")
def list_payroll_exports(request: ApiRequest) -> Any:
    """Hours that were handed to payroll."""
    return payroll_selectors.exports(actor=request.actor)


@endpoints.write("POST", "/payroll-exports", PayrollOut, PAYROLL, status=201)
def create_payroll_export(request: ApiRequest, body: PeriodIn) -> Any:
    """Hand over what was approved of a pay period and payroll has not got yet."""
    return payroll.export_period(actor=request.actor, at=clock.now(), **body.values())


@endpoints.read("/payroll-exports/{payroll_id}", PayrollOut, PAYROLL)
def get_payroll_export(request: ApiRequest, payroll_id: Id) -> Any:
    """One export; its lines are under `/csv`."""
    return payroll_selectors.get_export(actor=request.actor, export_id=payroll_id)


@endpoints.file("/payroll-exports/{payroll_id}/csv", "text/csv", PAYROLL)
def get_payroll_export_csv(request: ApiRequest, payroll_id: Id) -> Any:
    """The lines of one export."""
    name, content = payroll_selectors.as_csv(actor=request.actor, export_id=payroll_id)
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
