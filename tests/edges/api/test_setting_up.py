"""What administrators do in the pages, done by program: imports, rules, rights, decisions, fields."""

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from sales.models import Account
from tests.attacks.world import make_world
from tests.edges.api.callers import Caller, caller
from tests.factories import Firm, make_engagement, make_firm

CARD = b"Company,Country,Currency\nBrandt Optik GmbH,DE,EUR\nNowhere,Germany,EUR\n"
RULE = {
    "name": "Big contract",
    "trigger_kind": "gate",
    "trigger": "sales.confirm_contract",
    "action": "approval",
    "approver_role": "practice_leader",
}


def upload(of: Caller, content: bytes, **given: Any) -> Any:
    files = {"file": SimpleUploadedFile("accounts.csv", content), **given}
    response = of.call("POST", "/imports", files=files)
    return response.status_code, json.loads(response.content)


def finish_jobs(firm: Firm) -> None:
    with firm.scope():
        for run in JobRun.objects.filter(state="queued", kind__startswith="imports."):
            jobs.run_now(run.pk)


def test_imports_a_file_and_undoes_it(acme: Firm) -> None:
    amara = caller(acme, "amara")
    assert "accounts" in {kind["code"] for kind in amara.get("/import-kinds")}
    status, made = upload(amara, CARD, kind="accounts")
    assert (status, made["state"], made["row_count"]) == (201, "staged", 2)
    path = f"/imports/{made['id']}"
    body = {"mapping": made["mapping"]}
    amara.put(f"{path}/columns", body, 428)
    checked = amara.put(f"{path}/columns", body, if_match=amara.etag(path))
    assert (checked["state"], checked["counts"]) == ("checked", {"ready": 1, "bad": 1})
    assert "two letters" in checked["refused_rows"][0]["sentence"]
    told = amara.post(f"{path}/apply", {}, 422)
    assert told["errors"][0]["field"] == "skips_bad_rows"
    assert amara.post(f"{path}/apply", {"skips_bad_rows": True})["job"]["id"]
    finish_jobs(acme)
    done = amara.get(path)
    assert (done["state"], done["counts"]["imported"]) == ("done", 1)
    assert len(amara.get(f"{path}/rows")["items"]) == 2
    amara.delete(path, 409)
    amara.post(f"{path}/undo")
    finish_jobs(acme)
    assert amara.get(path)["state"] == "undone"
    with acme.scope():
        assert not Account.objects.filter(name="Brandt Optik GmbH").exists()


def test_refuses_a_kind_that_is_not_ones_own_to_import(acme: Firm) -> None:
    status, told = upload(caller(acme, "amara"), CARD, kind="price_lists")
    assert status == 403
    assert "permission" in told["detail"].lower() or "role" in told["detail"].lower()
    assert upload(caller(acme, "ben"), CARD, kind="accounts")[0] == 404


def test_tries_a_price_list_without_showing_costs_to_who_sees_none(db: None) -> None:
    world = make_world(make_firm(), currency="GBP")
    fay, ada = caller(world.firm, "fay"), caller(world.firm, "ada")
    list_id = world.ids["list_id"]
    path = f"/price-lists/{list_id}/what-if/quotes/{world.ids['quote_id']}"
    seen = fay.get(path)
    assert {row["side"] for row in seen["rows"]} == {"cost", "sales"}
    backlog = f"/price-lists/{list_id}/what-if/contracts/{world.ids['contract_id']}"
    assert fay.get(backlog)["hides"] == []
    ada.get(path, 404)
    job = ada.post(f"/price-lists/{list_id}/what-if/years", {"year": 2026}, 201)
    with world.firm.scope():
        assert jobs.run_now(job["id"]).state == "done"
    year = ada.get(f"/price-lists/{list_id}/what-if/years/{job['id']}")
    assert year["hides"] == ["cost"]
    assert "cost" not in {row["side"] for row in year["rows"] + year["totals"]}
    caller(world.firm, "amara").get(path, 404)


def test_makes_changes_and_tries_rules(acme: Firm) -> None:
    ada = caller(acme, "ada")
    gates = [one for one in ada.get("/rule-moments") if one["trigger_kind"] == "gate"]
    body = {**RULE, "trigger": gates[0]["trigger"]}
    made = ada.post("/rules", body, 201)
    assert (made["is_active"], made["lock_version"]) == (True, 1)
    path = f"/rules/{made['id']}"
    assert ada.post("/rules", {**body, "action": "notify"}, 422)["errors"][0]["field"] == "action"
    tag = ada.etag(path)
    ada.put(path, {**body, "name": "Bigger"}, if_match=tag)
    ada.put(path, {**body, "name": "Biggest"}, 412, if_match=tag)
    assert ada.post(f"{path}/switch", {"is_active": False})["is_active"] is False
    assert ada.get(f"{path}/dry-run?days=31")["found"] == []
    assert ada.get("/rule-runs")["items"] == []
    caller(acme, "fay").get(path, 404)


