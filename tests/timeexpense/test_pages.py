"""The pages: whole, as parts, with bad input, and with nothing on them that is not the reader's."""

import json
from collections.abc import Iterator
from datetime import date
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from tests.factories import make_firm
from tests.timeexpense.conftest import MONDAY, Scene, make_scene
from timeexpense.models import ExpenseEntry, ExpenseReport, TimeEntry

WEEK = f"time/week/{MONDAY.isoformat()}/"


@pytest.fixture
def site(db: None, settings: object) -> Iterator[Scene]:
    """The scene, out of scope: requests open their own. The clock stands on 9 July 2026."""
    from tests.timeexpense.conftest import NOW

    settings.PSA_NOW = NOW  # type: ignore[attr-defined]
    yield make_scene()


def get(site: Scene, path: str, name: str = "ben", **headers: str):
    return site.firm.client(name).get(site.firm.url(path), headers=headers)


def post(site: Scene, path: str, data: dict[str, object] | None = None, name: str = "ben"):
    return site.firm.client(name).post(site.firm.url(path), data or {})


def save(site: Scene, *cells: dict[str, object], name: str = "ben"):
    return site.firm.client(name).post(
        site.firm.url("time/cells/"),
        json.dumps({"cells": cells}),
        content_type="application/json",
    )


def cell(site: Scene, typed: str, **changes: object) -> dict[str, object]:
    return {
        "ref": "a", "project": site.work.project.pk, "task": site.work.build.pk,
        "on": MONDAY.isoformat(), "typed": typed,
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ben", "time/"),
        ("ben", WEEK),
        ("ben", WEEK + "?suggest=1&rows=last"),
        ("ben", "time/weeks/"),
        ("ben", "time/expenses/"),
        ("ben", "time/expenses/new/"),
        ("priya", "time/approvals/"),
        ("priya", "time/approvals/?kind=expense&by=project"),
        ("priya", "time/compliance/"),
        ("fay", "time/compliance/"),
    ],
)
def test_opens_and_also_as_a_part(site: Scene, name: str, path: str) -> None:
    with site.firm.scope():
        site.submitted()
    assert get(site, path, name).status_code == 200
    part = get(site, path, name, **{"HX-Request": "true"})
    assert part.status_code == 200
    assert b"<html" not in part.content


def test_week_shows_rows_totals_and_capacity(site: Scene) -> None:
    with site.firm.scope():
        site.enter(site.draft(minutes=450))
    page = get(site, WEEK).content.decode()
    assert "6 to 12 July" in page
    assert 'value="7:30"' in page
    assert "of 40:00 capacity" in page


def test_autosave_answers_cell_by_cell(site: Scene) -> None:
    answer = save(
        site,
        cell(site, "7.33"),
        cell(site, "25h", ref="b", on="2026-07-07"),
        cell(site, "1", ref="c", on="2026-07-08", project=10**9),
    ).json()["cells"]
    assert [(one["ref"], one["status"], one["text"]) for one in answer] == [
        ("a", "saved", "7:20"), ("b", "failed", ""), ("c", "failed", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        "", "[]", "null", '{"cells": 3}', '{"cells": [1]}', '{"cells": [{}]}',
        '{"cells": [{"project": "NaN", "on": "2026-07-06"}]}',
        '{"cells": [{"project": "1", "on": "never"}]}',
        '{"cells": [{"project": "1", "on": "2026-07-06", "key": "x"}]}',
        '{"cells": [{"project": "-1", "on": "2026-07-06"}]}',
        "[" * 100_000,
    ],
)  # fmt: skip
def test_autosave_refuses_what_it_cannot_read(site: Scene, body: str) -> None:
    answer = site.firm.client("ben").post(
        site.firm.url("time/cells/"), body, content_type="application/json"
    )
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_grid_works_as_a_plain_form(site: Scene) -> None:
    key = f"{site.work.project.pk}:{site.work.build.pk}::"
    data = {f"cell|{key}|2026-07-06": "8", f"cell|{key}|2026-07-07": ""}
    assert post(site, WEEK + "save/", data).status_code == 302
    with site.firm.scope():
        entry = TimeEntry.objects.get()
    assert entry.minutes == 480
    data = {f"cell|{key}|2026-07-06": "25h", f"was|{key}|2026-07-06": f"{entry.pk}.1"}
    refused = post(site, WEEK + "save/", data)
    assert refused.status_code == 422
    assert "24 hours" in refused.content.decode()


def test_week_is_submitted_taken_back_and_copied(site: Scene) -> None:
    with site.firm.scope():
        site.enter(site.draft())
    assert post(site, WEEK + "submit/").status_code == 302
    assert post(site, WEEK + "take-back/").status_code == 302
    assert post(site, "time/week/2026-07-13/copy/", {"hours": "1"}).status_code == 302
    with site.firm.scope():
        assert TimeEntry.objects.filter(work_on=date(2026, 7, 13), state="draft").exists()
    again = post(site, "time/week/2026-08-13/copy/", {"hours": "1"})
    assert again.status_code == 422
    assert "no entries" in again.content.decode()


