"""The page of a customer's statement of account, its files, and sending it."""

from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing import statement_files
from billing.forms_receivables import SendStatement, StatementForm
from billing.permissions import BillingPermission
from billing.selectors import statements as selectors
from billing.selectors.statements import StatementPage
from billing.services import statement_mails, statements
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.errors import NotFound
from psa.core.web.lists import export
from psa.core.web.lists.spec import Column, ListSpec
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

FILE = ListSpec(
    key="statement",
    title="Statement of account",
    noun=("movement", "movements"),
    columns=(
        Column("on", "Date"),
        Column("what", "What"),
        Column("number", "Number"),
        Column("due_on", "Due"),
        Column("amount", "Amount", kind="number"),
        Column("balance", "Balance", kind="number"),
        Column("currency", "Currency"),
    ),
)


@require_GET
@requires(BillingPermission.VIEW)
def statement(request: TenantRequest, account_id: int) -> HttpResponse:
    form, page = _asked(request, account_id)
    if page is None:
        page = selectors.statement_page(
            actor=request.actor, account_id=account_id, until_on=clock.today()
        )
    return render_page_or_part(
        request,
        "billing/statement.html",
        "billing/_statement.html",
        {
            "page": page,
            "statement": page.statement,
            "form": form,
            "rows": [(row, statement_files.WORDS[row.entry.kind]) for row in page.statement.rows],
            "query": _query(page),
            "deliveries": selectors.deliveries_of(account_id),
            "may_send": request.actor.has(BillingPermission.CONFIRM),
        },
        status=422 if form.errors else 200,
    )


@require_GET
@requires(BillingPermission.VIEW)
def statement_file(request: TenantRequest, account_id: int) -> HttpResponse:
    """The statement as `?as=pdf`, `xlsx` or `csv`."""
    _, page = _asked(request, account_id)
    kind = request.GET.get("as", "pdf")
    if page is None or kind not in ("pdf", "xlsx", "csv"):
        raise NotFound("There is no such statement.")
    if kind == "pdf":
        answer = HttpResponse(statements.as_pdf(page), content_type="application/pdf")
        answer["Cache-Control"] = "no-store"
    else:
        rows = statement_files.file_rows(page.statement, page.currency)
        answer = export.response(kind, FILE, FILE.columns, rows)
    answer["Content-Disposition"] = f'attachment; filename="{page.filename}.{kind}"'
    return answer


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.CONFIRM)
def statement_send(request: TenantRequest, account_id: int) -> HttpResponse:
    _, page = _asked(request, account_id)
    if page is None:
        raise NotFound("There is no such statement.")
    form = SendStatement(
        request.POST or None,
        initial={
            "request_key": uuid4().hex,
            "recipients": page.account.email,
            "message": selectors.usual_message(page),
        },
    )
    url = f"{reverse('billing:statement', args=[account_id])}?{_query(page)}"
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            statement_mails.send_statement(
                page=page, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(
                request, "billing:statement", account_id, toast="The statement is on its way"
            )
    context = {
        "title": "Send the statement",
        "submit": "Send",
        "cancel_url": url,
        "action_url": f"{request.path}?{_query(page)}",
        "crumbs": [("Receivables", reverse("billing:receivable_list")), (page.account.name, url)],
    }
    return render_form(
        request, form, page="billing/form.html", part="_components/form_part.html", context=context
    )


@require_POST
@requires(BillingPermission.CONFIRM)
def statement_retry(request: TenantRequest, delivery_id: int) -> HttpResponse:
    delivery = statement_mails.retry_statement(
        delivery_id=delivery_id, actor=request.actor, at=clock.now()
    )
    return go_to(
        request, "billing:statement", delivery.account_id, toast=f"Sending to {delivery.recipient}"
    )


def _query(page: StatementPage) -> str:
    found = page.statement
    return (
        f"ledger={page.entity.pk}-{page.currency}&from_on={found.from_on}&until_on={found.until_on}"
    )


def _asked(request: TenantRequest, account_id: int) -> tuple[StatementForm, StatementPage | None]:
    """The form as asked for, and its statement unless something is wrong with it."""
    asked: Any = request.GET.copy()
    today = clock.today()
    asked.setdefault("until_on", today.isoformat())
    form = StatementForm(asked)
    with errors_on(form):
        if form.is_valid():
            entity_id, currency = form.entity_and_currency()
            return form, selectors.statement_page(
                actor=request.actor,
                account_id=account_id,
                from_on=form.cleaned_data["from_on"],
                until_on=form.cleaned_data["until_on"],
                entity_id=entity_id,
                currency=currency,
            )
    return form, None
