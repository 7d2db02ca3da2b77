"""The pages of the two ledgers: who sees them, what they say, and what they cost"""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from psa.core import clock
from psa.core.access import actors
from psa.core.access import services as access
from psa.core.access.models import Role
from psa.core.ledger.models import (
    Actual,
    FiscalPeriod,
    JournalEntry,
    JournalExport,
    JournalLine,
    ProofRun,
)
from psa.core.ledger.rules.types import ActualType
from psa.core.ledger.services import journals, posting
from tests.core.ledger.books import cost, entry, journalled, posted
from tests.edges.api.callers import caller
from tests.factories import AT, PASSWORD, Firm

PAGES = (
    "ledger/actuals/",
    "ledger/entries/",
    "ledger/trial-balance/",
    "ledger/balance-sheet/?as_of=2026-12-31",
    "ledger/result/?as_of=2026-12-31&by=unit",
    "ledger/periods/",
    "ledger/reconciliations/",
    "ledger/exports/",
    "ledger/exports/new/",
)
COST, SALE, TRANSFER = "1,234.56", "2,345.67", "1,357.91"


@pytest.fixture
def books(acme: Firm) -> Firm:
    """A cost, its sale and a sale between units, the cost in the books."""
    work = cost(acme, 1, amount=Decimal("1234.56"), price=Decimal("1234.56"))
    sale = replace(
        work, type=ActualType.UNBILLED_SALES, posting_event="", amount=Decimal("2345.67"),
        price=Decimal("2345.67"),
    )  # fmt: skip
    transfer = replace(
        sale, type=ActualType.INTER_ORGANISATION_SALES, amount=Decimal("1357.91"),
        price=Decimal("1357.91"),
    )  # fmt: skip
    with acme.scope():
        posted(acme, work, sale, transfer)
        journalled(acme)
        (made,) = journals.post_entries(drafts=[entry(acme, "1")], actor=acme.actors["fay"], at=AT)
        journals.reverse_entry(
            entry_id=made.pk, posting_on=date(2026, 7, 1), actor=acme.actors["fay"], at=AT
        )
    return acme


def member(firm: Firm, name: str, *permissions: str) -> None:
    """Somebody whose one role has just these permissions."""
    with firm.scope():
        Role.objects.create(tenant=firm.tenant, code=name, name=name, permissions=list(permissions))
        made = access.add_member(
            tenant=firm.tenant, email=f"{name}@acme.example", name=name.capitalize(),
            role_codes=[name], password=PASSWORD,
        )  # fmt: skip
        firm.actors[name] = actors.for_membership(made)


def get(client: Client, firm: Firm, path: str) -> str:
    response = client.get(firm.url(path))
    assert response.status_code == 200, path
    return response.content.decode()


def actual(firm: Firm, actual_type: ActualType) -> int:
    with firm.scope():
        return Actual.objects.get(actual_type=actual_type).pk


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_for_finance_and_exists_for_nobody_without_the_right(
    books: Firm, path: str
) -> None:
    get(books.client("fay"), books, path)
    for name in ("ben", "priya", "rae", "amara", "sam"):
        assert books.client(name).get(books.url(path)).status_code == 404, name


def test_pages_of_an_empty_ledger_open(acme: Firm) -> None:
    client = acme.client("fay")
    for path in PAGES:
        get(client, acme, path)


def test_records_of_another_tenant_do_not_exist(books: Firm, globex: Firm) -> None:
    with globex.scope():
        foreign = posted(globex, cost(globex), by="otto").actual_ids[0]
        journalled(globex, by="otto")
        line = JournalLine.objects.order_by("id")[0]
        period = FiscalPeriod.objects.order_by("id")[0]
    client = books.client("fay")
    for path in (
        f"ledger/actuals/{foreign}/",
        f"ledger/entries/{line.entry_id}/",
        f"ledger/accounts/{line.account_id}/",
        f"ledger/periods/{period.pk}/",
        f"ledger/lines/{line.pk}/actuals/",
    ):
        assert client.get(books.url(path)).status_code == 404, path
        assert client.get(globex.url(path)).status_code == 404, path


@pytest.mark.parametrize(
    ("rates", "visible"),
    [
        ((), set()),
        (("pricing.view_cost_rates",), {COST}),
        (("pricing.view_bill_rates",), {SALE}),
        (("pricing.view_cost_rates", "pricing.view_bill_rates"), {COST, SALE, TRANSFER}),
    ],
)
def test_amounts_are_there_only_for_who_may_see_their_kind_of_rate(
    books: Firm, rates: tuple[str, ...], visible: set[str]
) -> None:
    member(books, "nia", "ledger.view_actuals", *rates)
    client = books.client("nia")
    pages = [
        get(client, books, "ledger/actuals/"),
        *(
            get(client, books, f"ledger/actuals/{actual(books, each)}/")
            for each in (
                ActualType.COST,
                ActualType.UNBILLED_SALES,
                ActualType.INTER_ORGANISATION_SALES,
            )
        ),
    ]
    exported = client.get(books.url("ledger/actuals/?export=csv")).content.decode()
    for amount in (COST, SALE, TRANSFER):
        if amount in visible:
            assert any(amount in page for page in pages)
        else:
            assert not any(amount in page for page in pages)
            assert amount.replace(",", "") not in exported


