"""Our exports opened by mpxj, a library of others that reads Microsoft Project's files.

In a process of its own, as a Java machine cannot be stopped again. Skipped, and said so, without
Java or the library.
"""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from projects.models import Project, Task
from projects.mspdi.writing import write_document
from projects.rules.scheduling import Assigned, Delay, Plan, PlanTask
from projects.selectors.plan_document import plan_document
from projects.services import plan_imports
from tests.factories import AT

from .random_plans import CALENDARS, STARTS_AT, document_of

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(shutil.which("java") is None, reason="PROOF LEFT OUT: Java is not here"),
    pytest.mark.skipif(
        find_spec("mpxj") is None or find_spec("jpype") is None,
        reason="PROOF LEFT OUT: mpxj is not installed (make setup)",
    ),
]
WAITS = Plan(
    [
        PlanTask(1, 720, assigned=(Assigned("1", 720, gaps=((240, 720),)),)),
        PlanTask(2, 480, levelling=Delay(1440, is_elapsed=True)),
    ],
    [], CALENDARS, "1", starts_at=STARTS_AT,
)  # fmt: skip
PLANS = sorted((Path(__file__).parent / "schedules").glob("*.xml"))
READER = """
import json, sys
import jpype, mpxj
jpype.startJVM()
from org.mpxj.reader import UniversalProjectReader
found = {}
for path in sys.argv[1:]:
    plan = UniversalProjectReader().read(path)
    found[path] = {
        "tasks": {
            int(str(task.getUniqueID())): [
                str(task.getStart()), str(task.getFinish()), str(task.getName()),
                bool(task.getCritical()), task.getPredecessors().size(),
                str(task.getLevelingDelay()), [
                    [str(part.getStart()), str(part.getEnd())] for part in task.getWorkSplits()
                ],
            ]
            for task in plan.getTasks()
        },
        "calendars": plan.getCalendars().size(),
        "resources": sum(1 for one in plan.getResources() if one.getName()),
    }
print(json.dumps(found))
"""


def test_opens_every_known_plan_with_its_dates(acme, tmp_path):
    expected = {}
    with acme.scope():
        for path in PLANS:
            made = plan_imports.import_plan(
                content=path.read_bytes(), manager_id=acme.resources["priya"].pk,
                actor=acme.actors["priya"], at=AT,
            )  # fmt: skip
            document = plan_document(actor=acme.actors["priya"], project_id=made.project_id)
            copy = tmp_path / path.name
            copy.write_bytes(write_document(document))
            rows = Task.objects.filter(project=Project.objects.get(id=made.project_id))
            expected[str(copy)] = (document, {row.uid: row for row in rows})
    waits = tmp_path / "waits.xml"
    waits.write_bytes(write_document(document_of(WAITS)))
    ran = subprocess.run(
        [sys.executable, "-c", READER, *expected, str(waits)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    found = json.loads(ran.stdout.splitlines()[-1])
    for path, (document, rows) in expected.items():
        read = found[path]
        assert read["resources"] == len(document.resources)
        assert read["calendars"] >= len([one for one in document.calendars if one.is_base])
        for uid, row in rows.items():
            start, finish, name, is_critical, *_ = read["tasks"][str(uid)]
            assert name == row.name
            assert start == row.scheduled_start_at.isoformat(timespec="minutes"), name
            assert finish == row.scheduled_finish_at.isoformat(timespec="minutes"), name
            assert is_critical == row.is_critical, name
    first, second = (found[str(waits)]["tasks"][uid] for uid in ("1", "2"))
    assert first[-1] == [
        ["2026-03-02T08:00", "2026-03-02T12:00"], ["2026-03-04T08:00", "2026-03-04T17:00"],
    ]  # fmt: skip
    assert second[-2] == "1.0ed"
    assert second[:2] == ["2026-03-03T08:00", "2026-03-03T17:00"]
