"""A long list becomes a file by a job: as its page, for whoever asked, and nobody else."""

import pytest

from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.web.lists import export
from tests.factories import AT, Firm, make_engagement


@pytest.fixture
def firm(acme: Firm, monkeypatch: pytest.MonkeyPatch) -> Firm:
    """A page's own answer holds no row, so that one customer is too many for it."""
    monkeypatch.setattr(export, "MAX_ROWS", 0)
    with acme.scope():
        make_engagement(acme)
    return acme


def run_of(firm: Firm, who: str, address: str) -> JobRun:
    answer = firm.client(who).post("/acme/exports/start/", {"address": address})
    assert answer.status_code == 302, answer.content
    with firm.scope():
        run = JobRun.objects.get(kind="lists.export")
        jobs.run_now(run.pk, at=AT)
        run.refresh_from_db()
    return run


def test_the_page_offers_what_the_job_then_makes(firm: Firm) -> None:
    client = firm.client("fay")
    refused = client.get("/acme/sales/customers/?export=csv")
    assert refused.status_code == 422
    assert "Make the file in the background" in refused.content.decode()
    run = run_of(firm, "fay", "/acme/sales/customers/?export=csv&q=kess")
    assert run.state == "done", run.error
    path = f"/acme/documents/{run.result['document_id']}/download/"
    file = client.get(path)
    assert "Kessler Maschinenbau" in b"".join(file).decode("utf-8-sig")
    assert "attachment" in file["Content-Disposition"]
    assert firm.client("ada").get(path).status_code == 404


def test_a_page_that_is_not_ones_own_gives_nothing(firm: Firm) -> None:
    run = run_of(firm, "ben", "/acme/sales/customers/?export=csv")
    assert run.state == "failed" and "not yours to see" in run.error
    assert run.result == {}


@pytest.mark.parametrize(
    "address", ["", "/acme/nowhere/?export=csv", "/acme/sales/customers/", "/globex/x/?export=csv"]
)
def test_refuses_what_is_no_list(firm: Firm, address: str) -> None:
    answer = firm.client("fay").post("/acme/exports/start/", {"address": address})
    assert answer.status_code == 422
    with firm.scope():
        assert not JobRun.objects.filter(kind="lists.export").exists()