def test_asks_for_an_approval_and_decides_it(acme: Firm) -> None:
    ada, paul = caller(acme, "ada"), caller(acme, "paul")
    with acme.scope():
        work = make_engagement(acme)
    moments = ada.get("/rule-moments")
    gate = next(m for m in moments if m["trigger_kind"] == "gate" and "contract" in m["trigger"])
    ada.post("/rules", {**RULE, "trigger": gate["trigger"]}, 201)
    path = f"/gates/{gate['trigger']}/{work.contract.pk}"
    amara = caller(acme, "amara")
    assert [one["rule"] for one in amara.get(path)] == ["Big contract"]
    asked = amara.post(f"{path}/requests", {"note": "Please"}, 201)[0]["request"]
    assert [one["id"] for one in paul.get("/approval-requests")["items"]] == [asked["id"]]
    decide = f"/approval-requests/{asked['id']}/decide"
    caller(acme, "fay").post(decide, {"is_approved": True}, 404)
    assert paul.post(decide, {"is_approved": True})["state"] == "approved"
    assert amara.get(path)[0]["is_approved"]


def test_keeps_views_of_lists_apart(acme: Firm) -> None:
    priya, ben = caller(acme, "priya"), caller(acme, "ben")
    body = {"list_key": "projects", "name": "Red ones", "query": "f.health=bad&bogus=1"}
    made = priya.post("/saved-views", body, 201)
    assert made["query"] == "f.health=bad"
    path = f"/saved-views/{made['id']}"
    ben.get(path, 404)
    priya.patch(path, {"is_shared": True})
    assert ben.get(path)["name"] == "Red ones"
    ben.patch(path, {"name": "Mine"}, 403)
    ben.post(f"{path}/default", {"is_default": True})
    assert ben.get("/saved-views?list_key=projects")[0]["is_default"] is True
    priya.delete(path, 204)
    ben.get(path, 404)


def test_hands_rights_out_but_not_to_oneself(acme: Firm) -> None:
    ada = caller(acme, "ada")
    codes = [one["code"] for one in ada.get("/rights")]
    assert "billing.confirm" in codes
    made = ada.post("/security-roles", {"name": "Auditor", "permissions": ["audit.view"]}, 201)
    path = f"/security-roles/{made['id']}"
    changed = ada.put(
        path,
        {"name": "Auditor", "permissions": ["audit.view", "ledger.view_gl"]},
        if_match=ada.etag(path),
    )
    assert changed["permissions"] == ["audit.view", "ledger.view_gl"]
    ada.delete(path, 204)
    own = next(r for r in ada.get("/security-roles")["items"] if r["name"] == "Administrator")
    path = f"/security-roles/{own['id']}"
    role = ada.get(path)
    body = {"name": role["name"], "permissions": [*role["permissions"], "billing.confirm"]}
    ada.put(path, body, 422, if_match=ada.etag(path))
    caller(acme, "fay").get("/rights", 404)


def test_records_decisions_and_finance_acknowledges_controls(acme: Firm) -> None:
    ada, fay = caller(acme, "ada"), caller(acme, "fay")
    decision = {
        "asked": "How long may time be late?",
        "decided": "Five days",
        "why": "Payroll",
        "decided_by": "The board",
        "decided_on": "2026-01-05",
    }
    decision["parameter"] = next(name for name in ada.get("/parameters") if name != "rules")
    made = ada.post("/decisions", decision, 201)
    assert ada.get(f"/decisions/{made['id']}")["why"] == "Payroll"
    ada.post("/decisions", {**decision, "parameter": "colour"}, 422)
    me = ada.get("/me")["membership_id"]
    control = ada.post(
        "/manual-controls",
        {
            "policy_rule": "Gifts over 50 are declared",
            "check_text": "Look at the register",
            "frequency": "monthly",
            "owner_id": me,
        },
        201,
    )
    path = f"/manual-controls/{control['id']}/acknowledge"
    ada.post(path, {}, 404)
    assert fay.post(path)["acknowledged_at"]
    fay.post(path, {}, 409)


def test_adds_a_field_and_sets_its_value(acme: Firm) -> None:
    ada, amara = caller(acme, "ada"), caller(acme, "amara")
    with acme.scope():
        account_id = make_engagement(acme).account.pk
    field = ada.post(
        "/custom-fields",
        {"record_type": "sales.Account", "kind": "choice", "label": "Tier", "choices": ["A", "B"]},
        201,
    )
    path = f"/records/sales.Account/{account_id}/custom-fields"
    assert amara.get(path)["fields"]["tier"] is None
    assert amara.patch(path, {"fields": {"tier": "a"}})["fields"]["tier"] == "a"
    amara.patch(path, {"fields": {"tier": "z"}}, 422)
    renamed = ada.put(
        f"/custom-fields/{field['id']}",
        {"record_type": "sales.Account", "kind": "choice", "label": "Tier", "choices": ["B"]},
    )
    known = {one["code"]: one["is_active"] for one in renamed["choices"]}
    assert known == {"a": False, "b": True}
    caller(acme, "ben").get(path, 404)


def test_a_token_narrowed_to_one_area_reaches_no_other(acme: Firm) -> None:
    narrow = caller(acme, "ada", "imports:read")
    narrow.get("/import-kinds")
    assert "automation:read" in narrow.get("/rules", 403)["detail"]


def test_keeps_the_chart_of_accounts(acme: Firm) -> None:
    ada = caller(acme, "ada")
    body = {"code": "5950", "name": "Training", "kind": "expense"}
    made = ada.post("/ledger-accounts", body, 201)
    assert made == {"id": made["id"], **body, "is_monetary": False}
    path = f"/ledger-accounts/{made['id']}"
    assert ada.put(path, {**body, "name": "Courses"})["name"] == "Courses"
    assert ada.post("/ledger-accounts", body, 409)["errors"][0]["field"] == "code"
    assert ada.get("/ledger-accounts?kind=expense")["items"]
    ada.delete(path, 204)
    ada.get(path, 404)
