"""The application's own settings on the test servers, in a database of this process alone.

Everything the process starts inherits the same environment, so a worker or a command that a test
runs works on that test's database too.
"""

import os

from psa import embedded

_folder = os.environ.get("PSA_TEST_DATA") or embedded.PROJECT / ".data" / "test"
SERVERS = embedded.ensure_running(_folder, durable=False)
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
