"""The application's own settings on the test servers, in a database of this process alone.

Everything the process starts inherits the same environment, so a worker or a command that a test
runs works on that test's database too.
"""

import hashlib
import os
from pathlib import Path

from psa import embedded

_GIGABYTE = 1024**3


def _folder() -> Path:
    """Where the test servers keep their data: in memory where there is plenty of it.

    Copying a database takes a twentieth of a second there, and up to two seconds on a disk.
    PSA_TEST_DATA chooses another folder. Why so: docs/adr/0011-test-databases.md.
    """
    if chosen := os.environ.get("PSA_TEST_DATA"):
        return Path(chosen)
    memory = Path("/dev/shm")
    if memory.is_dir() and _room(memory) >= 8 * _GIGABYTE and _free_memory() >= 12 * _GIGABYTE:
        project = hashlib.sha256(str(embedded.PROJECT).encode()).hexdigest()[:12]
        return memory / f"psa-test-{os.getuid()}-{project}"
    return embedded.PROJECT / ".data" / "test"


def _room(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_frsize * found.f_bavail


def _free_memory() -> int:
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    kilobytes = {name: int(rest.split()[0]) for name, _, rest in (x.partition(":") for x in lines)}
    return kilobytes["MemAvailable"] * 1024


# For the processes that this one starts: whether there is memory enough is asked once.
os.environ["PSA_TEST_DATA"] = str(_folder())
SERVERS = embedded.ensure_running(os.environ["PSA_TEST_DATA"], durable=False)
TEST_DATABASE = f"psa_test_{os.getpid()}"

os.environ |= {
    "PSA_ENV": "test",
    "PSA_DB_ROLE": "app",
    "DATABASE_URL": SERVERS.database_url.rpartition("/")[0] + f"/{TEST_DATABASE}",
    "PSA_OWNER_DATABASE_URL": SERVERS.owner_database_url.rpartition("/")[0] + f"/{TEST_DATABASE}",
    "REDIS_URL": SERVERS.redis_url.rpartition("/")[0] + f"/{SERVERS.user_number % 256}",
    "PSA_DATA": str(SERVERS.data_dir / "files" / TEST_DATABASE),
    "PSA_SECRET_KEY": "tests-only-key-of-more-than-fifty-characters-0123456789",
}

from psa.settings import *  # noqa: E402, F403

MIDDLEWARE = [
    "tests.static_files.StaticFilesOnce" if name.startswith("whitenoise.") else name
    for name in MIDDLEWARE  # noqa: F405
]
