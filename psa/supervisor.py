"""`make run`: the whole application on this machine, until Ctrl-C.

Starts the embedded servers, migrates as the owner role, serves the pages, runs the worker and the
scheduler, and starts anew whatever of these three dies.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psycopg

from psa import embedded
from psa.embedded.session import running_servers

PROJECT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
DEMO_TENANT = "demo"

_LOOK_SECONDS = 0.5
_READY_SECONDS = 90
_STOP_SECONDS = 20
_LOGINS_EVERY_SECONDS = 10
_STEADY_SECONDS = 30  # who lived this long is started again at once
_LONGEST_PAUSE_SECONDS = 30
_SAMPLES_EVERY_SECONDS = 10
_HAS_MARKED_SAMPLES = (
    "SELECT EXISTS (SELECT FROM tenancy_tenant "
    "WHERE is_demo AND status = 'suspended' AND removal_due_at <= now())"
)
_HAS_DEMO_FIRM = "SELECT EXISTS (SELECT FROM tenancy_tenant WHERE slug = 'demo' AND is_demo)"


class Stop(Exception):
    """Somebody asked for the end."""


class CannotServe(Exception):
    """The server does not come up; the message is a sentence for the person who ran it."""


@dataclass(slots=True)
class Child:
    """One program under supervision, its output in a log file."""

    name: str
    command: list[str]
    log: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_seconds: float = 0.0
    start_again_at: float = field(default=0.0)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone; we end them in order
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        self.started_at = time.monotonic()

    def look_after(self) -> None:
        """Start it again if it died: at once, or after a growing pause if it keeps dying."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            lived = now - self.started_at
            longer = min(_LONGEST_PAUSE_SECONDS, self.pause_seconds * 2 + 1)
            self.pause_seconds = 0.0 if lived > _STEADY_SECONDS else longer
            self.start_again_at = now + self.pause_seconds
            say(f"The {self.name} ended ({self.process.returncode}); starting it again. {self.log}")
            self.process = None
        if self.process is None and now >= self.start_again_at:
            self.start()

    def ask_to_end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait_for_end(self, seconds: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass(slots=True)
class SampleRemover:
    """Removes sample firms that were marked on their page: it alone may be the tables' owner.

    The question is one cheap statement; the command is started only when there is something to do.
    """

    log: Path
    process: subprocess.Popen[bytes] | None = None
    ask_at: float = 0.0

    def look(self) -> None:
        """Begin a round when one is due, none runs, and a firm waits."""
        now = time.monotonic()
        if now < self.ask_at or (self.process is not None and self.process.poll() is None):
            return
        self.ask_at = now + _SAMPLES_EVERY_SECONDS
        if not _answer_of_owner(_HAS_MARKED_SAMPLES):
            return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "remove_sample_firms"],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )


def main() -> int:
    port = int(os.environ.get("PSA_PORT") or 8000)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    if not _is_free(port):
        print(
            f"Port {port} is in use by another program. Stop that one, or choose another port: "
            f"make run PSA_PORT={port + 1}",
            file=sys.stderr,
        )
        return 1
    try:
        say("Starting PostgreSQL and Redis")
        with running_servers() as servers:
            _serve(port, servers)
    except Stop:
        say("Stopped.")
    except (CannotServe, embedded.EmbeddedError) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"{' '.join(error.cmd[1:])} failed.", file=sys.stderr)
        return 1
    return 0


def _serve(port: int, servers: embedded.Services) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "psa.settings")
    say("Migrating the database")
    subprocess.run(
        [sys.executable, "-m", "psa.preparation"], cwd=PROJECT, check=True, start_new_session=True
    )
    logs = servers.data_dir / "log"
    logs.mkdir(exist_ok=True)
    server, *others = children = _children(port, servers.data_dir, logs)
    try:
        server.start()
        _wait_until_ready(server, port)
        say(f"Serving http://{HOST}:{port}  (logs in {logs}, Ctrl-C stops)")
        for child in others:  # pages first: all three at once would share the processors
            child.start()
        _look_after(children, servers)
    finally:
        _end(children)


