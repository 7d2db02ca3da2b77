"""The application as production runs it: settings, roles, gunicorn, worker and scheduler."""

import http.client
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from psa.embedded import PROJECT
from psa.embedded.ports import free_port
from tests.production.servers import Servers, wait_until

HOST = "psa.example"
_STOP_SECONDS = 40


@dataclass
class Installation:
    """Where the application answers, and the environment it was given: nothing but what it needs."""

    servers: Servers
    data: Path
    port: int = field(default_factory=lambda: free_port(preferred=0))
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(60))
    metrics_token: str = field(default_factory=lambda: secrets.token_urlsafe(30))

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "PATH": os.defpath,
            "LC_ALL": "C.UTF-8",
            "PSA_ENV": "production",
            "PSA_DATA": str(self.data),
            "PSA_SECRET_KEY": self.secret_key,
            "PSA_ALLOWED_HOSTS": HOST,
            "PSA_PUBLIC_URL": f"https://{HOST}",
            "PSA_TRUSTED_PROXY_COUNT": "1",
            "PSA_EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "DATABASE_URL": self.servers.address("psa_app", pooled=True),
            "REDIS_URL": self.servers.redis_url,
            **more,
        }

    def as_owner(self) -> dict[str, str]:
        return self.environment(PSA_OWNER_DATABASE_URL=self.servers.address("psa_owner"))

    def as_administrator(self, database: str = "psa") -> dict[str, str]:
        return self.environment(
            PSA_ADMIN_DATABASE_URL=self.servers.address("postgres", database=database),
            PSA_POSTGRES_BIN=str(self.servers.postgres_bin),
        )

    def manage(
        self, *words: str, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=PROJECT,
            env=environment or self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done

    def log(self, name: str) -> str:
        return (self.data / f"{name}.log").read_text()

    @contextmanager
    def program(self, name: str, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """A program of the installation, its output in a log; asked to end, then killed."""
        with (self.data / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=PROJECT,
                env=self.environment(
                    PROMETHEUS_MULTIPROC_DIR=str(self.data / "metrics" / name),
                    PSA_METRICS_TOKEN=self.metrics_token,
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Web, worker and scheduler with the commands of Dockerfile and docker-compose.yml."""
        with ExitStack() as stack:
            stack.enter_context(
                self.program(
                    "web",
                    *("gunicorn", "--config", "python:psa.gunicorn", "psa.wsgi:application"),
                    *("--bind", f"127.0.0.1:{self.port}", "--workers", "2"),
                )
            )
            stack.enter_context(self.program("worker", *_CELERY, "worker", *_WORKER))
            stack.enter_context(
                self.program(
                    "beat",
                    *(*_CELERY, "beat", "--schedule", str(self.data / "beat"), "--pidfile="),
                )
            )
            wait_until(self._answers, "the application answers")
            yield

    def visitor(self) -> "Visitor":
        return Visitor(self.port)

    def _answers(self) -> bool:
        try:
            return self.visitor().get("/readyz").status == 200
        except OSError:
            return False


_CELERY = ("celery", "--quiet", "-A", "psa.celery")
_WORKER = ("--queues", "jobs,celery", "--concurrency", "2", "--without-gossip", "--without-mingle")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str


class Visitor:
    """A browser behind the proxy that ends TLS: it keeps cookies, secure ones too."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def get(self, path: str, *, follow: bool = True, **headers: str) -> Answer:
        answer = self._send("GET", path, None, headers)
        if follow and answer.status in (301, 302, 303):
            return self.get(_path_of(answer.headers["location"]))
        return answer

    def post(self, path: str, *, follow: bool = True, **values: str) -> Answer:
        """Send a form as a browser does: its token in it, the page as its origin."""
        body = urlencode(
            {"csrfmiddlewaretoken": self.cookies.get("__Host-csrftoken", ""), **values}
        )
        answer = self._send("POST", path, body, {"Referer": f"https://{HOST}{path}"})
        if follow and answer.status in (301, 302, 303):
            return self.get(_path_of(answer.headers["location"]))
        return answer

    def sign_in(self, email: str, password: str) -> Answer:
        self.get("/accounts/login/")
        return self.post("/accounts/login/", login=email, password=password)

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "203.0.113.7",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **headers,
        }
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    self._keep(value)
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read().decode(errors="replace"))
        finally:
            connection.close()

    def _keep(self, cookie: str) -> None:
        first, *rest = cookie.split(";")
        attributes = {word.strip().lower() for word in rest}
        name, _, value = first.partition("=")
        if "max-age=0" in attributes:
            self.cookies.pop(name, None)
            return
        assert "secure" in attributes and name.startswith("__Host-"), first
        self.cookies[name] = value


def links_of(page: str, slug: str) -> list[str]:
    """The addresses inside the firm that a page links to, each once."""
    found = re.findall(rf'href="(/{re.escape(slug)}/[^"#]*)"', page)
    return list(dict.fromkeys(unescape(path) for path in found))


def _path_of(location: str) -> str:
    parts = urlsplit(location)
    return parts.path + (f"?{parts.query}" if parts.query else "")
