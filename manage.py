#!/usr/bin/env python3
"""Run a management command, on the embedded servers unless DATABASE_URL names others."""

import importlib.util
import os
import signal
import sys
import warnings
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType

# These read code and files alone; starting servers for them would be waste.
WITHOUT_DATABASE = frozenset(
    {
        *("help", "version", "check", "diffsettings", "compilemessages", "makemessages"),
        *("makemigrations", "squashmigrations", "optimizemigration", "startapp", "startproject"),
        *("collectstatic", "findstatic", "vendor_assets", "compile_texts", "sendtestemail"),
        "bill_of_materials",
    }
)
# These need the tables' owner; all others run with the application's own few rights.
AS_OWNER = frozenset(
    {
        *("migrate", "showmigrations", "sqlmigrate", "createcachetable"),
        *(
            "restore_tenant",
            "remove_tenant",
            "remove_sample_firms",
            "make_operator",
            "reporting_role",
        ),
    }
)
# These look after the tables themselves; for all others a new data folder is given its tables.
LOOKS_AFTER_TABLES = frozenset({"migrate", "showmigrations", "sqlmigrate", "dbshell"})
# These copy the whole database, past row-level security.
AS_ADMINISTRATOR = frozenset({"backup", "restore"})


def main() -> None:
    _use_project_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "psa.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in AS_OWNER:
        os.environ["PSA_DB_ROLE"] = "owner"
    # Docker, systemd and make end a command with SIGTERM; it deserves the same clean end as Ctrl-C.
    signal.signal(signal.SIGTERM, _leave)
    with _servers_for(command):
        from psa import garbage

        garbage.look_rarely()
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


def _servers_for(command: str) -> AbstractContextManager[object]:
    asks_for_help = any(argument in {"--help", "-h", "--version"} for argument in sys.argv[1:])
    if command in WITHOUT_DATABASE or asks_for_help:
        # makemigrations compares with the database when it can reach one, and says so if not.
        warnings.filterwarnings("ignore", message="Got an error checking a consistent migration")
        return nullcontext()
    if os.environ.get("DATABASE_URL") or os.environ.get("PSA_ENV") == "production":
        return nullcontext()
    from psa.embedded.session import running_servers

    return running_servers(
        as_administrator=command in AS_ADMINISTRATOR,
        with_tables=command not in AS_ADMINISTRATOR | LOOKS_AFTER_TABLES,
    )


def _use_project_environment() -> None:
    """Go on in the project's virtual environment when called with a Python that lacks Django."""
    if importlib.util.find_spec("django") is not None:
        return
    own = Path(__file__).resolve().parent / ".venv" / "bin" / "python"
    if not own.exists() or Path(sys.prefix).resolve() == own.parents[1].resolve():
        sys.exit("Django is not installed here; run `make setup` first.")
    os.execv(own, [str(own), *sys.argv])


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