def _children(port: int, data_dir: Path, logs: Path) -> list[Child]:
    environment = dict(os.environ) | {"PSA_PORT": str(port)}
    # Serving needs the application's few rights only.
    environment.pop("PSA_OWNER_DATABASE_URL", None)
    environment.pop("PSA_DB_ROLE", None)
    celery = [sys.executable, "-m", "celery", "-A", "psa.celery"]
    commands = {
        "server": [
            *(sys.executable, "-m", "gunicorn", "--config", "python:psa.gunicorn"),
            *("--bind", f"{HOST}:{port}", "--workers", "2", "--graceful-timeout", "10"),
            "psa.wsgi:application",
        ],
        "worker": [
            *(*celery, "worker", "--queues", "jobs,celery", "--concurrency", "2"),
            *("--without-gossip", "--without-mingle", "--loglevel", "INFO"),
        ],
        "scheduler": [
            *(*celery, "beat", "--schedule", str(data_dir / "beat-schedule")),
            *("--pidfile", "", "--loglevel", "WARNING"),
        ],
    }
    return [
        Child(
            name=name,
            command=command,
            log=logs / f"{name}.log",
            # Each program adds its figures to a folder of its own; /metrics shows their sum.
            environment=environment
            | {"PROMETHEUS_MULTIPROC_DIR": str(data_dir / "metrics" / name)},
        )
        for name, command in commands.items()
    ]


def _wait_until_ready(server: Child, port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not _answers(port):
        if server.process is None or server.process.poll() is not None:
            raise CannotServe(f"The server did not start; its log is {server.log}.")
        if time.monotonic() > deadline:
            raise CannotServe(f"The server does not answer; its log is {server.log}.")
        time.sleep(0.2)


def _look_after(children: list[Child], servers: embedded.Services) -> None:
    # Whoever removed the demo firm is not told its logins, nor given another one.
    wants_logins, told, ask_at = _answer_of_owner(_HAS_DEMO_FIRM), False, time.monotonic()
    remover = SampleRemover(servers.data_dir / "log" / "removal.log")
    while True:
        embedded.recover(servers)
        for child in children:
            child.look_after()
        remover.look()
        if wants_logins and time.monotonic() >= ask_at:
            wants_logins = not _print_logins()
            if wants_logins and not told:
                say("The demo data is being made; its logins follow here.")
                told = True
            ask_at = time.monotonic() + _LOGINS_EVERY_SECONDS
        time.sleep(_LOOK_SECONDS)


def _answer_of_owner(question: str) -> bool:
    """What the database says to its owner; no when it does not answer just now."""
    try:
        with psycopg.connect(os.environ["PSA_OWNER_DATABASE_URL"], connect_timeout=3) as owner:
            row = owner.execute(question).fetchone()  # type: ignore[call-overload]
    except psycopg.Error:
        return False
    return bool(row and row[0])


def _print_logins() -> bool:
    """Show who can sign in; False while the demo tenant is not there yet."""
    done = subprocess.run(
        [sys.executable, "manage.py", "demo_logins", "--tenant", DEMO_TENANT],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    if done.returncode != 0 or not done.stdout.strip():
        return False
    say(f"Demo logins:\n{done.stdout.rstrip()}")
    return True


def _end(children: list[Child]) -> None:
    """Ask all to end, then wait; a second Ctrl-C meanwhile changes nothing."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    say("Stopping")
    for child in children:
        child.ask_to_end()
    deadline = time.monotonic() + _STOP_SECONDS
    for child in children:
        child.wait_for_end(max(0.1, deadline - time.monotonic()))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True  # it serves; what it says is not ours to judge
    except OSError:
        return False


def _end_with_parent() -> None:
    """Linux: a child gets SIGTERM when this process is killed, so that it frees its port."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stop


def say(line: str) -> None:
    """One line per step, at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
