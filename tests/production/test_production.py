"""Production, as a whole and on servers of its own: PostgreSQL 15, PgBouncer, Redis, gunicorn.

Run by `make proof`, which installs what it needs (.ci/servers); skipped, loudly, where it may not.
"""

import json
import re
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.production import servers as machine
from tests.production.installation import Answer, Installation, Visitor, links_of
from tests.production.servers import POOL_SIZE, wait_until

pytestmark = [
    pytest.mark.proof,
    pytest.mark.alone,
    pytest.mark.xdist_group("production"),
    pytest.mark.skipif(
        bool(machine.missing()),
        reason=f"PRODUCTION IS NOT PROVEN: no {', '.join(machine.missing())}; run .ci/servers",
    ),
]
ROOMS = ("sales", "projects", "people", "time", "billing", "revenue", "ledger", "pricing", "jobs")
VISITORS, ROUNDS = 20, 6


@dataclass(frozen=True)
class Firms:
    """The pair of firms: e-mail by (short name, role), one password, and the marker."""

    logins: dict[tuple[str, str], str]
    password: str
    marker: str

    @property
    def plain(self) -> str:
        return next(slug for slug, _ in self.logins if slug.startswith("plain"))

    @property
    def marked(self) -> str:
        return next(slug for slug, _ in self.logins if slug.startswith("marked"))


@dataclass(frozen=True)
class Site:
    installation: Installation
    firms: Firms

    def signed_in(self, slug: str, role: str) -> Visitor:
        visitor = self.installation.visitor()
        found = visitor.sign_in(self.firms.logins[slug, role], self.firms.password)
        assert found.status == 200, found.status
        assert "__Host-sessionid" in visitor.cookies, found.body[:2000]
        return visitor


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with machine.running_servers() as servers:
        data = servers.folder / "data"
        data.mkdir()
        installation = Installation(servers, data)
        installation.manage("migrate", "--verbosity=0", environment=installation.as_owner())
        installation.manage("collectstatic", "--noinput", "--verbosity=0")
        made = installation.manage("seed_pair", "--seed", "7", "--format", "tsv").stdout
        with installation.serving():
            yield Site(installation, _firms(made))


def _firms(printed: str) -> Firms:
    rows = [line.split("\t") for line in printed.splitlines() if line]
    *logins, (_, _, marker) = rows
    return Firms({(slug, role): email for slug, email, _, role in logins}, logins[0][2], marker)


def test_the_deployment_check_finds_nothing(site: Site) -> None:
    done = site.installation.manage("check", "--deploy", "--fail-level", "WARNING")
    assert "no issues" in done.stdout + done.stderr


def test_runs_on_the_oldest_postgresql_that_is_promised(site: Site) -> None:
    with psycopg.connect(site.installation.servers.address("postgres")) as admin:
        version = admin.info.server_version // 10_000
    oldest = min(int(path.name) for path in Path("/usr/lib/postgresql").iterdir())
    assert version == oldest >= 15


