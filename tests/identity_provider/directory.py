"""What a test does with the provider: start it, people it, and walk a browser through it."""

import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

PASSWORD = "at-the-provider"
SECRET = "the-client-secret"
_OURS = "http://testserver"


class Directory:
    """The running provider."""

    def __init__(self, port: int, database: Path) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self._database = database

    def accept(self, *provider_ids: str) -> None:
        """Let it send people back to these providers' addresses."""
        addresses = [f"{_OURS}/accounts/oidc/{name}/login/callback/" for name in provider_ids]
        self._run("UPDATE allauth_idp_oidc_client SET redirect_uris = ?", ["\n".join(addresses)])

    def add(self, email: str, *, is_verified: bool = True) -> None:
        """Make it know somebody, as a new person even if the address was known before."""
        now = "2026-01-01 00:00:00"
        self._run("DELETE FROM account_emailaddress WHERE email = ?", [email])
        self._run("UPDATE auth_user SET email = '' WHERE email = ?", [email])
        self._run(
            "INSERT INTO auth_user (username, email, password, is_active, is_staff, is_superuser,"
            " first_name, last_name, date_joined) VALUES (?, ?, ?, 1, 0, 0, '', '', ?)",
            [f"{email} {time.monotonic_ns()}", email, _hashed(), now],
        )
        self._run(
            'INSERT INTO account_emailaddress (user_id, email, verified, "primary")'
            " SELECT max(id), ?, ?, 1 FROM auth_user",
            [email, is_verified],
        )

    def rename(self, email: str, new: str) -> None:
        """Give the same person another address."""
        self._run("UPDATE account_emailaddress SET email = ? WHERE email = ?", [new, email])

    def sign_in(self, client: Client, start: str, email: str, *, go_to: str = "") -> Any:
        """Follow `start` to the provider, sign in there, and come back; the last answer of ours.

        `go_to` is an address of the provider's to go to at once.
        """
        url = go_to
        if not url:
            answer = client.get(start)
            assert answer.status_code == 302, answer.content.decode()
            url = answer["Location"]
        with requests.Session() as browser:
            for _ in range(8):
                if url.startswith(_OURS):
                    return client.get(url.removeprefix(_OURS))
                url = self._step(browser, url, email)
        raise AssertionError("the provider did not send the browser back")

    def _step(self, browser: requests.Session, url: str, email: str) -> str:
        if url.startswith("/"):
            url = self.issuer + url
        page = browser.get(url, allow_redirects=False, timeout=10)
        if page.status_code == 302:
            return page.headers["Location"]
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None, page.text
        field = re.search(r'name="next" value="([^"]+)"', page.text)
        posted = browser.post(
            url,
            data={
                "csrfmiddlewaretoken": token[1],
                "login": email,
                "password": PASSWORD,
                "next": field[1].replace("&amp;", "&") if field else "",
            },
            allow_redirects=False,
            timeout=10,
        )
        assert posted.status_code == 302, posted.text
        return posted.headers["Location"]

    def _run(self, statement: str, values: list[Any]) -> None:
        with closing(sqlite3.connect(self._database, timeout=10)) as database, database:
            database.execute(statement, values)


@contextmanager
def running(folder: Path) -> Iterator[Directory]:
    """A provider of its own process, database and key."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    database = folder / "provider.sqlite3"
    surroundings = {"PROVIDER_DATABASE": str(database), "PROVIDER_KEY": pem}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.identity_provider", str(port)],
        cwd=Path(__file__).resolve().parents[2],
        env=os.environ | surroundings,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/.well-known/openid-configuration", process)
        yield Directory(port, database)
    finally:
        process.kill()
        process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the identity provider did not start"
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the identity provider does not answer")


def _hashed() -> str:
    return MD5PasswordHasher().encode(PASSWORD, "salt")
