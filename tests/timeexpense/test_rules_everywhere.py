"""Each rule of T-4 finds the same, in the same words, in the grid, the API and both imports."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from projects.models import Assignment, Project, Task, TeamMember
from psa.core.access import actors
from psa.core.ledger.models import FiscalPeriod
from psa.core.org.models import ResourceException, TenantParameters, TimeRule
from psa.edges.integrations.imports.kind_registry import Draft, Settings
from psa.edges.integrations.imports.kinds.time_entries import TimeEntries
from sales.models import Contract
from tests.edges.api.callers import Caller, token_of
from tests.timeexpense.conftest import MONDAY, NOW, Scene, make_scene
from timeexpense.rules.validation import RULES

Arrange = Callable[[Scene], None]


def nothing(scene: Scene) -> None:
    """The entry alone is what the rule finds."""


def off_the_team(scene: Scene) -> None:
    TeamMember.objects.filter(resource=scene.firm.resources["ben"]).delete()


def starts_later(scene: Scene) -> None:
    Project.objects.update(starts_on=MONDAY + timedelta(days=1))


def closed(scene: Scene) -> None:
    FiscalPeriod.objects.filter(starts_on__lte=MONDAY, ends_on__gte=MONDAY).update(state="closed")


def closed_and_refused(scene: Scene) -> None:
    closed(scene)
    TenantParameters.objects.update(late_work_policy="refuse")
    TimeRule.objects.filter(code="closed_period").update(mode="off")


def on_hold(scene: Scene) -> None:
    Contract.objects.update(status="on_hold")


def completed(scene: Scene) -> None:
    Task.objects.update(is_completed=True)


def on_leave(scene: Scene) -> None:
    ResourceException.objects.create(
        tenant=scene.firm.tenant, resource=scene.firm.resources["ben"], name="Leave",
        valid_from=MONDAY, valid_until=MONDAY + timedelta(days=1),
    )  # fmt: skip


def assigned(scene: Scene) -> None:
    Assignment.objects.create(
        tenant=scene.firm.tenant, resource=scene.firm.resources["ben"], task=scene.work.build,
        minutes=60,
    )  # fmt: skip


def small_fixed_price(scene: Scene) -> None:
    Task.objects.filter(pk=scene.work.fixed.pk).update(effort_minutes=60)


def entered_elsewhere(scene: Scene) -> None:
    # Of another activity, so that it is another cell, and the same to the rule.
    scene.enter(scene.draft(minutes=240, activity="Travel"))


CASES: tuple[tuple[str, Arrange, dict[str, Any]], ...] = (
    ("unlikely_date", nothing, {"on": date(1026, 7, 6)}),
    ("not_positive", nothing, {"time": "-1"}),
    ("unreadable_time", nothing, {"time": "soon"}),
    ("more_than_a_day", entered_elsewhere, {"time": "20:01", "text": "Other"}),
    ("not_on_team", off_the_team, {}),
    ("outside_project_dates", starts_later, {}),
    ("closed_period", closed, {}),
    ("closed_period", closed_and_refused, {}),
    ("contract_on_hold", on_hold, {}),
    ("task_completed", completed, {}),
    ("blank_external_description", nothing, {"text": ""}),
    ("overtime_without_reason", nothing, {"time": "10:01"}),
    ("leave_or_holiday", on_leave, {}),
    ("more_than_assigned", assigned, {}),
    ("over_fixed_price_estimate", small_fixed_price, {"task": "fixed"}),
    ("duplicate_entry", entered_elsewhere, {"time": "4:00"}),
)
# Rules that a test of their own covers: imports carry no start and stop, and name work by its name.
ELSEWHERE = {"unknown_work", "text_unreadable", "overlapping_times"}


@contextmanager
def tried(scene: Scene, arrange: Arrange = nothing) -> Iterator[None]:
    """What happens here is undone."""
    with transaction.atomic():
        with scene.firm.scope():
            arrange(scene)
        yield
        transaction.set_rollback(True)


class Doors:
    """The four ways in, each answering the sentence that refused, and the code where it is told."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.browser = scene.firm.client("ben")
        self.program = Caller(token_of(scene.firm, "ben"))

    def grid(self, entry: dict[str, Any]) -> tuple[str, str]:
        cell = {
            "ref": "a", "project": self.scene.work.project.pk, "task": entry["task"].pk,
            "on": entry["on"].isoformat(), "typed": entry["time"], "description": entry["text"],
        }  # fmt: skip
        answer = self.browser.post(
            self.scene.firm.url("time/cells/"),
            json.dumps({"cells": [cell]}),
            content_type="application/json",
        )
        (one,) = answer.json()["cells"]
        assert one["status"] == "failed", one
        return one["code"], one["sentence"]

    def api(self, entry: dict[str, Any]) -> tuple[str, str]:
        row = {
            "project_id": self.scene.work.project.pk, "task_id": entry["task"].pk,
            "work_on": entry["on"].isoformat(), "minutes": entry["minutes"],
            "description": entry["text"],
        }  # fmt: skip
        answer = self.program.post("/time-entries/bulk", {"rows": [row]})
        (one,) = answer["rows"]
        assert one["status"] == "failed", one
        return one["findings"][0]["code"], one["sentence"]

    def api_import(self, entry: dict[str, Any]) -> tuple[str, str]:
        line = {
            "project_id": self.scene.work.project.pk, "task_id": entry["task"].pk,
            "work_on": entry["on"].isoformat(), "duration": entry["time"],
            "description": entry["text"],
        }  # fmt: skip
        (one,) = self.program.post("/time-entries/import", {"lines": [line]})["lines"]
        assert one["status"] == "refused", one
        return one["findings"][0]["code"], one["findings"][0]["sentence"]

    def imported(self, entry: dict[str, Any]) -> str:
        fields = {
            "person": "Ben", "project": "P-1", "task": entry["task"].name,
            "work_on": entry["on"].isoformat(), "time": entry["time"],
            "description": entry["text"],
        }  # fmt: skip
        with self.scene.firm.scope():
            (one,) = TimeEntries().apply(
                [Draft(1, fields)],
                Settings(),
                actor=actors.for_operator(self.scene.firm.tenant.pk),
                at=NOW,
            )
        assert one.state == "bad", one
        return str(one.sentence)


