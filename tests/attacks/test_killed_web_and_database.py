"""Web processes and the database killed at random moments, while people save time and approve it.

On servers of its own with durable settings: the tests' own are shared, and trade safety for speed.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import psycopg
import pytest
from django.db import connections

from psa import embedded
from psa.core.org.models import TenantParameters
from psa.embedded.ports import free_port
from psa.embedded.state import State
from tests.database import current_database
from tests.settings import SERVERS
from tests.timeexpense.conftest import NOW, Scene, make_scene

# One of each kind, and many.
KILLS, PROOF_KILLS = 3, 25
FIRST_DAY, DAYS = date(2026, 1, 1), 189
BATCH = 2
SAVED_A_ROUND = 3
_PATIENCE_SECONDS = 90
_TOKEN = "c" * 32
# An hour of Bea's: cost 50 GBP, sold for 100 GBP at 0.85.
LEGS = Counter({("cost", Decimal(50), "GBP"): 1, ("unbilled_sales", Decimal("117.65"), "EUR"): 1})


@dataclass
class Cell:
    """One saving of time: sent with the same key until an answer says that it is kept."""

    on: date
    task_id: int
    minutes: int
    key: str = field(default_factory=lambda: str(uuid4()))
    is_answered: bool = False


@dataclass
class Batch:
    """Entries approved by one click, again and again until an answer comes."""

    entry_ids: list[int]
    is_answered: bool = False


@dataclass
class Rig:
    """Servers of its own, a firm in them, gunicorn, and who is signed in."""

    folder: Path
    running: embedded.Services
    scene: Scene
    cookies: dict[str, str]
    port: int = field(default_factory=lambda: free_port(preferred=0))
    web: subprocess.Popen[bytes] | None = None
    cells: list[Cell] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)

    def start_web(self) -> None:
        with (self.folder / "web.log").open("ab") as log:
            self.web = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "--config", "python:psa.gunicorn"),
                    *("--bind", f"127.0.0.1:{self.port}", "--workers", "2", "psa.wsgi:application"),
                ],
                env=os.environ
                | {"DJANGO_SETTINGS_MODULE": "psa.settings", "PSA_NOW": NOW.isoformat()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill_web(self) -> None:
        """All of gunicorn at once, as a machine that goes down."""
        if self.web is not None:
            os.killpg(self.web.pid, signal.SIGKILL)
            self.web.wait()

    def kill_one_worker(self, chance: random.Random) -> None:
        assert self.web is not None
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.web.pid)],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.split()
        if found:
            os.kill(int(chance.choice(found)), signal.SIGKILL)

    def kill_database(self) -> None:
        state = State.read(self.running.data_dir)
        assert state is not None
        pid_file = state.base / "postgres" / "postmaster.pid"
        os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGKILL)
        connections.close_all()
        time.sleep(0.2)
        embedded.recover(self.running)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._status("/readyz") != 200:
            assert time.monotonic() < deadline, (self.folder / "web.log").read_text()[-3000:]
            time.sleep(0.1)

    def _status(self, path: str) -> int:
        try:
            return self.send("bea", "GET", path).status
        except OSError:
            return 0

    def send(
        self, name: str, method: str, path: str, body: str = "", kind: str = ""
    ) -> http.client.HTTPResponse:
        """One request; raises OSError when the server dies under it."""
        site = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {
            "Cookie": f"sessionid={self.cookies[name]}; csrftoken={_TOKEN}",
            "X-CSRFToken": _TOKEN,
            "Content-Type": kind or "application/x-www-form-urlencoded",
        }
        try:
            site.request(method, path, body or None, headers)
            answer = site.getresponse()
            answer.text = answer.read().decode(errors="replace")  # type: ignore[attr-defined]
            return answer
        except http.client.HTTPException as error:
            raise ConnectionError from error
        finally:
            site.close()


@pytest.fixture
def rig(committed_database: str, tmp_path: Path) -> Iterator[Rig]:
    folder = tmp_path / "data"
    with ExitStack() as stack:
        stack.callback(embedded.remove, folder)
        running = stack.enter_context(embedded.services(folder))
        _copy_database(running, tmp_path / "template.dump")
        stack.enter_context(_django_uses(running))
        scene = make_scene()
        made = Rig(tmp_path, running, scene, _sign_in(scene))
        _prepare(made)
        made.start_web()
        stack.callback(made.kill_web)
        made.wait_until_ready()
        yield made


def test_killed_three_times_nothing_is_lost_or_doubled(rig: Rig) -> None:
    _kill(rig, rounds=KILLS, seed=1)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(2))
def test_killed_fifty_times_nothing_is_lost_or_doubled(rig: Rig, seed: int) -> None:
    """With the fifty killed workers of tests/core/jobs/test_workers.py that makes a hundred."""
    _kill(rig, rounds=PROOF_KILLS, seed=100 + seed)


def _kill(rig: Rig, *, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(rounds):
        with _people_at_work(rig, chance.random()):
            _wait_for_an_answer(rig)
            time.sleep(chance.random() * 0.4)
            if number % 3 == 0:
                rig.kill_one_worker(chance)
            elif number % 3 == 1:
                rig.kill_database()
            else:
                rig.kill_web()
                rig.start_web()
            time.sleep(chance.random() * 0.3)
        rig.wait_until_ready()
        _check(rig)
    with _people_at_work(rig, 0.5):
        _wait_for_an_answer(rig)
    _check(rig)


def _wait_for_an_answer(rig: Rig) -> None:
    """Until one more thing was saved and one more click approved: the kill meets people at work."""
    before = _answered(rig)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not all(now > then for now, then in zip(_answered(rig), before, strict=True)):
        assert time.monotonic() < deadline, (rig.folder / "web.log").read_text()[-3000:]
        time.sleep(0.02)


def _answered(rig: Rig) -> tuple[int, int]:
    return (
        sum(cell.is_answered for cell in rig.cells),
        sum(batch.is_answered for batch in rig.batches),
    )


@contextmanager
def _people_at_work(rig: Rig, seed: float) -> Iterator[None]:
    """Two who save and one who approves, until the block ends; a dying server stops nobody."""
    stop = threading.Event()
    threads = [threading.Thread(target=_save, args=(rig, stop, number)) for number in range(2)] + [
        threading.Thread(target=_approve, args=(rig, stop, random.Random(seed)))
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _save(rig: Rig, stop: threading.Event, number: int) -> None:
    """A few cells more; then those that are kept already, which changes nothing."""
    own = rig.cells[number::2]
    new = [cell for cell in own if not cell.is_answered][:SAVED_A_ROUND]
    chance = random.Random(number)
    while not stop.is_set():
        cell = new[0] if new else chance.choice(own[: sum(one.is_answered for one in own)])
        if _send_cell(rig, cell):
            cell.is_answered = True
            new = new[1:]
        else:
            time.sleep(0.05)


def _send_cell(rig: Rig, cell: Cell) -> bool:
    sent = {
        "ref": "a", "key": cell.key, "project": rig.scene.work.project.pk,
        "task": cell.task_id, "on": cell.on.isoformat(), "typed": f"{cell.minutes}m",
    }  # fmt: skip
    path, body = rig.scene.firm.url("time/cells/"), json.dumps({"cells": [sent]})
    try:
        answer = rig.send("ben", "POST", path, body, "application/json")
    except OSError:
        return False
    if answer.status != 200:
        assert answer.status >= 500, answer.status
        return False
    (outcome,) = json.loads(answer.text)["cells"]  # type: ignore[attr-defined]
    assert outcome["status"] != "failed", outcome
    return True


def _approve(rig: Rig, stop: threading.Event, chance: random.Random) -> None:
    """One click more; then those that were made already, which changes nothing."""
    path = rig.scene.firm.url("time/approvals/approve/")
    new = [batch for batch in rig.batches if not batch.is_answered][:1]
    while not stop.is_set():
        batch = new[0] if new else chance.choice([one for one in rig.batches if one.is_answered])
        body = urlencode({"entries": " ".join(f"time:{n}" for n in batch.entry_ids)})
        try:
            is_answered = rig.send("priya", "POST", path, body).status < 500
        except OSError:
            is_answered = False
        if is_answered:
            batch.is_answered = True
            new = []
        else:
            time.sleep(0.05)


def _check(rig: Rig) -> None:
    """Whole batches, each entry's two legs once, each saving once, and all that was answered."""
    connections.close_all()
    with psycopg.connect(rig.running.database_url) as app:
        app.execute("SELECT set_config('psa.tenant_id', %s, true)", [str(rig.scene.firm.tenant.pk)])
        states = dict(app.execute("SELECT id, state FROM timeexpense_timeentry").fetchall())
        legs: dict[int, Counter[tuple[str, Decimal, str]]] = {}
        for entry_id, kind, amount, currency in app.execute(
            "SELECT source_id, actual_type, amount, currency FROM ledger_actual "
            "WHERE source_kind = 'time_entry'"
        ):
            legs.setdefault(entry_id, Counter())[kind, amount, currency] += 1
        decided = Counter(
            row[0] for row in app.execute("SELECT entry_id FROM timeexpense_approvaldecision")
        )
        saved = Counter(
            app.execute(
                "SELECT work_on, task_id, minutes FROM timeexpense_timeentry WHERE resource_id = %s",
                [rig.scene.firm.resources["ben"].pk],
            ).fetchall()
        )
    for batch in rig.batches:
        found = {states[entry_id] for entry_id in batch.entry_ids}
        assert found in ({"approved"}, {"submitted"}), found
        if batch.is_answered:
            assert found == {"approved"}
    approved = {entry_id for entry_id, state in states.items() if state == "approved"}
    assert legs.keys() == approved == decided.keys()
    assert all(found == LEGS for found in legs.values())
    assert set(decided.values()) <= {1}
    wanted = {(cell.on, cell.task_id, cell.minutes): cell for cell in rig.cells}
    assert set(saved.values()) <= {1} and saved.keys() <= wanted.keys()
    lost = [key for key, cell in wanted.items() if cell.is_answered and key not in saved]
    assert lost == []