def test_no_such_day_is_not_found(site: Scene) -> None:
    assert get(site, "time/week/2026-02-30/").status_code == 404
    assert get(site, "time/week/9999-12-31/").status_code == 404


def test_entry_page_changes_a_draft_and_is_the_persons_own(site: Scene) -> None:
    with site.firm.scope():
        (entry_id,) = site.enter(site.draft())
    path = f"time/entries/{entry_id}/"
    assert get(site, path).status_code == 200
    assert get(site, path, "priya").status_code == 200
    assert get(site, path, "bea").status_code == 404
    sent = {"hours": "6:30", "description": "Interfaces", "internal_note": "", "lock_version": 1}
    assert post(site, path, sent).status_code == 302
    assert post(site, path, sent | {"hours": "7"}).status_code == 422
    with site.firm.scope():
        assert TimeEntry.objects.get().minutes == 390


def test_inbox_approves_bills_less_and_returns(site: Scene) -> None:
    with site.firm.scope():
        first, second, third = site.submitted(
            site.draft(),
            site.draft(work_on=date(2026, 7, 7)),
            site.draft(work_on=date(2026, 7, 8), description=""),
        )
    page = get(site, "time/approvals/", "priya").content.decode()
    assert "Chargeable time needs an external comment" in page
    assert "Approve all clean" in page
    unexplained = {"entries": f"time:{first}", "billable": "6", "billable_reason": ""}
    refused = post(site, "time/approvals/approve/", unexplained, "priya")
    assert refused.status_code == 422
    sent = unexplained | {"billable_reason": "Rework"}
    assert post(site, "time/approvals/approve/", sent, "priya").status_code == 302
    back = {"entries": f"time:{third}", "reason": "What was done?"}
    assert post(site, "time/approvals/return/", back, "priya").status_code == 302
    clean = {"entries": f"time:{second}"}
    assert post(site, "time/approvals/approve-clean/", clean, "priya").status_code == 302
    with site.firm.scope():
        assert [e.state for e in TimeEntry.objects.order_by("id")] == [
            "approved", "approved", "returned",
        ]  # fmt: skip
        assert TimeEntry.objects.get(pk=first).billable_minutes == 360


def test_recall_is_asked_for_and_granted(site: Scene) -> None:
    with site.firm.scope():
        (entry_id,) = site.submitted()
    post(site, "time/approvals/approve/", {"entries": f"time:{entry_id}"}, "priya")
    where = f"time/entries/time/{entry_id}/recall/"
    assert post(site, where, {"reason": "Wrong day"}).status_code == 302
    assert "Wrong day" in get(site, "time/approvals/", "priya").content.decode()
    assert post(site, where + "grant/", {"reason": "Right"}, "bea").status_code == 404
    assert post(site, where + "grant/", {"reason": "Right"}, "priya").status_code == 302
    with site.firm.scope():
        assert TimeEntry.objects.get().state == "draft"
    assert get(site, f"time/entries/milk/{entry_id}/recall/").status_code == 404


@pytest.mark.parametrize("path", ["time/approvals/", "time/compliance/"])
def test_approvers_pages_do_not_exist_for_others(site: Scene, path: str) -> None:
    assert get(site, path, "ben").status_code == 404


def test_nobody_reads_a_rate_on_any_page(site: Scene) -> None:
    """Ben's day costs 500 and sells for 1,176.47 EUR; the approver sees hours."""
    with site.firm.scope():
        (entry_id,) = site.submitted()
    post(site, "time/approvals/approve/", {"entries": f"time:{entry_id}"}, "priya")
    for name, path in (
        ("ben", WEEK),
        ("ben", f"time/entries/{entry_id}/"),
        ("priya", "time/approvals/"),
        ("mei", "time/approvals/"),
        ("priya", f"time/entries/{entry_id}/"),
    ):
        page = get(site, path, name).content.decode()
        assert not any(figure in page for figure in ("500.00", "1,176", "1176", "1,000", "147.06"))


def test_expense_is_entered_with_a_receipt_and_handed_in(site: Scene) -> None:
    picture = BytesIO()
    Image.new("RGB", (30, 30), "white").save(picture, "PNG")
    picture.seek(0)
    picture.name = "ticket.png"
    assert post(site, "time/expenses/new/", {"title": "Munich"}).status_code == 302
    with site.firm.scope():
        report = ExpenseReport.objects.get()
    sent = {
        "category": site.firm.categories["travel"].pk, "spent_on": "2026-07-08",
        "amount": "119.00", "tax_amount": "19.00", "currency": "EUR", "payment_method": "own",
        "work": f"{site.work.project.pk}:{site.work.build.pk}", "merchant": "DB",
        "description": "Train",
    }  # fmt: skip
    added = post(site, f"time/expenses/{report.pk}/add/", sent | {"receipts": picture})
    assert added.status_code == 302, added.content.decode()
    for amount in ("NaN", "-1", "1e400", "0"):
        bad = post(site, f"time/expenses/{report.pk}/add/", sent | {"amount": amount})
        assert bad.status_code == 422
    page = get(site, f"time/expenses/{report.pk}/").content.decode()
    assert "ticket.png" in page
    with site.firm.scope():
        entry = ExpenseEntry.objects.get()
    changed = sent | {"amount": "120.00", "lock_version": entry.lock_version}
    assert get(site, f"time/expenses/entries/{entry.pk}/").status_code == 200
    assert post(site, f"time/expenses/entries/{entry.pk}/", changed).status_code == 302
    assert post(site, f"time/expenses/entries/{entry.pk}/", changed).status_code in (409, 422)
    assert post(site, f"time/expenses/{report.pk}/submit/").status_code == 302
    inbox = get(site, "time/approvals/?kind=expense", "priya").content.decode()
    assert "ticket.png" in inbox
    assert get(site, f"time/expenses/{report.pk}/", "bea").status_code == 404
    done = post(site, "time/approvals/approve/", {"entries": f"expense:{entry.pk}"}, "priya")
    assert done.status_code == 302


