"""A whole tenant in one file: a zip of CSV tables, documents and a manifest with hashes.

``manifest.json``       what is inside, with row counts, hashes and figures (``Manifest``)
``tables/NAME.csv``     the rows of a table, PostgreSQL's CSV, columns as the manifest says
``documents/SHA256``    each stored document once, named by its hash
The format is described in docs/operations.md.
"""

import dataclasses
import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from psa.core.errors import DomainError

FORMAT = 1
_PIECE = 1024 * 1024


class DamagedArchive(DomainError):
    """The file is not an archive of a tenant, or not the one that was written."""


@dataclass(frozen=True, slots=True)
class ArchivedTable:
    """One table in the archive; `sha256` is of its CSV bytes."""

    name: str
    columns: list[str]
    rows: int
    sha256: str


@dataclass(slots=True)
class Manifest:
    """What an archive holds."""

    slug: str
    tenant: dict[str, object]
    exported_at: str
    schema: str
    sign_ins: dict[str, str]
    """Membership id → e-mail, for the members who can sign in."""
    figures: dict[str, str]
    tables: list[ArchivedTable] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


class ArchiveWriter:
    """Fills an archive piece by piece; nothing of it is held in memory."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file

    def add_table(
        self, name: str, columns: Iterable[str], rows: int, pieces: Iterable[bytes]
    ) -> ArchivedTable:
        digest = self._add(f"tables/{name}.csv", pieces)
        return ArchivedTable(name, list(columns), rows, digest)

    def add_document(self, sha256: str, pieces: Iterable[bytes]) -> None:
        """Raises  DomainError if the stored bytes are not those that were hashed once."""
        if self._add(f"documents/{sha256}", pieces) != sha256:
            raise DomainError(
                f"The stored document {sha256} is damaged: its bytes are not those that were "
                "stored. Restore it from a backup, then export again."
            )

    def finish(self, manifest: Manifest) -> None:
        self._file.writestr(
            "manifest.json", json.dumps(dataclasses.asdict(manifest), indent=1, sort_keys=True)
        )

    def _add(self, name: str, pieces: Iterable[bytes]) -> str:
        digest = hashlib.sha256()
        with self._file.open(name, "w", force_zip64=True) as target:
            for piece in pieces:
                digest.update(piece)
                target.write(piece)
        return digest.hexdigest()


class ArchiveReader:
    """Reads an archive back, each table checked against its hash as it goes by."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        try:
            raw = json.loads(file.read("manifest.json"))
            raw["tables"] = [ArchivedTable(**table) for table in raw["tables"]]
            self.manifest = Manifest(**raw)
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedArchive("The file holds no readable manifest of a tenant.") from error
        if self.manifest.format != FORMAT:
            raise DamagedArchive(
                f"The archive has format {self.manifest.format}; this version reads {FORMAT}."
            )

    def table(self, table: ArchivedTable) -> Iterator[bytes]:
        """Raises  DamagedArchive at the end if the bytes are not those that were written."""
        yield from self._checked(f"tables/{table.name}.csv", table.sha256)

    def document(self, sha256: str) -> Iterator[bytes]:
        """Raises  DamagedArchive at the end if the bytes are not those that were written."""
        yield from self._checked(f"documents/{sha256}", sha256)

    def _checked(self, name: str, sha256: str) -> Iterator[bytes]:
        digest = hashlib.sha256()
        try:
            with self._file.open(name) as source:
                while piece := source.read(_PIECE):
                    digest.update(piece)
                    yield piece
        except (KeyError, zipfile.BadZipFile) as error:
            raise DamagedArchive(f"“{name}” is missing from the archive or damaged.") from error
        if digest.hexdigest() != sha256:
            raise DamagedArchive(f"“{name}” is not what was exported: its hash differs.")


@contextmanager
def writing(path: Path) -> Iterator[ArchiveWriter]:
    """An archive that appears under `path` when complete; an interrupted one leaves nothing."""
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
            yield ArchiveWriter(file)
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def reading(path: Path) -> Iterator[ArchiveReader]:
    """Raises  DamagedArchive if `path` is not an archive."""
    try:
        file = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise DamagedArchive(f"“{path.name}” can not be read as an archive: {error}") from error
    with file:
        yield ArchiveReader(file)
