"""The engine equals, to the minute, schedules that others computed: tests/projects/schedules."""

import json
from pathlib import Path

import pytest

from projects.mspdi.reading import read_plan
from projects.rules.scheduling import Scheduler, schedule

FOLDER = Path(__file__).parent / "schedules"
PLANS = sorted(path.stem for path in FOLDER.glob("*.xml"))


@pytest.mark.parametrize("name", PLANS)
def test_equals_the_known_schedule(name: str) -> None:
    known = json.loads((FOLDER / "expected" / f"{name}.json").read_text())
    plan = read_plan((FOLDER / f"{name}.xml").read_bytes()).plan
    found = schedule(plan)
    assert found.finishes_at.isoformat() == known["project_finish"]
    compared = 0
    for task in known["tasks"]:
        if task.get("ignore"):
            continue
        mine = found.tasks[task["uid"]]
        assert (mine.start.isoformat(), mine.finish.isoformat()) == (
            task["start"],
            task["finish"],
        ), task["name"]
        if "msproject_slack_min" not in task:
            assert (mine.total_slack_minutes, mine.free_slack_minutes, mine.is_critical) == (
                task["total_slack_min"],
                task["free_slack_min"],
                task["critical"],
            ), task["name"]
        compared += 1
    assert compared >= 4


@pytest.mark.parametrize("name", PLANS)
def test_answers_the_same_again(name: str) -> None:
    plan = read_plan((FOLDER / f"{name}.xml").read_bytes()).plan
    scheduler = Scheduler(plan)
    assert scheduler.schedule() == scheduler.schedule() == schedule(plan)
