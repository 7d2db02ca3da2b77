"""The pages of imports, from the file to the undo, by persona."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.org.models import Resource
from psa.edges.integrations.imports.models import ImportProfile, ImportRun
from sales.models import Account
from tests.factories import Firm, make_engagement, make_firm
from tests.shown import shown
from timeexpense.models import TimeEntry


@pytest.fixture
def acme(db: None) -> Firm:
    made = make_firm()
    with made.scope():
        make_engagement(made)
    return made


def upload(firm: Firm, name: str, kind: str, content: str) -> str:
    """Stage a file as this person; the address of its page."""
    answer = firm.client(name).post(
        firm.url("imports/new/"),
        {"kind": kind, "file": SimpleUploadedFile("up load.csv", content.encode())},
    )
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def version(page: str) -> str:
    found = re.search(r'name="lock_version" value="(\d+)"', page)
    assert found
    return found[1]


def test_carries_a_file_of_time_from_upload_to_undo(acme: Firm) -> None:
    ada = acme.client("ada")
    page = upload(
        acme,
        "ada",
        "time",
        "Wer,Project,Date,Hours\nBen,P-1,2026-07-06,1.5\nBen,P-9,2026-07-06,1\n",
    )
    staged = ada.get(page).content.decode()
    assert "To map" in staged
    assert "2026-07-06" in staged
    given = {
        "lock_version": version(staged), "to_person": "0", "to_project": "1", "to_work_on": "2",
        "to_time": "3", "date_order": "iso", "decimal": "auto", "duration": "hours",
    }  # fmt: skip
    lacking = ada.post(f"{page}columns/", {**given, "to_time": ""})
    assert lacking.status_code == 422
    assert "Say which column holds: Time" in lacking.content.decode()
    assert ada.post(f"{page}columns/", given).status_code == 302
    checked = ada.get(page).content.decode()
    assert "There is no project “P-9”" in checked
    assert "nothing is written yet" in checked
    refused = ada.post(f"{page}apply/", {})
    assert refused.status_code == 422
    assert "1 rows cannot be imported" in refused.content.decode()
    assert ada.post(f"{page}apply/", {"skips_bad_rows": "on"}).status_code == 302
    assert "Being applied" in ada.get(page).content.decode()
    with acme.scope():
        jobs.run_now(JobRun.objects.get(kind="imports.apply").pk)
        assert TimeEntry.objects.get().minutes == 90
    done = ada.get(page).content.decode()
    assert "P-1, 2026-07" in done
    assert "Not all of the file is in the system" in done
    errors = ada.get(f"{page}errors/").content.decode("utf-8-sig").splitlines()
    assert errors[0] == "Wer,Project,Date,Hours,Row,Problem"
    assert errors[1].startswith('Ben,P-9,2026-07-06,1,3,"There is no project')
    assert "Cannot be imported" in ada.get(f"{page}rows/").content.decode()
    assert ada.post(f"{page}undo/").status_code == 302
    with acme.scope():
        jobs.run_now(JobRun.objects.get(kind="imports.undo").pk)
        assert not TimeEntry.objects.exists()
    assert "Undone" in ada.get(page).content.decode()
    assert "up load.csv" in ada.get(acme.url("imports/")).content.decode()


def test_asks_once_what_a_tools_own_names_mean_here(acme: Firm) -> None:
    """A Jira key is no project code, and a nickname no person: told once, remembered for the tool."""
    ada = acme.client("ada")
    header = "Issue Key;Project Key;Project Name;Author;Started;Time Spent (seconds);Worklog ID\n"
    lines = (
        "ERP-1;ERP;Core;benny;2026-07-08 09:15;5400;1\nERP-2;ERP;Core;Ben;2026-07-08 11:00;900;2\n"
    )
    known = "X-1;X;ERP core rollout;Ben;2026-07-09 09:15;600;3\n"
    page = upload(acme, "ada", "time", header + lines + known)
    answer = ada.get(page)
    staged, asked = answer.content.decode(), shown(answer)
    assert "Project “ERP”" in asked and "2 rows" in asked
    assert "Person “benny”" in asked and "1 row" in asked
    assert "Project “X”" not in asked  # its name is known here
    given = {
        "lock_version": version(staged), "to_person": "3", "to_project": "1",
        "to_project_name": "2", "to_work_on": "4", "to_time": "5", "to_external_id": "6",
        "date_order": "iso", "decimal": "auto", "duration": "seconds", "name_0": "P-1",
    }  # fmt: skip
    assert ada.post(f"{page}columns/", given).status_code == 302
    checked = ada.get(page).content.decode()
    assert "There is no person “benny”" in checked and "There is no project" not in checked
    with acme.scope():
        code = Resource.objects.get(name="Ben").code
    told = {**given, "lock_version": version(checked), "name_1": code}
    assert ada.post(f"{page}columns/", told).status_code == 302
    assert ada.post(f"{page}apply/", {}).status_code == 302
    with acme.scope():
        jobs.run_now(JobRun.objects.get(kind="imports.apply").pk)
        run = ImportRun.objects.latest("id")
        assert (run.state, run.totals_before) == ("done", run.totals_after)
        entered = TimeEntry.objects.order_by("id").values_list("resource__name", "minutes")
        assert list(entered) == [("Ben", 90), ("Ben", 15), ("Ben", 10)]

    later = upload(acme, "ada", "time", header + "ERP-3;ERP;Core;benny;2026-07-10 09:15;1200;4\n")
    staged = ada.get(later).content.decode()
    assert f'<option value="{code}" selected>' in staged
    again = {**given, "lock_version": version(staged), "name_0": "P-1", "name_1": code}
    assert ada.post(f"{later}columns/", again).status_code == 302
    checked = ada.get(later).content.decode()
    assert "There is no" not in checked
    # What is left blank is forgotten, by this file and the next.
    assert (
        ada.post(
            f"{later}columns/", {**again, "lock_version": version(checked), "name_1": ""}
        ).status_code
        == 302
    )
    with acme.scope():
        assert ImportProfile.objects.get(name="jira").options["names"] == {
            "project": {"erp": "P-1"}
        }


def test_offers_each_only_what_they_may_make_by_hand(acme: Firm) -> None:
    for name, offered, withheld in (
        ("amara", ["Accounts and contacts"], ["People", "Price list", "Time"]),
        ("priya", ["Projects"], ["People", "Skills of people", "Time", "Accounts and contacts"]),
        ("rae", ["Skills of people"], ["People", "Price list", "Projects", "Time"]),
        ("fay", ["Price list"], ["People", "Accounts and contacts"]),
        ("ada", ["People", "Price list", "Time"], ["Accounts and contacts"]),
    ):
        page = acme.client(name).get(acme.url("imports/new/")).content.decode()
        options = re.findall(r"<option[^>]*>([^<]+)</option>", page)
        assert [title for title in offered if title not in options] == [], name
        assert [title for title in withheld if title in options] == [], name


@pytest.mark.parametrize("name", ["ben", "bill", "paul", "sam"])
def test_does_not_exist_for_who_imports_nothing(acme: Firm, name: str) -> None:
    for path in ("imports/", "imports/new/"):
        assert acme.client(name).get(acme.url(path)).status_code == 404


def test_shows_an_import_to_those_alone_who_may_import_its_kind(acme: Firm) -> None:
    page = upload(acme, "fay", "price_lists", "Role,Price\nPM,431.17\n")
    assert "431.17" in acme.client("fay").get(page).content.decode()
    for name in ("amara", "ben", "priya"):
        for path in (page, f"{page}rows/", f"{page}rows/?export=csv", f"{page}errors/"):
            answer = acme.client(name).get(path)
            assert answer.status_code == 404
            assert "431" not in shown(answer)


def test_refuses_a_file_that_is_no_table(acme: Firm) -> None:
    amara = acme.client("amara")
    for content, why in (
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x01\x02", "binary data"),
        (b"PK\x03\x04broken", "damaged workbook"),
        (b"only one column\nx\n", "one column only"),
    ):
        answer = amara.post(
            acme.url("imports/new/"),
            {"kind": "accounts", "file": SimpleUploadedFile("f.csv", content)},
        )
        assert answer.status_code == 422
        assert why in answer.content.decode(), content
    with acme.scope():
        assert not ImportRun.objects.exists()


def test_discards_what_was_staged(acme: Firm) -> None:
    page = upload(acme, "amara", "accounts", "Name,Country\nX,DE\n")
    assert acme.client("amara").post(f"{page}discard/").status_code == 302
    with acme.scope():
        assert not ImportRun.objects.exists()
        assert not Account.objects.filter(name="X").exists()


def test_lists_imports_with_the_same_queries_however_many_there_are(
    acme: Firm, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    amara = acme.client("amara")
    for number in range(6):
        upload(acme, "amara", "accounts", f"Name,Country\nX{number},DE\n")
    amara.get(acme.url("imports/"))
    with django_assert_max_num_queries(22):
        amara.get(acme.url("imports/"))