def test_an_actual_leads_to_its_journal_its_sale_and_its_reversal_and_back(books: Firm) -> None:
    fay, client = books.actors["fay"], books.client("fay")
    cost_id = actual(books, ActualType.COST)
    sale_id = actual(books, ActualType.UNBILLED_SALES)
    with books.scope():
        (mirror,) = posting.reverse_actuals(actual_ids=[cost_id], actor=fay, at=AT).actual_ids
        made = JournalEntry.objects.get(source_kind="batch")
        line = made.lines.get(debit__gt=0)
    page = get(client, books, f"ledger/actuals/{cost_id}/")
    for address in (
        f"/ledger/actuals/{sale_id}/",
        f"/ledger/actuals/{mirror}/",
        f"/ledger/entries/{made.pk}/",
    ):
        assert address in page
    for name in ("Delivery UK", "Ben", "Senior consultant"):
        assert name in page
    assert f"/ledger/actuals/{cost_id}/" in get(client, books, f"ledger/actuals/{mirror}/")
    assert f"/ledger/lines/{line.pk}/actuals/" in get(client, books, f"ledger/entries/{made.pk}/")
    behind = get(client, books, f"ledger/lines/{line.pk}/actuals/")
    assert f"/ledger/actuals/{cost_id}/" in behind
    assert f"/ledger/actuals/{sale_id}/" not in behind


def test_an_entry_and_its_mirror_name_each_other_and_the_accounts_lead_to_their_lines(
    books: Firm,
) -> None:
    client = books.client("fay")
    with books.scope():
        mirror = JournalEntry.objects.select_related("reverses").get(reverses__isnull=False)
        account_id = mirror.lines.order_by("position")[0].account_id
    page = get(client, books, f"ledger/entries/{mirror.pk}/")
    assert mirror.reverses is not None
    assert mirror.reverses.number in page
    assert mirror.number in get(client, books, f"ledger/entries/{mirror.reverses_id}/")
    assert f"/ledger/accounts/{account_id}/" in page
    assert mirror.number in get(client, books, f"ledger/accounts/{account_id}/")


def test_statements_show_what_stood_on_the_day(books: Firm) -> None:
    client = books.client("fay")
    assert "50.00" in get(client, books, "ledger/trial-balance/?entity=UK&as_of=2026-06-30")
    before = get(client, books, "ledger/trial-balance/?entity=UK&as_of=2026-06-02")
    assert "Nothing was posted up to this day." in before
    result = get(client, books, "ledger/result/?entity=UK&by=unit&as_of=2026-12-31")
    assert "Delivery UK" in result
    assert COST in result
    assert client.get(books.url("ledger/trial-balance/?entity=FR")).status_code == 404
    assert client.get(books.url("ledger/result/?by=nonsense")).status_code == 404


def move(client: Client, firm: Firm, period_id: int, state: str, reason: str = ""):
    return client.post(firm.url(f"ledger/periods/{period_id}/"), {"state": state, "reason": reason})


def state_of(firm: Firm, period_id: int) -> str:
    with firm.scope():
        return FiscalPeriod.objects.get(pk=period_id).state


def test_a_period_closes_in_steps_and_who_closed_it_can_not_reopen_it(books: Firm) -> None:
    member(books, "cleo", "ledger.view_gl", "ledger.manage_periods", "ledger.reopen_period")
    fay, cleo = books.client("fay"), books.client("cleo")
    with books.scope():
        period = FiscalPeriod.objects.filter(legal_entity=books.entities["UK"]).earliest(
            "starts_on"
        )
    assert move(fay, books, period.pk, "closed").status_code == 422
    done = move(fay, books, period.pk, "soft_closed")
    assert done["Location"].endswith("/ledger/periods/?entity=UK")
    assert "was not reconciled yet" in move(fay, books, period.pk, "closed").content.decode()
    with books.scope():
        ProofRun.objects.create(
            tenant=books.tenant, legal_entity=books.entities["UK"], as_of=date(2025, 1, 31),
            run_at=AT, is_proven=True, results=[],
        )  # fmt: skip
    assert move(fay, books, period.pk, "closed").status_code == 302
    assert state_of(books, period.pk) == "closed"
    refused = move(fay, books, period.pk, "open", "A late invoice")
    assert refused.status_code == 422
    assert "You closed period 2025-01 yourself" in refused.content.decode()
    assert "Give a reason" in move(cleo, books, period.pk, "open").content.decode()
    assert state_of(books, period.pk) == "closed"
    assert move(cleo, books, period.pk, "open", "A late invoice").status_code == 302
    assert state_of(books, period.pk) == "open"
    trail = get(fay, books, "ledger/periods/?entity=UK")
    assert "Cleo" in trail
    assert "A late invoice" in trail
    assert "Open → Soft-closed" in " ".join(trail.split())


