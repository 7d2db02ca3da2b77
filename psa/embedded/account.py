"""The operating-system account that the embedded servers run as."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from psa.embedded.errors import EmbeddedError

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """Who runs the servers: ourselves (`uid` is None) or, under root, an unprivileged account."""

    uid: int | None
    gid: int | None

    def run(
        self, args: list[str], *, env: dict[str, str], timeout_seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """The finished process, its two outputs merged; the caller judges the return code.

        In a session of its own, so that Ctrl-C in the terminal does not reach a server that
        starts or stops.
        """
        return subprocess.run(
            args,
            env=env,
            cwd="/",
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout_seconds,
            start_new_session=True,
            check=False,
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether this account may pass through `folder` and all folders above it."""
        if self.uid is None:
            return os.access(folder, os.X_OK)
        # Asked of the kernel, not read from mode bits: access lists and mounts count too.
        probe = self.run(
            ["/bin/sh", "-c", 'test -x "$0/."', str(folder)],
            env={"PATH": os.defpath},
            timeout_seconds=10,
        )
        return probe.returncode == 0

    def make_private_folder(self, folder: Path) -> None:
        """Create `folder` if need be; only this account (and root) may look into it."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.take(folder)

    def take(self, path: Path) -> None:
        """Make this account the owner of `path`."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def account_for(cluster: Path) -> ServerAccount:
    """The account for the servers of `cluster`: its owner if it exists, else a fresh choice.

    PostgreSQL refuses to run as root, and initdb refuses an account without a name.
    Raises  EmbeddedError if root finds no account to use.
    """
    if os.geteuid() != 0:
        return ServerAccount(uid=None, gid=None)
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return ServerAccount(uid=owner.st_uid, gid=owner.st_gid)
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerAccount(uid=entry.pw_uid, gid=entry.pw_gid)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and this machine has neither an account 'postgres' nor "
        "'nobody'. Run as an ordinary user, or create the account 'postgres'."
    )
