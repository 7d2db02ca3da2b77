"""Batches of reimbursements by program: made, fetched for the bank, paid, taken back."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from psa.core.audit.models import AuditEntry
from psa.core.org.models import LegalEntity
from tests.billing.test_reimbursement_batches import IBAN, SCHEMA, enter_account, spent
from tests.edges.api.callers import Caller, caller, token_of
from tests.timeexpense.conftest import NOW, Scene, make_scene


@pytest.fixture
def scene(db: None, settings: Any) -> Iterator[Scene]:
    settings.PSA_NOW = NOW
    made = make_scene()
    with made.firm.scope():
        LegalEntity.objects.filter(code="UK").update(bank_iban="GB33 BUKB 2020 1555 5555 55")
        spent(made)
        enter_account(made)
    yield made


def body(scene: Scene) -> dict[str, Any]:
    entity = scene.firm.entities["UK"].pk
    return {"legal_entity_id": entity, "currency": "EUR", "execute_on": "2026-07-10"}


def test_pays_people_from_what_is_owed_to_marked_paid_and_back(scene: Scene) -> None:
    fay = caller(scene.firm, "fay")
    (owed,) = fay.get("/reimbursements/owed")["items"]
    assert Decimal(owed["amount"]["amount"]) == 119
    assert owed["resource_id"] == scene.firm.resources["ben"].pk
    made = fay.post("/reimbursement-batches", body(scene), 201, idempotency_key="run")
    again = fay.post("/reimbursement-batches", body(scene), 201, idempotency_key="run")
    assert (again, made["left_out"]) == (made, [])
    fay.post("/reimbursement-batches", body(scene), 422)
    batch = made["batch"]
    assert (batch["people"][0]["account"], batch["is_draft"]) == ("… 3000", True)
    assert [one["merchant"] for one in batch["expenses"]] == ["Deutsche Bahn"]
    (held,) = fay.get("/reimbursements/owed")["items"]
    assert (Decimal(held["in_batches"]["amount"]), held["batches"]) == (119, batch["number"])
    path = f"/reimbursement-batches/{batch['id']}"
    SCHEMA.assertValid(etree.fromstring(fay.get(f"{path}/file/xml")))
    paid = fay.post(f"{path}/paid", {"paid_on": "2026-07-10"})
    assert (paid["state"], paid["is_draft"]) == ("paid", False)
    fay.post(f"{path}/cancel", {}, 422)
    (done,) = fay.get("/reimbursements")["items"]
    taken = fay.post(
        f"/reimbursements/{done['id']}/reverse",
        {"reversed_on": "2026-07-10", "reason": "Returned by the bank"}, 201,
    )  # fmt: skip
    assert taken["reverses_id"] == done["id"]
    second = fay.post("/reimbursement-batches", body(scene), 201)["batch"]
    assert fay.post(f"/reimbursement-batches/{second['id']}/cancel")["state"] == "cancelled"
    assert len(fay.get("/reimbursement-batches")["items"]) == 2


def test_gives_the_payment_file_to_a_token_that_names_it_alone(scene: Scene) -> None:
    fay, bill = caller(scene.firm, "fay"), caller(scene.firm, "bill")
    batch = fay.post("/reimbursement-batches", body(scene), 201)["batch"]
    path = f"/reimbursement-batches/{batch['id']}"
    assert IBAN not in fay.call("GET", path).content.decode()
    Caller(token_of(scene.firm, "fay", "write")).get(f"{path}/file/csv", 403)
    bill.get(f"{path}/file/csv", 404)
    bill.post("/reimbursement-batches", body(scene), 404)
    fay.get(f"{path}/file/pdf", 422)
    answer = Caller(token_of(scene.firm, "fay", "bank_accounts:read")).call(
        "GET", f"{path}/file/csv"
    )
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert IBAN in answer.content.decode()
    with scene.firm.scope():
        assert AuditEntry.objects.filter(event="billing.reimbursement_batch.written").count() == 1
