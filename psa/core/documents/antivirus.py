"""Asking a virus scanner about an upload before anything of it is kept.

`PSA_ANTIVIRUS` names it: `unix:/run/clamav/clamd.ctl` or `tcp:host:3310` for clamd, or
`command:/usr/bin/clamscan --no-summary -` for a program that reads the file from its standard
input and ends with 0 (clean), 1 (infected) or another number (it could not tell). Empty: none.
"""

import hashlib
import logging
import os
import shlex
import socket
import subprocess
from pathlib import Path
from typing import IO, Final

from django.conf import settings

from psa.core.errors import DomainError
from psa.core.tenancy.scope import current_tenant_id

logger = logging.getLogger(__name__)
SECONDS: Final = 30
_PIECE: Final = 256 * 1024
_LONGEST_ANSWER: Final = 4096


class Infected(DomainError):
    """The scanner found something in the file. It is in quarantine, and nowhere else."""


class NotScanned(DomainError):
    """The scanner did not answer, or could not tell: what is not known to be clean is not taken."""


class _NoAnswer(Exception):
    """Why there is no verdict."""


def check(content: IO[bytes], filename: str) -> None:
    """Let a clean file pass, read from its start to its end and wound back; none is asked for "".

    What is infected is put into quarantine for the operator and refused; so is what could not be
    scanned, without quarantine.
    Raises  Infected, NotScanned, both on "file".
    """
    where: str = settings.ANTIVIRUS
    if not where:
        return
    content.seek(0)
    try:
        found = (
            _by_command(where, content)
            if where.startswith("command:")
            else _by_clamd(where, content)
        )
    except (OSError, subprocess.SubprocessError, _NoAnswer) as error:
        logger.error("an upload was not scanned: %s", error)
        raise NotScanned(
            f"“{filename}” could not be checked for viruses just now, so it was not taken. Try "
            "again in a few minutes; if it stays so, tell your administrator.",
            field="file",
        ) from error
    finally:
        content.seek(0)
    if found:
        kept = _quarantined(content)
        logger.warning(
            "an infected upload was refused: %s, tenant %s, quarantined as %s",
            found, current_tenant_id(), kept or "nothing (no room)",
        )  # fmt: skip
        raise Infected(
            f"“{filename}” is infected ({found}) and was not taken. It was put aside for your "
            "administrator. Clean your device before you upload anything else.",
            field="file",
        )


def _by_clamd(where: str, content: IO[bytes]) -> str:
    """The name of what clamd found, "" if nothing, by its INSTREAM command."""
    with _connected(where) as line:
        line.sendall(b"zINSTREAM\0")
        while piece := content.read(_PIECE):
            line.sendall(len(piece).to_bytes(4, "big") + piece)
        line.sendall((0).to_bytes(4, "big"))
        answer = b""
        while b"\0" not in answer and len(answer) < _LONGEST_ANSWER:
            part = line.recv(1024)
            if not part:
                break
            answer += part
    text = answer.rstrip(b"\0").decode("utf-8", "replace").strip()
    verdict = text.removeprefix("stream:").strip()
    if verdict == "OK":
        return ""
    if verdict.endswith(" FOUND"):
        return verdict.removesuffix(" FOUND")[:80]
    raise _NoAnswer(f"clamd said {text[:200]!r}")


def _connected(where: str) -> socket.socket:
    kind, _, address = where.partition(":")
    if kind == "unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(SECONDS)
        try:
            line.connect(address)
        except OSError:
            line.close()
            raise
        return line
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=SECONDS)


def _by_command(where: str, content: IO[bytes]) -> str:
    done = subprocess.run(
        shlex.split(where.removeprefix("command:")),
        input=content.read(), capture_output=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return ""
    said = (done.stdout or done.stderr).decode("utf-8", "replace").strip().splitlines()
    if done.returncode == 1:
        last = said[-1].removesuffix(" FOUND").rpartition(": ")[2] if said else ""
        return (last or "a virus")[:80]
    raise _NoAnswer(f"the scanner ended with {done.returncode}: {' '.join(said)[:200]}")


def _quarantined(content: IO[bytes]) -> str:
    """Keep the bytes where nothing serves or runs them; under which name, "" without room."""
    folder = Path(settings.QUARANTINE_ROOT) / str(current_tenant_id() or 0)
    digest = hashlib.sha256()
    while piece := content.read(_PIECE):
        digest.update(piece)
    name = digest.hexdigest()
    content.seek(0)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as kept:
            while piece := content.read(_PIECE):
                kept.write(piece)
    except OSError:
        logger.exception("no room in quarantine")
        return ""
    finally:
        content.seek(0)
    return f"{folder.name}/{name}"