def test_every_rule_finds_the_same_through_every_door(db: None, settings: Any) -> None:
    settings.PSA_NOW = NOW
    scene = make_scene()
    with scene.firm.scope():
        TimeRule.objects.update(mode="block")
    doors = Doors(scene)
    for code, arrange, changes in CASES:
        entry = {
            "on": MONDAY,
            "time": "8:00",
            "text": "Interfaces built",
            "task": "build",
        } | changes
        entry["task"] = getattr(scene.work, entry["task"])
        hours, _, minutes = entry["time"].partition(":")
        entry["minutes"] = int(hours) * 60 + int(minutes) if minutes else None
        said = []
        for door in (doors.grid, doors.api, doors.api_import, doors.imported):
            if door == doors.api and (entry["minutes"] is None or entry["on"].year < 2000):
                continue  # the API's own shape refuses these, naming the field
            with tried(scene, arrange):
                said.append(door(entry))
        assert {one[0] for one in said if not isinstance(one, str)} == {code}, said
        found, sentences = said[0][0], {one if isinstance(one, str) else one[1] for one in said}
        assert found == code, (code, said)
        assert len(sentences) == 1 or code in ("unlikely_date", "not_positive"), (code, said)


def test_every_rule_is_tried() -> None:
    assert {rule.code for rule in RULES} - {code for code, *_ in CASES} == ELSEWHERE


def test_overlap_is_found_against_stored_time_and_again_when_handed_in(
    db: None, settings: Any
) -> None:
    settings.PSA_NOW = NOW
    scene = make_scene()
    program = Caller(token_of(scene.firm, "ben"))

    def row(spans: list[tuple[int, int]], **more: Any) -> dict[str, Any]:
        return {
            "project_id": scene.work.project.pk, "task_id": scene.work.build.pk,
            "work_on": MONDAY.isoformat(), "spans": spans, "description": "Built",
        } | more  # fmt: skip

    first = program.post("/time-entries/bulk", {"rows": [row([(540, 600)])]})["rows"][0]
    assert (first["status"], first["minutes"], first["spans"]) == ("saved", 60, [[540, 600]])
    fixed = {"task_id": scene.work.fixed.pk}
    second = program.post("/time-entries/bulk", {"rows": [row([(599, 660)], **fixed)]})["rows"][0]
    assert second["findings"][0]["code"] == "overlapping_times"
    assert "9:59–11:00 overlaps" in second["sentence"]
    with scene.firm.scope():
        TimeRule.objects.filter(code="overlapping_times").update(mode="warn")
    taken = program.post("/time-entries/bulk", {"rows": [row([(599, 660)], **fixed)]})["rows"][0]
    assert taken["status"] == "saved"
    with scene.firm.scope():
        TimeRule.objects.filter(code="overlapping_times").update(mode="block")
    ids = [first["entry_id"], taken["entry_id"]]
    handed_in = program.post("/time-entries/submit", {"entry_ids": ids})
    assert [one["is_submitted"] for one in handed_in] == [True, False]
    # Hours typed over it are the person's own word: the start and stop go.
    changed = program.post(
        "/time-entries/bulk",
        {
            "rows": [
                {
                    "project_id": scene.work.project.pk, "task_id": scene.work.fixed.pk,
                    "work_on": MONDAY.isoformat(), "minutes": 90, "entry_id": taken["entry_id"],
                }
            ]
        },
    )  # fmt: skip
    assert changed["rows"][0]["spans"] == []
