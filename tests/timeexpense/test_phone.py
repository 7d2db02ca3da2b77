"""The phone's addresses: whose entries they take, what they hand out, and what may be kept."""

import json
from typing import Any
from uuid import uuid4

from psa.core.access.models import MembershipRole
from tests.factories import Firm
from tests.timeexpense.conftest import NOW, Scene, make_scene
from timeexpense.models import ExpenseEntry, TimeEntry


def test_hands_out_three_weeks_without_a_rate(
    db: None, settings: Any, django_assert_max_num_queries: Any
) -> None:
    settings.PSA_NOW = NOW
    scene = make_scene()
    with scene.firm.scope():
        scene.enter(scene.draft())
    client = scene.firm.client("ben")
    client.get(scene.firm.url("time/day/data/"))
    with django_assert_max_num_queries(25):
        answer = client.get(scene.firm.url("time/day/data/?on=2026-07-09"))
    found = answer.json()
    assert found["today"] == "2026-07-09" and len(found["weeks"]) == 3
    (entry,) = found["weeks"][1]["entries"]
    assert (entry["minutes"], entry["name"], entry["is_editable"]) == (480, "Build", True)
    assert found["recent"][0]["task"] == scene.work.build.pk
    assert not {"price", "rate", "cost", "margin"} & set(json.dumps(found).lower().split('"'))
    assert "no-store" in answer.headers["Cache-Control"]


def test_says_for_whom_the_page_may_be_kept(acme: Firm) -> None:
    answer = acme.client("ben").get(acme.url("time/day/2026-07-09/"))
    assert answer.headers["X-Kept-For"].isdecimal()
    assert "geolocation=(self)" in answer.headers["Permissions-Policy"]
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert "X-Kept-For" not in acme.client("ben").get(acme.url("time/")).headers


def sent(scene: Scene, owner: str, **more: Any) -> dict[str, Any]:
    one = {
        "id": "01890a5d-ac96-774b-bcce-b302099a8057", "on": "2026-07-06", "typed": "2h",
        "project": scene.work.project.pk, "task": scene.work.build.pk, "description": "Read",
    }  # fmt: skip
    return {"owner": owner, "changes": [one | more]}


def test_takes_changes_of_its_own_member_alone(db: None, settings: Any) -> None:
    settings.PSA_NOW = NOW
    scene = make_scene()
    url, ben = scene.firm.url("time/day/sync/"), scene.firm.client("ben")
    owner = f"acme/{scene.actor('ben').membership_id}"

    def post(body: Any, client: Any = ben) -> Any:
        return client.post(url, body, content_type="application/json")

    assert post(sent(scene, owner), scene.firm.client("priya")).status_code == 409
    for unreadable in ("[", "[]", {"owner": owner}, sent(scene, owner, id="no"),
                       sent(scene, owner, on="no")):  # fmt: skip
        assert post(unreadable).status_code == 400
    answers = [post(sent(scene, owner)).json()["answers"] for _ in range(2)]
    assert answers[0] == answers[1] and answers[0][0]["status"] == "saved"
    with scene.firm.scope():
        assert TimeEntry.objects.get().minutes == 120


def test_names_the_field_of_an_expense_that_cannot_be_taken(db: None, settings: Any) -> None:
    settings.PSA_NOW = NOW
    scene = make_scene()
    url = scene.firm.url("time/day/expense/")
    owner = f"acme/{scene.actor('ben').membership_id}"
    answer = scene.firm.client("ben").post(url, {"owner": owner, "spent_on": "soon"})
    assert answer.json()["status"] == "failed" and answer.json()["field"]


def test_keeps_out_who_books_no_time(acme: Firm) -> None:
    with acme.scope():
        MembershipRole.objects.filter(membership_id=acme.actors["ben"].membership_id).delete()
    client = acme.client("ben")
    for path in ("time/day/", "time/day/data/"):
        assert client.get(acme.url(path)).status_code == 404


def test_takes_a_journey_and_days_away_at_the_amount_of_their_tables(
    db: None, settings: Any, django_assert_max_num_queries: Any
) -> None:
    settings.PSA_NOW = NOW
    scene = make_scene()
    client, url = scene.firm.client("ben"), scene.firm.url
    client.get(url("time/day/spending/"))
    with django_assert_max_num_queries(18):
        answer = client.get(url("time/day/spending/"))
    spending = answer.json()
    assert not {"price", "rate", "full", "amount"} & set(answer.content.decode().split('"'))
    kinds = {one["kind"]: one["id"] for one in spending["categories"]}
    assert spending["categories"][0]["kind"] == "standard"
    assert ["Car or van", "mi"] in spending["vehicles"] and ["GB:", "United Kingdom"] in spending[
        "places"
    ]
    common = {
        "owner": f"acme/{scene.actor('ben').membership_id}", "project": scene.work.project.pk,
        "task": scene.work.build.pk, "spent_on": "2026-07-06", "payment_method": "own",
        "description": "To the client",
    }  # fmt: skip
    way = {"vehicle": "Car or van", "from_place": "Leeds", "to_place": "York", "distance": "100"}
    away = {"place": "GB:", "ends_on": "2026-07-07", "meals": "2026-07-07:breakfast"}
    for kind, fields in (("mileage", way), ("per_diem", away), ("lodging", {"amount": "90"})):
        sent = {"id": str(uuid4()), "category": kinds[kind], "currency": "GBP", **common, **fields}
        for _ in range(2):
            answer = client.post(url("time/day/expense/"), sent).json()
            assert answer["status"] == "saved", answer
    refused = {**common, **way, "id": str(uuid4()), "category": kinds["mileage"], "to_place": ""}
    answer = client.post(url("time/day/expense/"), refused).json()
    assert (answer["status"], answer["field"]) == ("failed", "to_place")
    with scene.firm.scope():
        entries = ExpenseEntry.objects.order_by("id")
        assert [one.kind for one in entries] == ["mileage", "per_diem", "lodging"]
        assert [str(one.amount) for one in entries][::2] == ["45.0000", "90.0000"]
        assert entries[1].meals == "2026-07-07:breakfast" and entries[1].amount > 0
