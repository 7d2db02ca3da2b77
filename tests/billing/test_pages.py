"""The room's pages, as its people use them."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.models import ContractMilestone, Invoice, Payment, Proposal
from tests.billing.scenario import (
    Case,
    confirm,
    make_case,
    post_days,
    propose,
)

pytestmark = pytest.mark.django_db
LISTS = ("runs", "proposals", "invoices", "milestones", "receivables", "payments", "leakage")


@pytest.fixture
def billed(db: None) -> Iterator[tuple[Case, Proposal, Invoice]]:
    """Acme with a draft of three days and an invoice of two."""
    case = make_case()
    with case.scope():
        post_days(case, 2)
        [first] = propose(case)
        invoice = confirm(case, first)
        ContractMilestone.objects.create(
            tenant_id=case.bill.tenant_id, contract_line=case.work.fixed_line, position=1,
            name="Blueprint signed", due_on=date(2026, 6, 30), amount=8000,
            project=case.work.project,
        )  # fmt: skip
        post_days(case, 3)
        [draft] = propose(case, run_key="run 2")
    yield case, draft, invoice


def get(case: Case, who: str, path: str, status: int = 200) -> str:
    response = case.firm.client(who).get(case.firm.url(f"billing/{path}"))
    assert response.status_code == status, (path, response.status_code)
    return str(response.content.decode())


@pytest.mark.parametrize("page", LISTS)
def test_every_list_opens_for_finance(billed: tuple[Case, Proposal, Invoice], page: str) -> None:
    assert "<table" in get(billed[0], "fay", f"{page}/") or page in ("runs", "payments")


@pytest.mark.parametrize("page", LISTS)
def test_no_list_opens_for_a_consultant(billed: tuple[Case, Proposal, Invoice], page: str) -> None:
    get(billed[0], "ben", f"{page}/", 404)


def test_the_review_page_groups_lines_and_shows_totals(
    billed: tuple[Case, Proposal, Invoice],
) -> None:
    case, draft, _ = billed
    body = get(case, "bill", f"proposals/{draft.pk}/?by=role")
    assert "Senior consultant" in body
    assert "3,600.00" in body
    assert "VAT" in body or "20 %" in body
    for by in ("person", "task"):
        assert "Ben" in get(case, "bill", f"proposals/{draft.pk}/?by={by}")


def test_another_invoice_date_moves_the_due_date_and_the_period(
    billed: tuple[Case, Proposal, Invoice],
) -> None:
    case, draft, _ = billed
    page = get(case, "bill", f"proposals/{draft.pk}/?invoiced_on=2026-07-20")
    days = draft.contract.payment_terms_days
    assert f"{date(2026, 7, 20) + timedelta(days=days):%-d %b %Y}" in page
    assert "July 2026" in page
    assert 'value="2026-07-20"' in page


def test_the_contract_shows_its_milestones_invoices_and_projects(
    billed: tuple[Case, Proposal, Invoice],
) -> None:
    case, draft, invoice = billed
    part = get(case, "bill", f"contracts/{draft.contract_id}/")
    assert "Blueprint signed" in part
    assert case.firm.url(f"billing/invoices/{invoice.pk}/") in part
    assert "£" in part or "€" in part
    get(case, "ben", f"contracts/{draft.contract_id}/", 404)
    page = case.firm.client("bill").get(case.firm.url(f"sales/contracts/{draft.contract_id}/"))
    for name in (
        f"billing/contracts/{draft.contract_id}/",
        "billing/invoices/?f.contract__number=",
    ):
        assert case.firm.url(name) in page.content.decode()
    projects = case.firm.client("fay").get(
        case.firm.url(f"projects/of-contract/{draft.contract_id}/")
    )
    assert case.work.project.name in projects.content.decode()


def test_holding_a_row_and_confirming_goes_to_the_invoice(
    billed: tuple[Case, Proposal, Invoice],
) -> None:
    case, draft, _ = billed
    client = case.firm.client("bill")
    with case.scope():
        line_id = draft.lines.order_by("position").values_list("id", flat=True)[0]
    held = client.post(
        case.firm.url(f"billing/proposals/{draft.pk}/lines/"),
        {"lock_version": 1, "set": f"hold|{line_id}"},
        follow=True,
    )
    assert held.redirect_chain == [(case.firm.url(f"billing/proposals/{draft.pk}/"), 302)]
    assert "Held for next invoice" in held.content.decode()
    done = client.post(
        case.firm.url(f"billing/proposals/{draft.pk}/confirm/"), {"invoiced_on": "2026-07-02"}
    )
    assert done.status_code == 302
    with case.scope():
        invoice = Invoice.objects.order_by("-id")[0]
    assert invoice.net_amount == 2000
    assert done["Location"].endswith(f"/billing/invoices/{invoice.pk}/")


def test_a_stale_change_is_refused_with_a_sentence(
    billed: tuple[Case, Proposal, Invoice],
) -> None:
    case, draft, _ = billed
    with case.scope():
        line_id = draft.lines.values_list("id", flat=True)[0]
    response = case.firm.client("bill").post(
        case.firm.url(f"billing/proposals/{draft.pk}/lines/"),
        {"lock_version": 0, "set": f"hold|{line_id}"},
    )
    assert response.status_code == 422
    assert "Somebody else changed" in response.content.decode()


def test_changing_a_line_keeps_the_original_beside_it(
    billed: tuple[Case, Proposal, Invoice],
) -> None:
    case, draft, _ = billed
    client = case.firm.client("bill")
    with case.scope():
        line_id = draft.lines.order_by("position").values_list("id", flat=True)[0]
    path = case.firm.url(f"billing/proposals/{draft.pk}/lines/{line_id}/")
    assert client.get(path).status_code == 200
    response = client.post(
        path,
        {
            "lock_version": 1, "minutes": "4:00", "price": "125.00", "description": "Integration",
            "remainder": "write_off", "reason": "agreed",
        },
    )  # fmt: skip
    assert response.status_code == 302
    body = get(case, "bill", f"proposals/{draft.pk}/")
    assert "1,000.00</s>" in body
    assert "500.00" in body


@pytest.mark.parametrize("typed", ["NaN", "1e400", "-1", "\x00", "9" * 1_000_000])
def test_refuses_what_is_no_price(billed: tuple[Case, Proposal, Invoice], typed: str) -> None:
    case, draft, _ = billed
    with case.scope():
        line_id = draft.lines.values_list("id", flat=True)[0]
    response = case.firm.client("bill").post(
        case.firm.url(f"billing/proposals/{draft.pk}/lines/{line_id}/"),
        {
            "lock_version": 1, "minutes": "8:00", "price": typed, "description": "x",
            "remainder": "write_off", "reason": "agreed",
        },
    )  # fmt: skip
    assert response.status_code == 422
    with case.scope():
        assert draft.lines.get(pk=line_id).price == 125


def test_the_invoice_page_shows_tax_and_leads_to_the_document(
    billed: tuple[Case, Proposal, Invoice],
) -> None:
    case, _, invoice = billed
    body = get(case, "fay", f"invoices/{invoice.pk}/")
    for text in ("2,400.00", "2,040.00", "Record payment"):
        assert text in body
    client = case.firm.client("fay")
    first = client.get(case.firm.url(f"billing/invoices/{invoice.pk}/document/"))
    again = client.get(case.firm.url(f"billing/invoices/{invoice.pk}/document/"))
    assert first.status_code == 302
    assert first["Location"] == again["Location"]
    download = client.get(first["Location"])
    content = b"".join(download.streaming_content) if download.streaming else download.content
    assert content.startswith(b"%PDF")


def test_recording_a_payment_settles_the_named_invoice(
    billed: tuple[Case, Proposal, Invoice],
) -> None:
    case, _, invoice = billed
    client = case.firm.client("fay")
    path = case.firm.url("billing/payments/new/")
    assert invoice.number in client.get(f"{path}?invoice={invoice.pk}").content.decode()
    response = client.post(
        path,
        {
            "request_key": "k1", "account": case.work.account.pk,
            "legal_entity": case.firm.entities["UK"].pk, "received_on": "2026-07-08",
            "currency": "eur", "amount": "2,400.00", "reference": "bank", "invoice": invoice.number,
        },
    )  # fmt: skip
    assert response.status_code == 302
    with case.scope():
        payment = Payment.objects.get()
        assert payment.allocations.get().amount == Decimal(2400)
    assert "Paid" in get(case, "fay", f"invoices/{invoice.pk}/")
    assert invoice.number in get(case, "fay", f"payments/{payment.pk}/")


def test_marking_a_milestone_ready_takes_it_off_the_list(
    billed: tuple[Case, Proposal, Invoice],
) -> None:
    case, _, _ = billed
    with case.scope():
        milestone = ContractMilestone.objects.get()
    path = case.firm.url(f"billing/milestones/{milestone.pk}/ready/")
    client = case.firm.client("priya")
    assert "Mark ready to invoice" in client.get(path).content.decode()
    assert client.post(path, {"ready_on": "2026-06-30"}).status_code == 302
    again = client.post(path, {"ready_on": "2026-06-30"})
    assert again.status_code == 422
    assert "marked ready before" in again.content.decode()


def test_crediting_an_invoice_starts_as_a_full_credit(
    billed: tuple[Case, Proposal, Invoice],
) -> None:
    case, _, invoice = billed
    client = case.firm.client("bill")
    path = case.firm.url(f"billing/invoices/{invoice.pk}/credit/")
    assert client.get(path).status_code == 200
    with case.scope():
        stays = {f"stays_{pk}": "0" for pk in invoice.lines.values_list("id", flat=True)}
    response = client.post(
        path,
        {"credited_on": "2026-07-09", "reason": "wrong", "remainder": "backlog", **stays},
    )
    assert response.status_code == 302
    with case.scope():
        assert Invoice.objects.get(kind="credit_note").net_amount == -2000


def test_leakage_names_what_is_stuck(billed: tuple[Case, Proposal, Invoice]) -> None:
    body = get(billed[0], "fay", "leakage/")
    assert "Blueprint signed" in body
    assert "Review the proposal" in body


def test_unbilled_by_client_gathers_and_adds_up(billed: tuple[Case, Proposal, Invoice]) -> None:
    case = billed[0]
    with case.scope():
        post_days(case, 2)
    url = case.firm.url("billing/leakage/?view=by_client")
    page = case.firm.client("fay").get(url).context["page"]
    (group,) = [group for row in page.rows for group in row.groups]
    assert group.name == case.work.account.name
    # Three days of the fixture, two more.
    assert "5,000.00" in "".join(cell.html for cell in group.cells)
    ungrouped = case.firm.client("fay").get(f"{url}&group=-").context["page"]
    assert not any(row.groups for row in ungrouped.rows)


def test_a_project_manager_sees_own_and_no_buttons(
    billed: tuple[Case, Proposal, Invoice],
) -> None:
    case, draft, invoice = billed
    body = get(case, "priya", f"proposals/{draft.pk}/")
    assert "125.00" in body
    assert "Confirm invoice" not in body
    assert "Record payment" not in get(case, "priya", f"invoices/{invoice.pk}/")


@pytest.mark.parametrize("who", ["ben", "rae", "sam", "ada", "mei"])
def test_nobody_else_sees_a_rate_in_any_page(
    billed: tuple[Case, Proposal, Invoice], who: str
) -> None:
    case, draft, invoice = billed
    for path in (
        f"proposals/{draft.pk}/", f"invoices/{invoice.pk}/", f"invoices/{invoice.pk}/document/",
        "proposals/?export=csv", "invoices/?export=csv", "leakage/?export=csv",
    ):  # fmt: skip
        assert "125.00" not in get(case, who, path, 404)


def test_otto_sees_nothing_of_it(billed: tuple[Case, Proposal, Invoice]) -> None:
    _, draft, invoice = billed
    globex = make_case("globex")
    for path in (
        f"proposals/{draft.pk}/", f"invoices/{invoice.pk}/", f"invoices/{invoice.pk}/document/",
        f"invoices/{invoice.pk}/credit/", f"proposals/{draft.pk}/cancel/",
    ):  # fmt: skip
        get(globex, "fay", path, 404)


@pytest.mark.parametrize("page", ["proposals", "invoices", "receivables", "leakage"])
def test_lists_ask_no_more_for_more_rows(
    billed: tuple[Case, Proposal, Invoice], page: str, django_assert_max_num_queries
) -> None:
    client = billed[0].firm.client("fay")
    with django_assert_max_num_queries(27):
        client.get(billed[0].firm.url(f"billing/{page}/"))


def test_sending_goes_through_its_page_and_shows_on_the_invoice(
    billed: tuple[Case, Proposal, Invoice],
) -> None:
    case, _, invoice = billed
    assert "Please find" in get(case, "bill", f"invoices/{invoice.pk}/send/").replace(
        "please", "Please"
    )
    client = case.firm.client("bill")
    path = case.firm.url(f"billing/invoices/{invoice.pk}/send/")
    data = {"request_key": "k", "message": "Dear all", "detail": "summary", "with_backup": "on"}
    refused = client.post(path, data | {"recipients": "nobody"})
    assert refused.status_code == 422
    assert "is not an e-mail address" in refused.content.decode()
    sent = client.post(path, data | {"recipients": "ap@kessler.example, cfo@kessler.example"})
    assert sent.status_code == 302
    body = get(case, "bill", f"invoices/{invoice.pk}/")
    assert "cfo@kessler.example" in body
    assert "Waits for the mail server" in body
    assert "Send again" in body


def test_ticked_lines_are_changed_moved_and_approved_from_the_page(
    billed: tuple[Case, Proposal, Invoice],
) -> None:
    case, draft, _ = billed
    with case.scope():
        ids = list(draft.lines.order_by("position").values_list("id", flat=True))
    body = get(case, "bill", f"proposals/{draft.pk}/")
    assert "Change ticked" in body
    client = case.firm.client("bill")
    base = case.firm.url(f"billing/proposals/{draft.pk}/")
    form = client.get(f"{base}lines/change/?selected={ids[0]}&selected={ids[1]}")
    assert "2 lines of" in form.content.decode()
    data = {"lock_version": 1, "lines": f"{ids[0]},{ids[1]}", "price": "100", "reason": "agreed"}
    assert client.post(f"{base}lines/change/", data | {"reason": ""}).status_code == 422
    assert client.post(f"{base}lines/change/", data).status_code == 302
    assert client.get(f"{base}lines/move/?selected={ids[2]}").status_code == 200
    moved = client.post(
        f"{base}lines/move/", {"lock_version": 2, "lines": str(ids[2]), "target": "0"}
    )
    assert moved.status_code == 302
    admin = case.firm.client("ada")
    rule = case.firm.url("billing/approval/")
    assert admin.get(rule).status_code == 200
    assert admin.post(rule, {"over_amount": "100", "over_percent": ""}).status_code == 302
    confirmed = client.post(f"{base}confirm/", {"invoiced_on": "2026-07-02"})
    assert confirmed.status_code == 422
    assert "needs approval" in confirmed.content.decode()
    fay = case.firm.client("fay")
    assert "Needs approval" in fay.get(base).content.decode()
    assert fay.post(f"{base}approve/", {"lock_version": 3})["Location"] == base
    done = client.post(f"{base}confirm/", {"invoiced_on": "2026-07-02"})
    assert done.status_code == 302
    with case.scope():
        assert Invoice.objects.order_by("-id")[0].net_amount == 1600
