"""The embedded Redis: start, stop and whether it answers."""

import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from psa.embedded.account import ServerAccount
from psa.embedded.errors import EmbeddedError

DATABASES = 256
_START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class RedisServer:
    """One Redis data folder and the program and account that serve it on loopback."""

    program: str
    account: ServerAccount
    folder: Path
    log: Path
    durable: bool

    def is_running(self, *, port: int, password: str) -> bool:
        """Whether this very server (its password is ours alone) answers on `port`."""
        return _ask(port, password, "PING").startswith(("+PONG", "-LOADING"))

    def start(self, *, port: int, password: str) -> None:
        """Serve on loopback `port`; returns when it answers and has read its data."""
        self.account.make_private_folder(self.folder)
        self.account.make_private_folder(self.log.parent)
        configuration = self.folder / "redis.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(self._configuration(port, password))
        self.account.take(configuration)
        done = self.account.run(
            [self.program, str(configuration)],
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            timeout_seconds=_START_SECONDS,
        )
        if done.returncode != 0:
            raise EmbeddedError(f"redis-server did not start:\n{done.stdout}")
        deadline = time.monotonic() + _START_SECONDS
        while _ask(port, password, "PING") != "+PONG":
            if time.monotonic() > deadline:
                raise EmbeddedError(f"redis-server does not answer; its log is {self.log}.")
            time.sleep(0.02)

    def stop(self, *, port: int, password: str) -> None:
        """End the server after it has written its data. Stopped already: no matter."""
        if not self.is_running(port=port, password=password):
            return
        refusal = _ask(port, password, "SHUTDOWN", "NOSAVE")  # the append-only file has it all
        deadline = time.monotonic() + _START_SECONDS
        while self.is_running(port=port, password=password):
            if refusal or time.monotonic() > deadline:
                raise EmbeddedError(f"redis-server did not stop: {refusal}; see {self.log}.")
            time.sleep(0.02)

    def _configuration(self, port: int, password: str) -> str:
        lines = [
            "bind 127.0.0.1",
            f"port {port}",
            f"requirepass {password}",
            "daemonize yes",
            f'dir "{self.folder}"',
            f'logfile "{self.log}"',
            "loglevel warning",
            f"databases {DATABASES}",
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            'save ""',
        ]
        return "\n".join(lines) + "\n"


def _ask(port: int, password: str, *words: str) -> str:
    """The first line of the answer to one command, "" if nobody answers.

    Not the client library: that one retries for seconds where here "not there" is an answer.
    """
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(_encoded("AUTH", password) + _encoded(*words))
            with connection.makefile("r", encoding="utf-8", newline="\r\n") as answers:
                signed_in = answers.readline().strip()
                return answers.readline().strip() if signed_in == "+OK" else signed_in
    except OSError:
        return ""


def _encoded(*words: str) -> bytes:
    parts = [f"*{len(words)}", *(part for word in words for part in (f"${len(word)}", word))]
    return "".join(f"{part}\r\n" for part in parts).encode("ascii")
