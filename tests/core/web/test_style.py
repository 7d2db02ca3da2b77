"""The page of components: every component renders, and nothing in it breaks the content policy."""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.test import override_settings

from psa.core.web import example, views
from psa.core.web.progress import JobProgress

from .conftest import MakeRequest

pytestmark = pytest.mark.usefixtures("tenant_urls")


@pytest.fixture
def tenant_urls() -> object:
    with override_settings(ROOT_URLCONF="psa.tenant_urls"):
        yield


def test_renders_every_component(make_request: MakeRequest) -> None:
    html = views.style(make_request("/ui/style/")).content.decode()
    assert "<c-" not in html and "{{" not in html and "{%" not in html


def test_has_no_inline_script_or_style(make_request: MakeRequest) -> None:
    html = views.style(make_request("/ui/style/")).content.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)", html)


def test_has_no_id_twice(make_request: MakeRequest) -> None:
    html = views.style(make_request("/ui/style/")).content.decode()
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted(ids) == sorted(set(ids))


def test_closes_every_block_of_a_style_sheet() -> None:
    """One that is left open keeps all that follows for the screens it speaks of."""
    sheets = sorted((Path(__file__).parents[3] / "static" / "css").glob("*.css"))
    texts = {sheet.name: sheet.read_text() for sheet in sheets}
    assert texts
    assert [name for name, text in texts.items() if text.count("{") != text.count("}")] == []


def job(state: str, done: int = 3, total: int | None = 12) -> str:
    progress = JobProgress(7, "Billing run", state, done, total, "/jobs/7/", cancel_url="/stop/")
    return render_to_string("web/_job.html", {"job": progress})


@pytest.mark.parametrize("state", ["queued", "running"])
def test_polls_while_a_job_is_live(state: str) -> None:
    assert 'hx-get="/jobs/7/"' in job(state) and "Cancel" in job(state)


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_stops_polling_when_a_job_has_ended(state: str) -> None:
    assert "hx-trigger" not in job(state) and "/stop/" not in job(state)


def test_counts_a_job_of_unknown_length() -> None:
    assert "3 done" in job("running", total=None)


@pytest.mark.django_db
def test_answers_a_refused_form_with_422(make_request: MakeRequest) -> None:
    data = {"project": "2", "worked_on": "2026-07-09", "minutes": "7:30", "scope": "one"}
    response = views.style_form(make_request("/ui/style/form/", data=data, htmx=True))
    assert response.status_code == 422
    assert "on hold since 2 July" in response.content.decode()
    assert 'value="7:30"' in response.content.decode()


def test_counts_the_bulk_selection(make_request: MakeRequest) -> None:
    rows = example.project_rows()
    request = make_request("/ui/style/bulk/", data={"selected": [str(r.id) for r in rows[:3]]})
    assert "3 projects selected" in views.style_bulk(request)["HX-Trigger-After-Swap"]
