"""Plans made at random, written, and scheduled by mpxj, a library of others: the same dates and slack.

Left out is what the two mean differently: elapsed durations (mpxj begins them with the next working
time), links between different calendars (mpxj takes a lag off the predecessor's time), milestones
after a lead, tasks as late as possible that conflict, and starts that wait for the start of what has
begun. In a process of its own; skipped, and said so, without Java or the library.
"""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from random import Random

import pytest

from projects.mspdi.writing import write_document
from projects.rules.scheduling import Constraint, LinkKind

from .random_plans import (
    ALL_KINDS,
    BOUNDS,
    CALENDARS,
    PERCENT_LAGS,
    PINS,
    WITH_MILESTONES,
    WORKING_LAGS,
    Kind,
    document_of,
    plan_of,
)

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(shutil.which("java") is None, reason="PROOF LEFT OUT: Java is not here"),
    pytest.mark.skipif(
        find_spec("mpxj") is None or find_spec("jpype") is None,
        reason="PROOF LEFT OUT: mpxj is not installed (make setup)",
    ),
]
KINDS = {
    "links": Kind(ALL_KINDS, WORKING_LAGS[:4], WITH_MILESTONES),
    "leads": Kind(ALL_KINDS, (*WORKING_LAGS, *PERCENT_LAGS)),
    "calendars": Kind(calendars=tuple(CALENDARS), durations=(90, 240, 475, 480, 1000, 2400)),
    "people": Kind(people=1, calendars=tuple(CALENDARS)),
    "dates": Kind(constraints=(*BOUNDS, *PINS), deadlines=True, durations=WITH_MILESTONES),
    "late": Kind(constraints=(Constraint.AS_LATE_AS_POSSIBLE,)),
    "progress": Kind(progress=True),
    "summaries": Kind(summaries=True, progress=True, density=0.1, most=12),
    "summary links": Kind(
        summaries=True, summary_links=(LinkKind.FINISH_TO_START,), density=0.15, most=10
    ),
    "manual": Kind(manual=True),
}
PLANS = 60
SCHEDULER = """
import json, sys
import jpype, mpxj
jpype.startJVM()
from org.mpxj import TimeUnit
from org.mpxj.cpm import MicrosoftScheduler
from org.mpxj.reader import UniversalProjectReader
LocalDateTime = jpype.JClass("java.time.LocalDateTime")
found = {}
for path in sys.stdin.read().split():
    plan = UniversalProjectReader().read(path)
    MicrosoftScheduler().schedule(plan, LocalDateTime.parse("2026-03-02T08:00"))
    settings = plan.getProjectProperties()
    def minutes(length):
        return round(float(length.convertUnits(TimeUnit.MINUTES, settings).getDuration()))
    found[path] = {
        int(str(task.getUniqueID())): [
            str(task.getStart()), str(task.getFinish()), minutes(task.getTotalSlack()),
            minutes(task.getFreeSlack()), bool(task.getCritical()),
        ]
        for task in plan.getTasks() if int(str(task.getUniqueID()))
    }
print(json.dumps(found))
"""


def test_schedules_plans_made_at_random_alike(tmp_path):
    plans = {}
    for name, kind in KINDS.items():
        for seed in range(PLANS):
            path = tmp_path / f"{name.replace(' ', '-')}-{seed}.xml"
            plans[str(path)] = document_of(plan_of(kind, Random(f"{name} {seed}")))
            path.write_bytes(write_document(plans[str(path)]))
    ran = subprocess.run(
        [sys.executable, "-c", SCHEDULER], input="\n".join(plans),
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    found = json.loads(ran.stdout.splitlines()[-1])
    for path, document in plans.items():
        summaries = {task.parent_id for task in document.plan.tasks}
        has_links = any(link.predecessor_id in summaries for link in document.plan.links)
        for number, mine in document.schedule.items():
            theirs = found[path][str(number)]
            dates = [mine.start.isoformat("T", "minutes"), mine.finish.isoformat("T", "minutes")]
            assert dates == theirs[:2], (path, number)
            assert mine.total_slack_minutes == theirs[2], (path, number)
            # What waits for a summary waits for what is below it; mpxj does not see it there.
            if not has_links:
                assert mine.free_slack_minutes == theirs[3], (path, number)
            assert mine.is_critical == theirs[4], (path, number)
