"""Cards, statements, rate tables, payroll, receipts and bank accounts, by program."""

from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from psa.core.documents.models import Document
from psa.edges.api.models import IdempotencyKey
from tests.edges.api.callers import Caller, caller, token_of
from tests.timeexpense.conftest import NOW, Scene, make_scene
from tests.timeexpense.test_expenses import add
from timeexpense import text_reader
from timeexpense.models import BankAccount, CardLine, ExpenseEntry, MileageRate, ReceiptReading
from timeexpense.services import approvals

IBAN = "DE89370400440532013000"
STATEMENT = b"""Date,Amount,Currency,Merchant,Card,Reference
2026-07-06,119.00,EUR,Hotel Meridian,4821,R1
2026-07-07,12.40,EUR,Station taxi,4821,R2
"""
RATES = b"""country,vehicle,unit,currency,year_start,from_distance,rate,valid_from,valid_until,source
GB,Scooter,mi,GBP,04-06,0,0.21,2026-04-06,,Firm
"""


@pytest.fixture
def scene(db: None, settings: Any) -> Iterator[Scene]:
    settings.PSA_NOW = NOW
    yield make_scene()


def send(program: Caller, path: str, file: bytes, status: int, **more: Any) -> Any:
    named = SimpleUploadedFile("statement.csv", file, "text/csv")
    return program._json(program.call("POST", path, files={"file": named, **more}), status)


def test_takes_a_statement_in_once_and_matches_it(scene: Scene) -> None:
    fay = caller(scene.firm, "fay")
    card = {
        "resource_id": scene.firm.resources["ben"].pk, "ending": "4821", "name": "Travel",
        "currency": "EUR",
    }  # fmt: skip
    assert send(fay, "/card-statements", STATEMENT, 422)["errors"][0]["field"] == "file"
    assert fay.post("/company-cards", card, 201)["resource"]["name"] == "Ben"
    fay.post("/company-cards", card, 409)
    with scene.firm.scope():
        spent = add(scene, payment_method="card", spent_on=date(2026, 7, 6)).entry_id
        assert ExpenseEntry.objects.get(pk=spent).amount == 119
    seen = send(fay, "/card-statements/preview", STATEMENT, 200, day_order="iso")
    assert [one["state"] for one in seen["lines"]] == ["new", "new"]
    assert seen["columns"]["merchant"] == "Merchant"
    taken = send(fay, "/card-statements", STATEMENT, 201)
    assert (taken["line_count"], taken["known_count"]) == (2, 0)
    again = send(fay, "/card-statements", STATEMENT, 201)
    assert (again["line_count"], again["known_count"]) == (0, 2)
    with scene.firm.scope():
        line = CardLine.objects.get(entry_id=spent)
    ben = caller(scene.firm, "ben")
    assert ben.post(f"/card-lines/{line.pk}/reopen")["row"]["state"] == "open"
    assert (
        ben.post(f"/card-lines/{line.pk}/match", {"entry_id": spent})["row"]["state"] == "matched"
    )
    assert {row["state"] for row in ben.get("/card-lines?view=all")["items"]} == {"open", "matched"}
    send(ben, "/card-statements", STATEMENT, 404)
    send(fay, "/card-statements", STATEMENT, 422, date_column="Nothing")


def test_loads_rate_tables_all_rows_or_none(scene: Scene) -> None:
    fay = caller(scene.firm, "fay")
    told = send(fay, "/mileage-rates/load", RATES, 200)
    assert (told["added"], told["unchanged"]) == (1, 0)
    assert send(fay, "/mileage-rates/load", RATES, 200)["unchanged"] == 1
    refused = send(fay, "/mileage-rates/load", RATES.replace(b"0.21", b"soon"), 422)
    assert refused["detail"].startswith("Row 2:")
    send(caller(scene.firm, "ben"), "/mileage-rates/load", RATES, 404)
    send(fay, "/per-diem-rates/load", RATES, 422)
    with scene.firm.scope():
        assert MileageRate.objects.filter(vehicle="Scooter").count() == 1


def test_says_what_a_category_is_asked(scene: Scene) -> None:
    fay, ben = caller(scene.firm, "fay"), caller(scene.firm, "ben")
    category = scene.firm.categories["travel"].pk
    path = f"/expense-categories/{category}/kind"
    assert fay.put(path, {"kind": "lodging"})["kind"] == "lodging"
    known = {row["id"]: row["kind"] for row in ben.get("/expense-categories")}
    assert known[category] == "lodging"
    ben.put(path, {"kind": "standard"}, 404)
    fay.put(path, {"kind": "yacht"}, 422)
    fay.put("/expense-categories/999999/kind", {"kind": "standard"}, 404)


