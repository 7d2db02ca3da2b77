"""A scanner sees each upload before anything of it is kept. The scanner here speaks clamd's protocol."""

import io
import socketserver
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psa.core.documents import antivirus, tables
from psa.core.documents.models import Document
from psa.core.tenancy.scope import tenant_scope
from tests.core.documents import files
from tests.core.documents.test_store import _store
from tests.core.firms import Firms

VIRUS = b"THIS-IS-A-TEST-VIRUS"
INFECTED = files.PDF.replace(b"%%EOF", b"% " + VIRUS + b"\n%%EOF")


class Scanner(socketserver.BaseRequestHandler):
    """clamd's INSTREAM: pieces with their length before them, a length of 0, then the verdict."""

    def handle(self) -> None:
        stream = self.request.makefile("rb")
        if stream.read(10) != b"zINSTREAM\0":
            self.request.sendall(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while size := int.from_bytes(stream.read(4), "big"):
            content += stream.read(size)
        if b"TOO-LARGE" in content:
            self.request.sendall(b"INSTREAM size limit exceeded. ERROR\0")
        elif VIRUS in content:
            self.request.sendall(b"stream: Test-Signature FOUND\0")
        else:
            self.request.sendall(b"stream: OK\0")


@pytest.fixture
def scanner(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A scanner at a free port, and the folder of the quarantine."""
    settings.QUARANTINE_ROOT = tmp_path / "quarantine"
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Scanner) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.ANTIVIRUS = f"tcp:127.0.0.1:{server.server_address[1]}"
        yield settings.QUARANTINE_ROOT
        server.shutdown()


def test_lets_a_clean_file_pass_whole(firms: Firms, scanner: Path) -> None:
    assert _store(firms.priya, "order.pdf", files.PDF).size == len(files.PDF)
    assert not scanner.exists()


def test_refuses_and_quarantines_what_is_infected(firms: Firms, scanner: Path) -> None:
    with pytest.raises(
        antivirus.Infected, match=r"“order.pdf” is infected \(Test-Signature\)"
    ) as told:
        _store(firms.priya, "order.pdf", INFECTED)
    assert told.value.field == "file"
    with tenant_scope(firms.priya.tenant_id):
        assert not Document.objects.exists()
    [kept] = [path for path in scanner.rglob("*") if path.is_file()]
    assert kept.read_bytes() == INFECTED
    assert kept.parent.name == str(firms.priya.tenant_id)
    assert kept.stat().st_mode & 0o777 == 0o600


def test_sends_large_files_in_pieces(scanner: Path) -> None:
    antivirus.check(io.BytesIO(b"a" * 700_000), "large.pdf")
    with pytest.raises(antivirus.Infected):
        antivirus.check(io.BytesIO(b"a" * 700_000 + VIRUS), "large.pdf")


def test_sees_tables_of_imports_too(scanner: Path) -> None:
    assert tables.read_table(b"a,b\n1,2\n", filename="t.csv", max_rows=9).header == ("a", "b")
    with pytest.raises(antivirus.Infected):
        tables.read_table(b"a,b\n1," + VIRUS, filename="t.csv", max_rows=9)


def test_takes_nothing_that_was_not_scanned(firms: Firms, scanner: Path, settings: Any) -> None:
    with pytest.raises(antivirus.NotScanned, match="could not be checked for viruses"):
        antivirus.check(io.BytesIO(b"TOO-LARGE"), "large.pdf")
    settings.ANTIVIRUS = "tcp:127.0.0.1:1"
    with pytest.raises(antivirus.NotScanned):
        _store(firms.priya, "order.pdf", files.PDF)
    settings.ANTIVIRUS = "unix:/nowhere/clamd.ctl"
    with pytest.raises(antivirus.NotScanned):
        antivirus.check(io.BytesIO(b"x"), "x.pdf")
    assert not scanner.exists()


def test_asks_a_program_by_its_end(settings: Any, tmp_path: Path) -> None:
    settings.QUARANTINE_ROOT = tmp_path
    program = tmp_path / "scan.py"
    program.write_text(
        "import sys\n"
        "content = sys.stdin.buffer.read()\n"
        "if b'BROKEN' in content: sys.exit(2)\n"
        f"if {VIRUS!r} in content: print('stdin: Test-Signature FOUND'); sys.exit(1)\n"
    )
    settings.ANTIVIRUS = f"command:{sys.executable} {program}"
    antivirus.check(io.BytesIO(b"clean"), "a.pdf")
    with pytest.raises(antivirus.Infected, match="Test-Signature"):
        antivirus.check(io.BytesIO(VIRUS), "a.pdf")
    with pytest.raises(antivirus.NotScanned):
        antivirus.check(io.BytesIO(b"BROKEN"), "a.pdf")


def test_is_off_by_default(firms: Firms) -> None:
    assert _store(firms.priya, "order.pdf", INFECTED).size == len(INFECTED)
