"""From a customer to recognised revenue by API calls alone, each by whoever's job it is."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from psa.core.jobs import services as jobs
from tests.edges.api.callers import Caller, caller
from tests.factories import AT, Firm

FROM, UNTIL = "2026-07-01", "2026-12-31"
MONDAY, CUTOFF = "2026-07-06", "2026-07-31"


@pytest.fixture
def people(acme: Firm, settings: Any) -> dict[str, Caller]:
    settings.PSA_NOW = AT
    return {name: caller(acme, name) for name in ("amara", "priya", "ben", "bill", "fay")}


def test_from_customer_to_cash(acme: Firm, people: dict[str, Caller]) -> None:
    amara, priya, ben, bill, fay = (people[n] for n in ("amara", "priya", "ben", "bill", "fay"))
    names = amara.get("/directory")
    ids = {kind: {row["name"]: row["id"] for row in rows} for kind, rows in names.items()}
    # The set-up's own role of this name has no price; the cast's has.
    ids["job_roles"]["Consultant"] = acme.roles["CO"].pk
    won = _sold(amara, ids)
    project = f"/projects/{won['project_id']}"
    task_id = _planned(priya, project, ids)
    entry_ids = _worked(ben, won["project_id"], task_id)
    expense_id = _spent(ben, won["project_id"], task_id)

    waiting = priya.get("/approvals?kind=time")
    assert {row["id"] for row in waiting} == set(entry_ids)
    approved = priya.post(
        "/approvals/approve",
        {"entries": [{"kind": "time", "id": pk} for pk in entry_ids]
         + [{"kind": "expense", "id": expense_id}]},
    )  # fmt: skip
    assert {one["outcome"] for one in approved["decisions"]} == {"approved"}, approved

    contract = amara.get(f"/contracts/{won['contract_id']}")
    assert Decimal(contract["balance"]["unbilled"]["amount"]) > 0
    actuals = fay.get("/actuals?sort=work_on&limit=200")["items"]
    assert {row["actual_type"] for row in actuals} == {"cost", "unbilled_sales"}
    traced = [fay.get(f"/actuals/{row['id']}") for row in actuals]
    trace_id = next(one["price_trace_id"] for one in traced if one["price_trace_id"])
    assert fay.get(f"/price-traces/{trace_id}")["sentences"]

    invoice = _billed(acme, bill, won["contract_id"])
    total = Decimal(invoice["total_amount"])
    assert total > 0
    paid = fay.post(
        "/payments",
        {"account_id": contract["account"]["id"], "legal_entity_id": contract["legal_entity_id"],
         "received_on": "2026-07-31", "amount": invoice["total_amount"], "currency": "EUR"},
        201,
        idempotency_key="payment-1",
    )  # fmt: skip
    assert [row["invoice_id"] for row in paid["allocations"]] == [invoice["id"]]
    assert bill.get(f"/invoices/{invoice['id']}")["state"] == "paid"
    assert fay.get("/work-in-progress?as_of=2026-07-31")["rows"] == []
    _closed(acme, fay)


def _sold(amara: Caller, ids: dict[str, dict[str, int]]) -> dict[str, int]:
    account = amara.post(
        "/accounts", {"name": "Kessler GmbH", "country": "DE", "currency": "EUR",
                      "kind": "customer", "email": "ap@kessler.example",
                      "tax_id": "DE136695976"}, 201,
    )  # fmt: skip
    opportunity = amara.post(
        "/opportunities",
        {"name": "ERP core rollout", "account_id": account["id"],
         "contracting_unit_id": ids["units"]["Delivery UK"], "currency": "EUR",
         "close_on": "2026-07-31", "estimated_amount": "90000"},
        201,
    )  # fmt: skip
    quote = amara.post(f"/opportunities/{opportunity['id']}/quotes", {}, 201)
    path = f"/quotes/{quote['id']}"
    quote = amara.post(
        f"{path}/lines",
        {"name": "Build", "billing_method": "time_and_material", "starts_on": FROM,
         "ends_on": UNTIL, "transaction_classes": ["time", "expense"],
         "not_to_exceed_amount": "60000"},
        201,
    )  # fmt: skip
    line_id = quote["lines"][0]["terms"]["id"]
    quote = amara.post(
        f"/quote-lines/{line_id}/estimate",
        {"starts_on": "2026-08-01", "role_id": ids["job_roles"]["Consultant"], "minutes": 6000},
        201,
    )
    assert Decimal(quote["value"]["amount"]) > 0
    assert quote["lines"][0]["estimate"][0]["cost_rate"] is not None
    assert amara.post(f"{path}/send")["status"] == "sent"
    return amara.post(
        f"{path}/win",
        {"won_on": "2026-07-01", "project": {"name": "ERP core rollout",
         "manager_id": ids["people"]["Priya"], "starts_on": FROM}},
        201,
    )  # fmt: skip


def _planned(priya: Caller, project: str, ids: dict[str, dict[str, int]]) -> int:
    [task] = priya.post(
        f"{project}/tasks", {"tasks": [{"name": "Build", "effort_minutes": 6000}]}, 201
    )
    priya.post(f"{project}/team", {"resource_id": ids["people"]["Ben"], "valid_from": FROM}, 201)
    if priya.get(project)["head"]["status"] == "planning":
        priya.post(f"{project}/status", {"status": "in_delivery"})
    return int(task["id"])


def _worked(ben: Caller, project_id: int, task_id: int) -> list[int]:
    rows = [
        {"project_id": project_id, "task_id": task_id, "work_on": f"2026-07-0{day}",
         "minutes": 480, "description": "Configured the core"}
        for day in (6, 7, 8)
    ]  # fmt: skip
    saved = ben.post("/time-entries/bulk", {"rows": rows})["rows"]
    assert [row["status"] for row in saved] == ["saved"] * 3, saved
    done = ben.post(f"/weeks/{MONDAY}/submit")
    assert all(one["is_submitted"] for one in done), done
    return [row["entry_id"] for row in saved]


def _spent(ben: Caller, project_id: int, task_id: int) -> int:
    categories = {row["code"]: row["id"] for row in ben.get("/expense-categories")}
    report = ben.post("/expense-reports", {"title": "Munich"}, 201)
    path = f"/expense-reports/{report['id']}"
    saved = ben.post(
        f"{path}/expenses",
        {"category_id": categories["travel"], "spent_on": "2026-07-08", "currency": "EUR",
         "amount": "119.00", "tax_amount": "19.00", "project_id": project_id,
         "task_id": task_id, "merchant": "Deutsche Bahn", "description": "Train to Munich"},
        201,
    )  # fmt: skip
    picture = BytesIO()
    Image.new("RGB", (40, 60), "white").save(picture, "PNG")
    picture.seek(0)
    picture.name = "ticket.png"
    added = ben.call("POST", f"/expenses/{saved['entry_id']}/receipts", files={"receipts": picture})
    assert added.status_code == 200, added.content
    assert ben.get(path)["entries"][0]["receipts"][0]["filename"] == "ticket.png"
    done = ben.post(f"{path}/submit")
    assert all(one["is_submitted"] for one in done), done
    return int(saved["entry_id"])


def _billed(acme: Firm, bill: Caller, contract_id: int) -> dict[str, Any]:
    run = bill.post("/billing-runs", {"cutoff_on": CUTOFF, "contract_id": contract_id}, 201)
    with acme.scope():
        jobs.run_now(run["id"], at=AT)
    assert bill.get(f"/jobs/{run['id']}")["state"] == "done"
    drafted = bill.get(f"/billing-runs/{run['id']}")["drafted"]
    path = f"/proposals/{drafted[0]['proposal_id']}"
    reviewed = bill.post(f"{path}/review")
    line_id = reviewed["lines"][0]["id"]
    bill.patch(
        f"{path}/lines/{line_id}",
        {"description": "Core configured", "reason": "Clearer"},
        200,
        if_match=bill.etag(path),
    )
    invoice = bill.post(f"{path}/confirm", {"invoiced_on": CUTOFF}, 201)
    document = bill.call("GET", f"/invoices/{invoice['id']}/document")
    assert document.content.startswith(b"%PDF")
    return invoice


def _closed(acme: Firm, fay: Caller) -> None:
    """The month's estimates run, journals written, the books proven."""
    period = next(row for row in fay.get("/periods?entity=UK") if row["starts_on"] == FROM)
    path = f"/periods/{period['id']}/revenue-estimates"
    # Time and material earns as it is invoiced: there is nothing to estimate, and it says so.
    assert fay.post(f"{path}/run")["count"] == 0
    assert fay.get(path)["items"] == []
    assert "no draft to approve" in fay.post(f"{path}/approve", status=422)["detail"]
    run = fay.post("/posting-runs", {}, 201)
    with acme.scope():
        jobs.run_now(run["id"], at=AT)
    balance = fay.get("/trial-balance?entity=UK&as_of=2026-07-31")
    assert balance["debit"] == balance["credit"]
    proofs = fay.post(
        f"/legal-entities/{balance['entity']['id']}/reconciliations", {"as_of": CUTOFF}, 201
    )
    assert all(one["left"] == one["right"] for one in proofs), proofs
