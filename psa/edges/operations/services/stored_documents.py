"""All stored documents in one tar, and back into whichever store there is, each held against its hash."""

import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from psa.core.documents import stored
from psa.core.errors import DomainError

_IN_MEMORY = 8 * 1024 * 1024


class DamagedDocuments(DomainError):
    """Bytes that are not those their name says."""


def pack(path: Path) -> int:
    """Write every document of every firm into a tar; how many there were.

    Raises  DamagedDocuments.
    """
    count = 0
    with tarfile.open(path, "w") as tar:
        for name in stored.paths():
            with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as content:
                size, sha256 = stored.copy(name, content)
                if sha256 != PurePosixPath(name).name:
                    raise DamagedDocuments(
                        f"The stored document {name} is damaged: its bytes are not those that were "
                        "stored. Take it from an earlier backup, then back up again."
                    )
                content.seek(0)
                member = tarfile.TarInfo(name)
                member.size = size
                tar.addfile(member, content)
            count += 1
    return count


def unpack(path: Path, count: int) -> None:
    """Store what `pack` wrote, and read each back.

    Raises  DamagedDocuments if one is not what it was, or not all `count` are there.
    """
    names, damaged = 0, []
    with tarfile.open(path) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is None or not stored.is_path(member.name):
                damaged.append(member.name)
                continue
            stored.put(member.name, content)
            names += 1
            if stored.sha256(member.name) != PurePosixPath(member.name).name:
                damaged.append(member.name)
    if damaged or names != count:
        raise DamagedDocuments(
            f"{count} documents were copied and {names} came back; damaged: "
            f"{', '.join(damaged) or 'none'}."
        )
