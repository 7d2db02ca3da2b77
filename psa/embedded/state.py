"""What the data folder remembers of its servers: ports, passwords, where their files are."""

import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from psa.embedded.account import ServerAccount
from psa.embedded.ports import free_port
from psa.embedded.postgres import Passwords


@dataclass(frozen=True, slots=True)
class State:
    """Kept in `services.json`, readable by the folder's user alone.

    `base` holds the servers' own files: the data folder itself, or, where the servers' account
    cannot enter it (a clone below a closed folder, as root), a folder outside it. `provisioned` is
    the fingerprint of the roles and rights that the database was given last.
    """

    FILE_NAME: ClassVar[str] = "services.json"

    folder: Path
    base: Path
    postgres_port: int
    redis_port: int
    passwords: Passwords
    redis_password: str
    secret_key: str
    provisioned: str

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """What is remembered; None if the folder is new."""
        path = folder / cls.FILE_NAME
        if not path.exists():
            return None
        kept = json.loads(path.read_text())
        return cls(
            folder=folder,
            base=Path(kept["base"]) if kept["base"] else folder,
            postgres_port=kept["postgres_port"],
            redis_port=kept["redis_port"],
            passwords=Passwords(**kept["passwords"]),
            redis_password=kept["redis_password"],
            secret_key=kept["secret_key"],
            provisioned=str(kept["provisioned"]),
        )

    @classmethod
    def create(cls, folder: Path, account: ServerAccount) -> Self:
        """A new state with fresh passwords, written."""
        base = folder if account.can_enter(folder) else _outside_folder(account)
        state = cls(
            folder=folder,
            base=base,
            postgres_port=free_port(preferred=0),
            redis_port=free_port(preferred=0),
            passwords=Passwords(admin=_secret(), owner=_secret(), app=_secret()),
            redis_password=_secret(),
            secret_key=_secret(),
            provisioned="",
        )
        state._write()
        return state

    def replaced(self, **changes: Any) -> Self:
        """This state with `changes`, written."""
        changed = replace(self, **changes)
        changed._write()
        return changed

    def _write(self) -> None:
        kept = asdict(self)
        del kept["folder"]
        # A data folder that holds its servers' files can be moved as a whole.
        kept["base"] = None if self.base == self.folder else str(self.base)
        path = self.folder / self.FILE_NAME
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(kept, indent=2) + "\n")
        unfinished.rename(path)


def _secret() -> str:
    return secrets.token_hex(24)


def _outside_folder(account: ServerAccount) -> Path:
    """A new folder that the account can enter, where the system keeps data over a restart."""
    for parent in (Path("/var/lib"), Path(tempfile.gettempdir())):
        if not parent.is_dir() or not os.access(parent, os.W_OK) or not account.can_enter(parent):
            continue
        shared = parent / "psa-embedded"
        shared.mkdir(mode=0o711, exist_ok=True)
        folder = shared / secrets.token_hex(8)
        folder.mkdir(mode=0o711)
        return folder
    raise OSError("no folder on this machine can be entered by the servers' account")