def test_hands_hours_to_payroll_once(scene: Scene) -> None:
    with scene.firm.scope():
        ids = scene.submitted()
        approvals.approve_entries(entries=[("time", ids[0])], actor=scene.actor("priya"), at=NOW)
    fay = caller(scene.firm, "fay")
    period = {
        "legal_entity_id": scene.firm.entities["UK"].pk, "starts_on": "2026-07-01",
        "last_on": "2026-07-31",
    }  # fmt: skip
    made = fay.post("/payroll-exports", period, 201)
    read = fay.get(f"/payroll-exports/{made['id']}")
    assert (read["sequence"], read["legal_entity"]["id"]) == (1, period["legal_entity_id"])
    fay.post("/payroll-exports", period, 422)
    assert b",normal,480,8.00," in fay.get(f"/payroll-exports/{made['id']}/csv")
    caller(scene.firm, "ben").get(f"/payroll-exports/{made['id']}", 404)


def picture() -> SimpleUploadedFile:
    made = BytesIO()
    Image.new("RGB", (40, 40), "white").save(made, "PNG")
    return SimpleUploadedFile("cab.png", made.getvalue(), "image/png")


def test_reads_receipts_and_makes_one_an_expense(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben, bea = caller(scene.firm, "ben"), caller(scene.firm, "bea")
    report = ben.post("/expense-reports", {"title": "July"}, 201)["id"]
    path = f"/expense-reports/{report}/receipts"
    monkeypatch.setattr(text_reader, "is_available", lambda: False)
    refused = ben.call("POST", path, files={"receipts": [picture()]})
    assert b"not read on this server" in refused.content
    monkeypatch.setattr(text_reader, "is_available", lambda: True)
    (given,) = ben._json(ben.call("POST", path, files={"receipts": [picture()]}), 201)
    with scene.firm.scope():
        ReceiptReading.objects.filter(pk=given["id"]).update(
            state="read", merchant="City Cab", spent_on=date(2026, 7, 6), amount="23.50",
            percents={"merchant": 80, "spent_on": 99, "amount": 55},
        )  # fmt: skip
        document = Document.objects.get(record_type="timeexpense.ReceiptReading")
    read = ben.get(f"/receipts/{given['id']}")
    assert {one["field"]: (one["value"], one["is_likely"]) for one in read["offers"]} == {
        "merchant": ("City Cab", True), "spent_on": ("2026-07-06", True), "amount": ("23.5000", False),
    }  # fmt: skip
    assert [one["id"] for one in ben.get(path)] == [given["id"]]
    assert ben.get(f"/documents/{document.pk}/content").startswith(b"\x89PNG")
    for address in (f"/receipts/{given['id']}", path, f"/documents/{document.pk}/content"):
        bea.get(address, 404)
    expense = {
        "category_id": scene.firm.categories["travel"].pk, "spent_on": "2026-07-06",
        "currency": "EUR", "amount": "25.00", "project_id": scene.work.project.pk,
        "merchant": "City Cab", "description": "To the client",
    }  # fmt: skip
    bea.post(f"/receipts/{given['id']}/expense", expense, 404)
    ben.post(f"/receipts/{given['id']}/expense", expense, 201)
    after = ben.get(f"/receipts/{given['id']}")
    assert (after["state"], after["changed_fields"]) == ("added", ["amount"])
    ben.post(f"/receipts/{given['id']}/expense", expense, 409)
    ben.post(f"/receipts/{given['id']}/discard", {}, 409)


def test_never_gives_an_account_back_whole_and_asks_for_its_own_scope(scene: Scene) -> None:
    ben = caller(scene.firm, "ben")
    body = {"holder": "Ben Osei", "number": IBAN, "bic": "COBADEFF"}
    assert ben.get("/bank-account") == {"account": None}
    ben.put("/bank-account", {**body, "number": "DE00370400440532013000"}, 422)
    for _ in range(2):
        saved = ben.call("PUT", "/bank-account", body, idempotency_key="account")
        assert saved.status_code == 200, saved.content
    tag = ben.etag("/bank-account")
    ben.put("/bank-account", {**body, "holder": "B. Osei"}, 200, if_match=tag)
    ben.put("/bank-account", body, 412, if_match=tag)
    answer = ben.get("/bank-account")["account"]
    assert (answer["number_end"], answer["bic"]) == ("3000", "COBADEFF")
    assert IBAN not in str(answer)
    for scope in ("write", "time:write", "billing:write"):
        told = Caller(token_of(scene.firm, "ben", scope)).get("/bank-account", 403)
        assert "bank_accounts:read" in told["detail"]
    Caller(token_of(scene.firm, "ben", "bank_accounts:read")).put("/bank-account", body, 403)
    with scene.firm.scope():
        assert IBAN not in BankAccount.objects.get().sealed_number
        assert not IdempotencyKey.objects.filter(body__contains=IBAN).exists()
