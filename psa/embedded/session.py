"""The embedded servers for one command: their addresses in its environment, refusals on stderr."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from psa import embedded

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


@contextmanager
def running_servers(
    *, as_administrator: bool = False, with_tables: bool = False
) -> Iterator[embedded.Services]:
    """The servers for the length of the block, for this process and its children.

    as_administrator adds the address that only backup and restore may use; with_tables makes the
    tables of a data folder that is new.

    Leaves the process with a sentence where they cannot run.
    """
    with ExitStack() as stack:
        try:
            running = stack.enter_context(embedded.services())
        except embedded.EmbeddedError as refusal:
            sys.exit(str(refusal))
        added = running.admin_environment() if as_administrator else {}
        for name, value in (running.environment() | added).items():
            os.environ.setdefault(name, value)
        os.environ["PSA_DATA"] = str(running.data_dir)
        if with_tables and not has_tables(os.environ["PSA_OWNER_DATABASE_URL"]):
            _make_tables()
        yield running


def has_tables(url: str) -> bool:
    """Whether the database was ever migrated."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT to_regclass('django_migrations') IS NOT NULL").fetchone()
    return bool(row and row[0])


def _make_tables() -> None:
    print("A new data folder: making its tables.", file=sys.stderr)
    done = subprocess.run([sys.executable, str(MANAGE), "migrate", "--verbosity", "0"], check=False)
    if done.returncode:
        sys.exit("Making the tables failed.")
