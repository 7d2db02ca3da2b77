"""``python -m bench pages``: pages of a firm of a thousand people with two years of work.

The firm is made once, through the services, and kept under PSA_DATA; making it takes a while.
Measured: time and statements per page, weight on the wire, requests a second of eight at once over
two web workers, and what a worker holds afterwards.
"""

import gzip
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench.rows import Row, at_most

ROOT = Path(__file__).resolve().parent.parent

PEOPLE = int(os.environ.get("PSA_BENCH_PEOPLE") or 1000)
FIRST_ON, LAST_ON = date(2024, 8, 1), date(2026, 7, 31)
# From this Monday on, time is submitted and waits for approval.
WAITING_FROM = date(2026, 7, 27)
VISITS, CLIENTS, SECONDS = 40, 8, 10
# A page that is slow is visited less often.
FEWEST, PATIENCE_MS = 10, 10_000
_PORT = 8991
# What opens and closes a transaction reads nothing.
_TRANSACTION_WORDS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the specification's list: who opens it, and where."""

    name: str
    who: str
    path: str


@dataclass(frozen=True, slots=True)
class Site:
    """The firm whose pages are opened."""

    slug: str
    project: int


def measure() -> list[Row]:
    site = _made()
    _night(site)
    pages = [
        Page("timesheet week", "worker", "time/"),
        Page("approvals", "manager", "time/approvals/"),
        Page("project", "manager", f"projects/{site.project}/"),
        Page("people", "manager", "people/"),
        Page("invoice list", "finance", "billing/invoices/"),
        Page("work in progress", "finance", "revenue/wip/"),
    ]
    pages = [replace(page, path=f"/{site.slug}/{page.path}") for page in pages]
    cookies = {who: _signed_in(site.slug, who) for who in ("worker", "manager", "finance")}
    token = _token(site.slug, "finance")
    rows = [_statements(page, cookies[page.who]) for page in pages]
    with _serving() as master:
        for page in pages:
            rows += _times(page, cookies[page.who])
        rows.append(_throughput(pages[4].name, pages[4].path, _by_cookie(cookies["finance"])))
        rows.append(_throughput("API: invoices", "/api/v1/invoices", {"Authorization": token}))
        rows.append(_memory(master))
    return rows


def _made() -> Site:
    """The firm, made on the first run and kept; a run that was broken off leaves a torso behind."""
    kept = Path(os.environ["PSA_DATA"]) / f"pages-{PEOPLE}.json"
    if kept.exists():
        return Site(**json.loads(kept.read_text()))
    from bench import firm, ours, work

    started = time.monotonic()
    slug = f"pages-{PEOPLE}-{int(time.time())}"
    made = firm.make(slug, projects=max(5, PEOPLE // 5), employees=PEOPLE, years=(2024, 2025, 2026))
    _people(made)
    weeks = (LAST_ON - FIRST_ON).days // 7 + 1
    for number in range(weeks):
        monday = FIRST_ON + timedelta(days=7 * number - FIRST_ON.weekday())
        entered = ours.enter(made, _week(made, monday))
        ours.submit(made, entered)
        if monday < WAITING_FROM:
            ours.approve(made, entered)
        if number == 2:
            work.settle()
    # Half of the customers are invoiced; the others' drafts wait for review.
    drafts = ours.draft_invoices(made)
    ours.confirm(made, drafts[::2])
    work.settle()
    print(f"{slug} made in {time.monotonic() - started:,.0f} s", flush=True)
    site = Site(slug, made.projects[0])
    kept.write_text(json.dumps(asdict(site)))
    return site


def _night(site: Site) -> None:
    """What jobs of the night do for the pages of the day."""
    from datetime import datetime

    from psa.core.ledger.services import unbilled_days
    from psa.core.tenancy.models import Tenant
    from psa.core.tenancy.scope import tenant_scope

    tenant = Tenant.objects.get(slug=site.slug)
    with tenant_scope(tenant.pk):
        unbilled_days.count_batches(
            tenant_id=tenant.pk,
            batch_ids=unbilled_days.uncounted_batches(),
            at=datetime.fromisoformat(os.environ["PSA_NOW"] + "+00:00"),
        )


def _week(made: Any, monday: date) -> list[Any]:
    """Eight hours of everybody on each working day of the two years."""
    from timeexpense.services.time_entries import TimeDraft

    return [
        TimeDraft(
            resource_id=resource, project_id=made.projects[number % len(made.projects)],
            work_on=day, minutes=480, description="Interfaces built and tested",
        )
        for day in (monday + timedelta(days=n) for n in range(5))
        if FIRST_ON <= day <= LAST_ON
        for number, resource in enumerate(made.resources)
    ]  # fmt: skip


def _people(made: Any) -> None:
    """Who opens the pages: a member of staff, who manages (made already), and finance."""
    from psa.core.access import services as access
    from psa.core.access.models import Membership
    from psa.core.org.models import Resource
    from psa.core.tenancy.scope import tenant_scope

    with tenant_scope(made.tenant.pk):
        Membership.objects.filter(email=f"pm@{made.tenant.slug}.example").update(
            email=f"manager@{made.tenant.slug}.example"
        )
        for who, role in (("worker", "team_member"), ("finance", "finance_manager")):
            member = access.add_member(
                tenant=made.tenant, email=f"{who}@{made.tenant.slug}.example", name=who.capitalize(),
                role_codes=[role], password="bench-member-password",
            )  # fmt: skip
            if who == "worker":
                Resource.objects.filter(pk=made.resources[0]).update(membership=member)


def _signed_in(slug: str, who: str) -> str:
    from django.test import Client

    from psa.core.access.models import Membership
    from psa.core.tenancy.models import Tenant
    from psa.core.tenancy.scope import tenant_scope

    with tenant_scope(Tenant.objects.get(slug=slug).pk):
        user = Membership.objects.select_related("user").get(email=f"{who}@{slug}.example").user
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


def _token(slug: str, who: str) -> str:
    """What a program sends that reads as this member."""
    from datetime import UTC, datetime

    from psa.core.access import actors
    from psa.core.access.models import Membership
    from psa.core.tenancy.models import Tenant
    from psa.core.tenancy.scope import tenant_scope
    from psa.edges.api.services import tokens

    with tenant_scope(Tenant.objects.get(slug=slug).pk):
        member = Membership.objects.get(email=f"{who}@{slug}.example")
        made = tokens.create_personal_token(
            name="Benchmark", scopes=["read"], days=1, actor=actors.for_membership(member),
            at=datetime.now(tz=UTC),
        )  # fmt: skip
    return f"Bearer {made.text}"


def _statements(page: Page, cookie: str) -> Row:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "127.0.0.1"})
    client.cookies["sessionid"] = cookie
    client.get(page.path)
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(page.path)
    if answer.status_code != 200:
        raise SystemExit(f"{page.path}: {answer.status_code}")
    asked = [q for q in seen if not q["sql"].startswith(_TRANSACTION_WORDS)]
    return at_most(f"page: {page.name}, statements", "count", len(asked), 20)