def test_other_firms_find_nothing(site: Scene) -> None:
    with site.firm.scope():
        (entry_id,) = site.submitted()
    globex = make_firm("globex", cast={"otto": "project_manager"})
    otto = globex.client("otto")
    assert otto.get(globex.url(f"time/entries/{entry_id}/")).status_code == 404
    assert otto.get(site.firm.url("time/approvals/")).status_code == 404
    sent = {"entries": f"time:{entry_id}"}
    refused = otto.post(globex.url("time/approvals/approve/"), sent)
    assert "not yours to approve" in refused.content.decode()
    for path in (
        f"time/entries/time/{entry_id}/recall/grant/",
        f"time/compliance/{site.firm.resources['ben'].pk}/2026-07-06/unlock/",
    ):
        assert otto.post(globex.url(path), {"reason": "Mine"}).status_code == 404


@pytest.mark.parametrize(
    "entries", ["", "time:x", "milk:1", "time:-1", "time:1e400", "time:\0", "time:" + "9" * 40]
)
def test_inbox_refuses_entries_that_are_none(site: Scene, entries: str) -> None:
    refused = post(site, "time/approvals/approve/", {"entries": entries}, "priya")
    assert refused.status_code == 422


def test_asks_as_many_queries_for_a_full_page_as_for_an_empty_one(site: Scene) -> None:
    for name, path in (("ben", WEEK), ("priya", "time/approvals/"), ("priya", "time/compliance/")):
        client = site.firm.client(name)
        with site.firm.scope():
            site.submitted(site.draft(minutes=10, description=f"{path} first"))
        client.get(site.firm.url(path))
        with CaptureQueriesContext(connection) as few:
            client.get(site.firm.url(path))
        with site.firm.scope():
            site.submitted(
                *[
                    site.draft(
                        minutes=10,
                        work_on=date(2026, 7, 6 + n % 5),
                        description=f"{path} {n}",
                        activity=f"a{n % 7}",
                    )
                    for n in range(30)
                ]
            )
        with CaptureQueriesContext(connection) as many:
            client.get(site.firm.url(path))
        assert len(many) <= len(few) + 1


def test_suggests_last_weeks_pattern_and_enters_it(site: Scene) -> None:
    with site.firm.scope():
        site.enter(site.draft(work_on=date(2026, 6, 29), minutes=300))
    assert 'placeholder="5:00"' in get(site, WEEK + "?suggest=1").content.decode()
    assert post(site, WEEK + "suggest/").status_code == 302
    with site.firm.scope():
        assert TimeEntry.objects.get(work_on=MONDAY).minutes == 300


def test_marks_the_tab_that_is_open(site: Scene) -> None:
    page = get(site, "time/approvals/?kind=expense", "priya").content.decode()
    tabs = {kind: page.index(f'?kind={kind}"') for kind in ("time", "expense")}
    assert 'aria-current="page"' in page[tabs["expense"] : tabs["expense"] + 80]
    assert 'aria-current="page"' not in page[tabs["time"] : tabs["time"] + 80]


def test_late_week_is_locked_and_unlocked_with_a_reason(site: Scene) -> None:
    path = "time/week/2026-06-15/"
    assert "This week is locked" in get(site, path).content.decode()
    where = f"time/compliance/{site.firm.resources['ben'].pk}/2026-06-15/unlock/"
    # Where nothing is locked nothing is unlocked.
    listed = "time/compliance/?week="
    assert "/unlock/" not in get(site, f"{listed}2026-07-06", "priya").content.decode()
    assert where in get(site, f"{listed}2026-06-15", "priya").content.decode()
    assert get(site, where, "priya").status_code == 200
    assert post(site, where, {"reason": ""}, "priya").status_code == 422
    done = post(site, where, {"reason": "Was ill"}, "priya")
    assert done.status_code == 302
    assert done["Location"].endswith("time/compliance/?week=2026-06-15")
    assert "This week is locked" not in get(site, path).content.decode()
    assert where not in get(site, f"{listed}2026-06-15", "priya").content.decode()
