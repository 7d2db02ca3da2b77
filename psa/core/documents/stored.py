"""The stored bytes themselves, whichever store holds them: which there are, and each one's hash."""

import hashlib
import re
from collections.abc import Iterator
from typing import IO

from django.core.files.base import File
from django.core.files.storage import default_storage

from psa.core.errors import DomainError

_PIECE = 1024 * 1024
_NAMED_BY_HASH = re.compile(r"\d+/([0-9a-f]{2})/\1[0-9a-f]{62}")


class StoreAway(DomainError):
    """The store did not answer, or refused the application itself; nothing is known of the file."""

    def __init__(self) -> None:
        super().__init__(
            "The document store does not answer just now. Nothing was changed; try again in a few "
            "minutes, and if it stays so, tell your administrator."
        )


def is_path(path: str) -> bool:
    """Whether documents lie under such names: the tenant, two signs of the hash, the hash."""
    return _NAMED_BY_HASH.fullmatch(path) is not None


def paths() -> Iterator[str]:
    """Every stored document of every firm, in order."""
    return _below("")


def paths_of(tenant_id: int) -> Iterator[str]:
    """Every stored document of one firm, those included that no row names any more."""
    return _below(str(tenant_id))


def _below(folder: str) -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    start = f"{folder}/" if folder else ""
    for name in sorted(files):
        yield start + name
    for name in sorted(folders):
        yield from _below(start + name)


def copy(path: str, target: IO[bytes]) -> tuple[int, str]:
    """Write the document's bytes; how many there were, and their hash."""
    digest, size = hashlib.sha256(), 0
    with default_storage.open(path) as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
            target.write(piece)
            size += len(piece)
    return size, digest.hexdigest()


def put(path: str, content: IO[bytes]) -> None:
    """Keep these bytes under exactly this name, in place of what lies there."""
    if default_storage.exists(path):
        default_storage.delete(path)
    default_storage.save(path, File(content, name=path))


def sha256(path: str) -> str:
    """The hash of what is stored under the name."""
    digest = hashlib.sha256()
    with default_storage.open(path) as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