def _times(page: Page, cookie: str) -> list[Row]:
    for _ in range(4):  # both workers have read their templates
        body = _get(page.path, _by_cookie(cookie))
    took = []
    for _ in range(VISITS):
        started = time.perf_counter()
        body = _get(page.path, _by_cookie(cookie))
        took.append((time.perf_counter() - started) * 1000)
        if len(took) >= FEWEST and sum(took) > PATIENCE_MS:
            break
    parts = statistics.quantiles(took, n=20)
    return [
        at_most(f"page: {page.name}, p50", "ms", statistics.median(took), 40),
        at_most(f"page: {page.name}, p95", "ms", parts[18], 150),
        at_most(f"page: {page.name}, gzipped", "kB", len(gzip.compress(body)) / 1000, 40),
    ]


def _throughput(name: str, path: str, headers: dict[str, str]) -> Row:
    until = time.monotonic() + SECONDS

    def visit(_: int) -> int:
        count = 0
        while time.monotonic() < until:
            _get(path, headers)
            count += 1
        return count

    with ThreadPoolExecutor(CLIENTS) as crowd:
        total = sum(crowd.map(visit, range(CLIENTS)))
    value = total / SECONDS
    name = f"{name}, {CLIENTS} clients over 2 workers"
    return Row(name, "per second", value, None, None, "≥ 200/s, 0 errors", value >= 200)


def _memory(master: int) -> Row:
    workers = subprocess.run(
        ["ps", "-o", "rss=", "--ppid", str(master)], capture_output=True, text=True, check=True
    ).stdout.split()
    return at_most("largest web worker afterwards", "MB", max(map(int, workers)) / 1000, 200)


def _by_cookie(cookie: str) -> dict[str, str]:
    return {"Cookie": f"sessionid={cookie}"}


def _get(path: str, headers: dict[str, str]) -> bytes:
    site = http.client.HTTPConnection("127.0.0.1", _PORT, timeout=60)
    try:
        site.request("GET", path, headers=headers)
        answer = site.getresponse()
        body = answer.read()
    finally:
        site.close()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status}")
    return body


@contextmanager
def _serving() -> Iterator[int]:
    """gunicorn with two workers, as `make run` starts it; the number of its master."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--config", "python:psa.gunicorn"),
            *("--bind", f"127.0.0.1:{_PORT}", "--workers", "2", "psa.wsgi:application"),
        ],
        cwd=ROOT,
        env=os.environ
        | {
            "PSA_LOG_LEVEL": "WARNING",
            "PSA_API_REQUESTS_OF_TOKEN": "1000000",
            "PSA_API_REQUESTS_OF_TENANT": "1000000",
        },
        stdin=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            try:
                site = http.client.HTTPConnection("127.0.0.1", _PORT, timeout=60)
                site.request("GET", "/readyz")
                if site.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(40)
