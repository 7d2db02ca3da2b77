"""Plans in Microsoft Project's own files made XML, by a library that is there or is not (ADR 64)."""

import io
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final

from projects.mspdi.parsing import MAX_BYTES, too_large
from projects.mspdi.values import MalformedPlan

SECONDS: Final = 120
# How each kind of file begins.
_BEGINNINGS: Final = {
    ".mpp": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ".mpt": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ".mpx": b"MPX",
}
_ROOT: Final = Path(__file__).parents[2]


def is_own_format(filename: str) -> bool:
    """Whether a file is named as Microsoft Project names its own."""
    return Path(filename).suffix.lower() in _BEGINNINGS


def is_available() -> bool:
    """Whether this installation reads them: the optional library and Java are there."""
    return bool(find_spec("mpxj") and find_spec("jpype") and shutil.which("java"))


def as_xml(content: IO[bytes], filename: str) -> IO[bytes]:
    """The plan of an .mpp, .mpt or .mpx file as Project XML, made in a process of its own.

    Raises  MalformedPlan where the library is not installed, the file is something else or damaged,
            or reading it takes too long.
    """
    suffix = Path(filename).suffix.lower()
    if not is_available():
        raise MalformedPlan(
            f"{suffix} files are not read here. In Microsoft Project choose Save as, then XML, and "
            "import that file."
        )
    content.seek(0)
    if not content.read(8).startswith(_BEGINNINGS[suffix]):
        raise _unreadable(suffix)
    content.seek(0)
    with TemporaryDirectory() as folder:
        given, made = Path(folder, f"plan{suffix}"), Path(folder, "plan.xml")
        with given.open("wb") as copy:
            shutil.copyfileobj(content, copy)
        try:
            done = subprocess.run(
                [sys.executable, "-m", "projects.mspdi.conversion_child", given, made],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                cwd=_ROOT,
                env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise MalformedPlan(
                f"Reading the {suffix} file took too long and was stopped. Save it as XML in "
                "Microsoft Project, and import that."
            ) from None
        if done.returncode != 0 or not made.exists():
            raise _unreadable(suffix)
        if made.stat().st_size > MAX_BYTES:
            raise MalformedPlan(too_large(made.stat().st_size))
        return io.BytesIO(made.read_bytes())


def _unreadable(suffix: str) -> MalformedPlan:
    return MalformedPlan(
        f"The file is no {suffix} file that can be read: it is damaged, protected by a password or "
        "of another program. Save it as XML in Microsoft Project, and import that."
    )