def _copy_database(running: embedded.Services, dump: Path) -> None:
    """The migrated, empty database of the tests, into servers of one's own."""
    programs = SERVERS.postgres_bin
    for program, url, words in (
        ("pg_dump", SERVERS.admin_database_url, ["--format=custom", f"--file={dump}"]),
        ("pg_restore", running.admin_database_url, ["--exit-on-error", "--dbname=psa", str(dump)]),
    ):
        parts = urlsplit(url)
        done = subprocess.run(
            [str(programs / program), "--no-password", *words],
            env=os.environ
            | {
                "PGHOST": parts.hostname or "",
                "PGPORT": str(parts.port),
                "PGUSER": parts.username or "",
                "PGPASSWORD": parts.password or "",
                "PGDATABASE": current_database(),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


@contextmanager
def _django_uses(running: embedded.Services) -> Iterator[None]:
    parts = urlsplit(running.database_url)
    there = {
        "NAME": parts.path.lstrip("/"),
        "PASSWORD": parts.password,
        "PORT": str(parts.port),
    }
    chosen = connections.databases["default"]
    before = {name: chosen[name] for name in there}
    variables = {name: os.environ[name] for name in ("DATABASE_URL", "PSA_OWNER_DATABASE_URL")}
    connections.close_all()
    chosen.update(there)
    os.environ["DATABASE_URL"] = running.database_url
    os.environ["PSA_OWNER_DATABASE_URL"] = running.owner_database_url
    try:
        yield
    finally:
        connections.close_all()
        chosen.update(before)
        os.environ.update(variables)


def _sign_in(scene: Scene) -> dict[str, str]:
    return {
        name: scene.firm.client(name).cookies["sessionid"].value for name in ("ben", "bea", "priya")
    }


def _prepare(rig: Rig) -> None:
    """Cells that Ben will save, and what Bea has submitted for Priya to approve."""
    scene = rig.scene
    tasks = [scene.work.build.pk, scene.work.support.pk]
    days = [FIRST_DAY + timedelta(days=number) for number in range(DAYS)]
    rig.cells = [
        Cell(day, task_id, 10 + number % 400)
        for number, day in enumerate(days)
        for task_id in tasks
    ]
    with scene.firm.scope():
        TenantParameters.objects.update(late_lock_business_days=250)
        drafts = [scene.draft("bea", 60, work_on=day) for day in days]
        ids = scene.submitted(*drafts, name="bea")
    rig.batches = [Batch(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH)]