def test_periods_begin_with_the_current_one_and_end_with_those_to_come(books: Firm) -> None:
    with books.scope():
        periods = FiscalPeriod.objects.filter(legal_entity=books.entities["UK"])
        today = clock.today()
        begun = list(periods.filter(starts_on__lte=today).order_by("-starts_on"))
        later = list(periods.filter(starts_on__gt=today).order_by("starts_on"))
    page = get(books.client("fay"), books, "ledger/periods/?entity=UK")
    shown = [int(pk) for pk in re.findall(r"/ledger/periods/(\d+)/\?to=soft_closed", page)]
    assert shown == [period.pk for period in (*begun, *later)]
    assert ("Periods to come" in page) == bool(later)
    [chosen] = re.findall(r'entity=(\w+)" aria-current="page"', page)
    assert chosen == "UK"
    assert f"<td>{begun[0].title}</td>" in page


def test_a_period_is_changed_by_who_manages_periods_alone(books: Firm) -> None:
    with books.scope():
        period_id = FiscalPeriod.objects.order_by("starts_on")[0].pk
    paul = books.client("paul")
    page = get(paul, books, "ledger/periods/")
    assert f"/ledger/periods/{period_id}/" not in page
    assert move(paul, books, period_id, "soft_closed").status_code == 404
    assert state_of(books, period_id) == "open"


def test_an_export_is_taken_listed_with_its_hash_and_fetched_again(books: Firm) -> None:
    client = books.client("fay")
    response = client.post(
        books.url("ledger/exports/new/"),
        {"entity_id": books.entities["UK"].pk, "file_format": "beancount"},
    )
    assert response.status_code == 302
    with books.scope():
        taken = JournalExport.objects.get()
    assert taken.sha256 in get(client, books, "ledger/exports/")
    fetched = client.get(books.url(f"ledger/exports/{taken.pk}/file/"))
    assert fetched["X-Content-SHA256"] == taken.sha256
    assert fetched["Content-Disposition"].startswith('attachment; filename="acme-UK-journals')
    assert books.client("paul").get(
        books.url(f"ledger/exports/{taken.pk}/file/")
    ).status_code == 404  # fmt: skip


def test_the_posting_run_starts_by_post_from_finance_alone(books: Firm) -> None:
    url = books.url("ledger/posting-run/")
    assert url in get(books.client("fay"), books, "ledger/periods/")
    assert url not in get(books.client("paul"), books, "ledger/periods/")
    assert books.client("paul").post(url).status_code == 404
    assert books.client("fay").get(url).status_code == 405
    assert books.client("fay").post(url).status_code == 302


def test_pages_take_no_more_queries_for_more_rows(
    books: Firm, django_assert_max_num_queries: object
) -> None:
    with books.scope():
        posted(books, *(cost(books, n) for n in range(100, 160)))
        journalled(books)
        journals.post_entries(
            drafts=[entry(books, f"n{n}") for n in range(60)], actor=books.actors["fay"], at=AT
        )
        made = JournalEntry.objects.filter(source_kind="batch").latest("id")
        account_id = made.lines.order_by("position")[0].account_id
    client = books.client("fay")
    for path in (
        *PAGES,
        f"ledger/entries/{made.pk}/",
        f"ledger/accounts/{account_id}/",
        f"ledger/actuals/{actual(books, ActualType.UNBILLED_SALES)}/",
    ):
        get(client, books, path)
        with django_assert_max_num_queries(27):  # type: ignore[operator]
            get(client, books, path)


def test_what_is_no_number_is_said_and_not_filtered_by(books: Firm) -> None:
    with books.scope():
        unit_id = Actual.objects.get(amount=Decimal("1234.56")).resourcing_unit_id
    fay, token = books.client("fay"), caller(books, "fay")
    assert (
        COST in fay.get(books.url(f"ledger/actuals/?f.resourcing_unit={unit_id}")).content.decode()
    )
    assert token.get(f"/actuals?resourcing_unit={unit_id}")["items"]
    for typed in ("abc", "²", "-1", "9" * 30):
        page = fay.get(books.url(f"ledger/actuals/?f.resourcing_unit={typed}"))
        assert "is not a number, so Resourcing unit number is not filtered by it." in (
            page.content.decode()
        )
        told = token.get(f"/actuals?resourcing_unit={typed}", status=422)
        assert "This is not a whole number." in str(told)
    none = fay.get(books.url("ledger/actuals/?f.resourcing_unit=999999999999999999"))
    assert COST not in none.content.decode()
