"""An import is one transaction, and yet its progress is seen while it is written."""

import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from projects.models import Project, Task
from projects.services import plan_uploads
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from tests.factories import AT, make_firm

from .test_plan_files import _large, _received


def test_is_seen_from_outside_and_what_is_cancelled_midway_goes_on_whole(
    committed_database: str,
) -> None:
    firm = make_firm("acme")
    priya = firm.actors["priya"]
    with firm.scope():
        kept = _received(firm, _large(), "big.xml")
        projects = Project.objects.count()
    tenant_id = firm.tenant.pk

    def worked(run_id: int) -> JobRun:
        try:
            return jobs.run_to_end(tenant_id=tenant_id, run_id=run_id, at=AT)
        finally:
            connections.close_all()

    def seen(run_id: int, least: int) -> JobRun:
        """The run as another connection sees it, once it has come so far and is not done."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with firm.scope():
                run = JobRun.objects.get(pk=run_id)
                if run.state == "running" and least <= run.done < run.total:
                    assert Project.objects.count() == projects
                    return run
            time.sleep(0.005)
        raise AssertionError("no progress was seen")

    with ThreadPoolExecutor(1) as beside:
        check = beside.submit(worked, kept.job_run_id)
        assert seen(kept.job_run_id, 21).message
        assert check.result(60).state == "done"
        with firm.scope():
            started = plan_uploads.start_import(plan_import_id=kept.pk, actor=priya, at=AT)
        run_id = started.job_run_id
        running = beside.submit(worked, run_id)
        assert seen(run_id, 20).total == 400
        with firm.scope():
            jobs.cancel(run_id=run_id, actor=priya, at=AT)
        ended = running.result(60)
        assert (ended.state, ended.done) == ("cancelled", 0)
        with firm.scope():
            assert Project.objects.count() == projects
            plan_uploads.start_import(plan_import_id=kept.pk, actor=priya, at=AT)
        assert beside.submit(worked, run_id).result(60).done == 400
    with firm.scope():
        kept.refresh_from_db()
        assert Task.objects.filter(project_id=kept.project_id).count() == 400
