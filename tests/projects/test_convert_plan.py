"""Plans in Microsoft Project's own files: made XML where the library is, refused in words elsewhere."""

import io
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from projects.models import PlanImport, Task
from projects.mspdi import conversion
from projects.mspdi.values import MalformedPlan
from projects.services import plan_files, plan_uploads
from psa.core.jobs.models import JobRun
from tests.factories import AT

PLAN = Path(__file__).parent / "schedules" / "T1_milwaukee_paper.xml"
WRITER = """
import sys
import jpype, mpxj
jpype.startJVM()
from org.mpxj.reader import UniversalProjectReader
from org.mpxj.writer import FileFormat, UniversalProjectWriter
UniversalProjectWriter(FileFormat.MPX).write(UniversalProjectReader().read(sys.argv[1]), sys.argv[2])
"""
needs_library = pytest.mark.skipif(
    shutil.which("java") is None or find_spec("mpxj") is None or find_spec("jpype") is None,
    reason="PROOF LEFT OUT: mpxj or Java is not here",
)


def _given(acme, content, filename):
    return {
        "content": io.BytesIO(content), "filename": filename,
        "manager_id": acme.resources["priya"].pk, "actor": acme.actors["priya"], "at": AT,
    }  # fmt: skip


def test_is_known_by_its_name():
    assert all(map(conversion.is_own_format, ("a.mpp", "A.MPT", "b.mpx")))
    assert not any(map(conversion.is_own_format, ("a.xml", "mpp", "a.mpp.csv", "old.xls")))


def test_without_the_library_the_way_out_is_told(acme, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with acme.scope(), pytest.raises(MalformedPlan, match="choose Save as, then XML"):
        plan_files.import_plan_file(**_given(acme, b"\xd0\xcf\x11\xe0", "Plan.mpp"))


@needs_library
def test_refuses_what_only_has_the_name():
    with pytest.raises(MalformedPlan, match=r"no \.mpp file that can be read"):
        conversion.as_xml(io.BytesIO(b"PK\x03\x04 a workbook"), "Plan.mpp")


def test_by_page_it_is_looked_at_by_a_job(acme):
    with acme.scope():
        row = plan_uploads.receive_plan_file(**_given(acme, b"\xd0\xcf\x11\xe0", "Plan.mpp"))
        assert (row.preview, row.reason) == (None, "")
        assert JobRun.objects.filter(id=row.job_run_id).exists()
        assert PlanImport.objects.filter(id=row.pk).exists()


@pytest.mark.proof
@needs_library
def test_a_plan_in_its_own_format_is_imported_like_its_xml(acme, tmp_path):
    own = tmp_path / "Paper.mpx"
    subprocess.run([sys.executable, "-c", WRITER, PLAN, own], check=True, timeout=120)
    found = []
    with acme.scope():
        for content, name in ((own.read_bytes(), own.name), (PLAN.read_bytes(), PLAN.name)):
            made = plan_files.import_plan_file(**_given(acme, content, name))
            tasks = Task.objects.filter(project_id=made.project_id).order_by("position")
            found.append(list(tasks.values_list("name", "starts_on", "finishes_on", "is_critical")))
    assert found[0] == found[1]
    assert len(found[0]) == 8


@pytest.mark.proof
@needs_library
def test_refuses_a_damaged_file():
    damaged = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 5000
    with pytest.raises(MalformedPlan, match="damaged, protected by a password"):
        conversion.as_xml(io.BytesIO(damaged), "Plan.mpp")