def test_the_application_owns_nothing_and_creates_nothing(site: Site) -> None:
    servers = site.installation.servers
    with psycopg.connect(servers.address("psa_app", pooled=True)) as app:
        owners = app.execute(
            "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        ).fetchall()
        assert owners == [("psa_owner",)]
        assert app.execute("SELECT count(*) FROM sales_account").fetchone() == (0,)
        for attempt in (
            "CREATE TABLE mine (id int)",
            "ALTER TABLE sales_account DISABLE ROW LEVEL SECURITY",
            "SET ROLE psa_owner",
            "TRUNCATE ledger_actual",
            "UPDATE ledger_actual SET amount = 0",
            "DELETE FROM audit_auditentry",
        ):
            app.rollback()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(attempt)


def test_every_room_answers_whoever_may_do_everything_there(site: Site) -> None:
    seen = set()
    for role in ("administrator", "finance_manager", "project_manager", "account_manager"):
        visitor = site.signed_in(site.firms.marked, role)
        home = visitor.get(f"/{site.firms.marked}/")
        assert home.status == 200
        for path in links_of(home.body, site.firms.marked):
            answer = visitor.get(path)
            assert answer.status == 200, (role, path, answer.status)
            seen.add(path.split("/")[2])
    assert set(ROOMS) - {"pricing", "jobs"} <= seen, seen


def test_sends_what_a_browser_needs_to_be_safe(site: Site) -> None:
    visitor = site.signed_in(site.firms.plain, "administrator")
    answer = visitor.get(f"/{site.firms.plain}/")
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    plain = visitor.get("/accounts/login/", follow=False, **{"X-Forwarded-Proto": "http"})
    assert (plain.status, plain.headers["location"]) == (301, "https://psa.example/accounts/login/")
    assert visitor.get("/accounts/login/", Host="attacker.example").status == 400
    assert visitor.get("/readyz", Host="10.0.0.7", **{"X-Forwarded-Proto": "http"}).status == 200


def test_serves_its_files_by_hash_for_ever(site: Site) -> None:
    page = site.installation.visitor().get("/accounts/login/")
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.body)
    assert files
    for path in files:
        assert re.search(r"\.[0-9a-f]{12}\.", path), path
        answer = site.installation.visitor().get(path, **{"Accept-Encoding": "gzip"})
        assert answer.status == 200, path
        assert "immutable" in answer.headers["cache-control"], path


def test_a_job_started_in_a_page_runs_to_its_end(site: Site) -> None:
    slug = site.firms.plain
    visitor = site.signed_in(slug, "billing_manager")
    visitor.get(f"/{slug}/billing/runs/new/")
    started = visitor.post(f"/{slug}/billing/runs/new/", follow=False, cutoff_on=_today(site))
    assert started.status == 302, started.body[:3000]
    run = re.sub(r"\D", "", started.headers["location"].removeprefix(f"/{slug}/"))
    wait_until(lambda: _state(visitor, slug, run) == "Done", "the billing run is done")


def test_twenty_at_once_share_few_connections_and_see_their_own_firm_alone(site: Site) -> None:
    firms = site.firms
    roles = ("finance_manager", "project_manager", "administrator", "billing_manager")
    visitors = [
        (slug, site.signed_in(slug, roles[number % len(roles)]))
        for number in range(VISITORS // 2)
        for slug in (firms.plain, firms.marked)
    ]

    def visit(whom: tuple[str, Visitor]) -> list[str]:
        slug, visitor = whom
        other = firms.marked if slug == firms.plain else firms.plain
        wrong = []
        home = visitor.get(f"/{slug}/")
        links = links_of(home.body, slug)
        for number in range(ROUNDS):
            path = links[(number * 7 + len(visitor.cookies["__Host-sessionid"])) % len(links)]
            page = visitor.get(path)
            if page.status != 200:
                wrong.append(f"{path}: {page.status}")
            if slug == firms.plain and firms.marker in page.body:
                wrong.append(f"{path} of {slug} shows the other firm")
            if slug == firms.marked and firms.marker not in page.body:
                wrong.append(f"{path} of {slug} lost its own firm")
            if visitor.get(f"/{other}/").status != 404:
                wrong.append(f"{other} opens to a person of {slug}")
        return wrong

    with ThreadPoolExecutor(VISITORS) as crowd:
        wrong = [line for lines in crowd.map(visit, visitors) for line in lines]
    assert wrong == []
    assert _server_connections(site) <= POOL_SIZE
    _no_setting_is_left_behind(site)


def test_without_redis_pages_work_and_jobs_wait_until_it_is_back(site: Site) -> None:
    slug, servers = site.firms.marked, site.installation.servers
    visitor = site.signed_in(slug, "billing_manager")
    visitor.get(f"/{slug}/billing/runs/new/")
    servers.stop_redis()
    try:
        began = time.monotonic()
        started = visitor.post(f"/{slug}/billing/runs/new/", follow=False, cutoff_on=_today(site))
        assert started.status == 302
        assert time.monotonic() - began < 5
        run = re.sub(r"\D", "", started.headers["location"].removeprefix(f"/{slug}/"))
        assert _state(visitor, slug, run) == "Waiting"
        for path in links_of(visitor.get(f"/{slug}/").body, slug)[:6]:
            assert visitor.get(path).status == 200
    finally:
        servers.start_redis()
    wait_until(lambda: _state(visitor, slug, run) == "Done", "the run that waited is done", 120)


def test_a_backup_comes_back_equal(site: Site) -> None:
    installation, servers = site.installation, site.installation.servers
    folder = servers.folder / "backup"
    made = installation.manage("backup", str(folder), environment=installation.as_administrator())
    assert f"{site.firms.plain} " in made.stdout
    with psycopg.connect(servers.address("postgres"), autocommit=True) as admin:
        admin.execute("CREATE DATABASE restored OWNER psa_owner")
    environment = installation.as_administrator("restored") | {
        "PSA_DATA": str(servers.folder / "restored")
    }
    back = installation.manage("restore", str(folder), environment=environment)
    assert "equal to the backup" in back.stdout
    shutil.rmtree(folder)


def test_counts_requests_and_jobs_of_all_processes_for_who_has_the_token(site: Site) -> None:
    installation = site.installation
    visitor = installation.visitor()
    assert visitor.get("/metrics").status == 404
    assert visitor.get("/metrics", Authorization="Bearer guess").status == 404
    answer = visitor.get("/metrics", Authorization=f"Bearer {installation.metrics_token}")
    assert answer.status == 200
    assert 'psa_request_seconds_count{method="POST",route="billing:run_create"' in answer.body
    assert 'psa_job_seconds_count{kind="billing.billing_run",outcome="done"}' in answer.body
    assert "psa_jobs_waiting 0.0" in answer.body
    assert "psa_database_up 1.0" in answer.body
    for word in (site.firms.plain, site.firms.marked, "@", site.firms.marker):
        assert word not in answer.body


def test_logs_one_json_line_an_event_with_its_tenant_and_no_secret(site: Site) -> None:
    installation = site.installation
    secrets = [
        installation.secret_key,
        installation.metrics_token,
        site.firms.password,
        *installation.servers.passwords.values(),
    ]
    for name in ("web", "worker", "beat"):
        log = installation.log(name)
        assert not [word for word in secrets if word in log], name
        # Celery speaks for itself before its log is set up, and when it is run as root.
        lines = [line for line in log.splitlines() if name == "web" or line.startswith("{")]
        events = [json.loads(line) for line in lines]
        assert all({"event", "level", "logger", "timestamp"} <= event.keys() for event in events)
        assert not [event for event in events if event["level"] == "critical"], name
        if name == "web":
            assert not [event for event in events if "exception" in event]
            pages = [event for event in events if event.get("route") == "billing:run_create"]
            assert {event["tenant"] for event in pages} == {1, 2}
            assert all(event["user"] and event["member"] and event["request"] for event in pages)


def _today(site: Site) -> str:
    with psycopg.connect(site.installation.servers.address("postgres")) as admin:
        row = admin.execute("SELECT current_date::text").fetchone()
    return str(row[0]) if row else ""


def _state(visitor: Visitor, slug: str, run: str) -> str:
    answer: Answer = visitor.get(f"/{slug}/jobs/{run}/")
    assert answer.status == 200
    return next(
        word
        for word in ("Done", "Failed", "Cancelled", "Running", "Waiting")
        if word in answer.body
    )


def _server_connections(site: Site) -> int:
    with psycopg.connect(site.installation.servers.address("postgres")) as admin:
        row = admin.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'psa_app'")
        return int((row.fetchone() or (0,))[0])


def _no_setting_is_left_behind(site: Site) -> None:
    """Whoever gets a pooled connection next finds no firm and no person set, so no row either."""
    address = site.installation.servers.address("psa_app", pooled=True)
    for _ in range(POOL_SIZE * 5):
        with psycopg.connect(address) as app:
            row = app.execute(
                "SELECT coalesce(current_setting('psa.tenant_id', true), ''), "
                "coalesce(current_setting('psa.user_id', true), ''), "
                "(SELECT count(*) FROM sales_account)"
            ).fetchone()
        assert row == ("", "", 0)
