"""PostgreSQL and Redis for a machine that has neither: started on first use, shared, stopped last.

`with services() as running:` or `ensure_running()` in any number of processes at once; the last
one to end stops the servers. A killed user does not count, a killed server is recovered at the
next start. Data, ports and passwords live in the data folder (`PSA_DATA`, else `.data` in the
project). Why so: docs/adr/0010-embedded-servers.md.
"""

import atexit
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from psa.embedded import binaries, postgres, redis_server, users
from psa.embedded.account import ServerAccount, account_for
from psa.embedded.errors import EmbeddedError
from psa.embedded.ports import free_port, is_listening
from psa.embedded.state import State

__all__ = [
    "EmbeddedError",
    "Services",
    "ensure_running",
    "keep_running",
    "recover",
    "remove",
    "services",
    "stop",
]

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Services:
    """Addresses of the running servers, passwords in them: never print or log one.

    `user_number` differs among the processes that use the servers now, and is small.
    """

    database_url: str
    owner_database_url: str
    admin_database_url: str
    redis_url: str
    secret_key: str
    data_dir: Path
    user_number: int
    postgres_bin: Path

    def admin_environment(self) -> dict[str, str]:
        """The variables of backup and restore, which read and write past row-level security."""
        database = urlsplit(self.database_url).path
        return {
            "PSA_ADMIN_DATABASE_URL": self.admin_database_url.rpartition("/")[0] + database,
            "PSA_POSTGRES_BIN": str(self.postgres_bin),
        }

    def environment(self) -> dict[str, str]:
        """The variables that psa.settings reads, except those that do not concern the servers."""
        return {
            "DATABASE_URL": self.database_url,
            "PSA_OWNER_DATABASE_URL": self.owner_database_url,
            "REDIS_URL": self.redis_url,
            "PSA_DATA": str(self.data_dir),
            "PSA_SECRET_KEY": self.secret_key,
        }


def data_folder(data_dir: Path | str | None = None) -> Path:
    """The data folder: the argument, else PSA_DATA, else `.data` in the project."""
    chosen = data_dir or os.environ.get("PSA_DATA") or PROJECT / ".data"
    return Path(chosen).expanduser().absolute()


@contextmanager
def services(data_dir: Path | str | None = None, *, durable: bool = True) -> Iterator[Services]:
    """The running servers for the length of the block; the last user's exit stops them.

    durable=False trades safety for speed (no fsync): for test data only. It counts for whoever
    starts the servers. Raises EmbeddedError with a sentence to show.
    """
    folder = _make_folder(data_folder(data_dir))
    with users.start_stop_lock(folder):
        slot = users.take_slot(folder)
        try:
            running = _start(folder, durable=durable, user_number=slot.number)
        except BaseException:
            slot.free()
            raise
    try:
        yield running
    finally:
        with _uninterrupted(), users.start_stop_lock(folder):
            slot.free()
            if slot.process_id == os.getpid() and not _is_wanted(folder):
                _stop(folder, durable=durable)


def ensure_running(data_dir: Path | str | None = None, *, durable: bool = True) -> Services:
    """The running servers until this process ends."""
    context = services(data_dir, durable=durable)
    running = context.__enter__()
    atexit.register(context.__exit__, None, None, None)
    return running


def recover(running: Services) -> None:
    """Start again what of the servers died meanwhile; nothing if both listen."""
    if all(
        is_listening(urlsplit(url).port or 0) for url in (running.database_url, running.redis_url)
    ):
        return
    with users.start_stop_lock(running.data_dir):
        _start(running.data_dir, durable=True, user_number=running.user_number)


def keep_running(data_dir: Path | str | None = None) -> Services:
    """The running servers, which then stay after their last user until `stop()`."""
    folder = _make_folder(data_folder(data_dir))
    with users.start_stop_lock(folder):
        running = _start(folder, durable=True, user_number=0)
        (folder / "keep-running").touch()
    return running


def stop(data_dir: Path | str | None = None) -> bool:
    """Stop the servers unless somebody uses them; whether they are stopped now."""
    folder = data_folder(data_dir)
    if not (folder / State.FILE_NAME).exists():
        return True
    with users.start_stop_lock(folder):
        (folder / "keep-running").unlink(missing_ok=True)
        if _is_wanted(folder):
            return False
        _stop(folder, durable=True)
        return True


def remove(data_dir: Path | str | None = None) -> bool:
    """Stop the servers and delete their data, wherever it lies; False if somebody uses them."""
    folder = data_folder(data_dir)
    if not stop(folder):
        return False
    state = State.read(folder)
    if state is not None and state.base != folder:
        shutil.rmtree(state.base)
    if folder.exists():
        shutil.rmtree(folder)
    return True


def _is_wanted(folder: Path) -> bool:
    return users.live_users(folder) > 0 or (folder / "keep-running").exists()


def _make_folder(folder: Path) -> Path:
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o711)  # the servers' account passes through; it lists nothing
        users_folder = folder / "users"
        users_folder.mkdir(mode=0o700, exist_ok=True)
        if not os.access(users_folder, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError
    except PermissionError as error:
        raise EmbeddedError(
            f"The data folder {folder} belongs to another user; choose another PSA_DATA."
        ) from error
    return folder


def _start(folder: Path, *, durable: bool, user_number: int) -> Services:
    state = State.read(folder) or State.create(folder, account_for(folder / "postgres"))
    account = account_for(state.base / "postgres")
    database, queue = _servers(state, account, durable=durable)
    if not database.is_running(port=state.postgres_port, admin_password=state.passwords.admin):
        database.create_cluster(admin_password=state.passwords.admin)
        database.stop()
        state = _start_postgres(database, state)
    if state.provisioned != postgres.rights_fingerprint():
        postgres.provision(port=state.postgres_port, passwords=state.passwords)
        state = state.replaced(provisioned=postgres.rights_fingerprint())
    if not queue.is_running(port=state.redis_port, password=state.redis_password):
        state = _start_redis(queue, state)
    return _services(state, folder, user_number, database.programs.bin_dir)


def _start_postgres(database: postgres.PostgresServer, state: State) -> State:
    port = free_port(preferred=state.postgres_port)
    try:
        database.start(port=port)
    except EmbeddedError:
        # Between our look and the server's bind another program may have taken the port.
        other = free_port(preferred=port)
        if other == port:
            raise
        port = other
        database.start(port=port)
    return state.replaced(postgres_port=port)


def _start_redis(queue: redis_server.RedisServer, state: State) -> State:
    state = state.replaced(redis_port=free_port(preferred=state.redis_port))
    queue.start(port=state.redis_port, password=state.redis_password)
    return state


def _stop(folder: Path, *, durable: bool) -> None:
    state = State.read(folder)
    if state is None:
        return
    database, queue = _servers(state, account_for(state.base / "postgres"), durable=durable)
    queue.stop(port=state.redis_port, password=state.redis_password)
    database.stop()


def _servers(
    state: State, account: ServerAccount, *, durable: bool
) -> tuple[postgres.PostgresServer, redis_server.RedisServer]:
    programs = binaries.find_postgres(account, copies=state.base)
    redis_program = binaries.find_redis(account, copies=state.base)
    log = state.base / "server-log"
    return (
        postgres.PostgresServer(
            programs=programs,
            account=account,
            cluster=state.base / "postgres",
            log=log / "postgres.log",
            durable=durable,
        ),
        redis_server.RedisServer(
            program=redis_program,
            account=account,
            folder=state.base / "redis",
            log=log / "redis.log",
            durable=durable,
        ),
    )


def _services(state: State, folder: Path, user_number: int, postgres_bin: Path) -> Services:
    at = f"127.0.0.1:{state.postgres_port}/{postgres.DATABASE}"
    return Services(
        database_url=f"postgresql://{postgres.APP_ROLE}:{state.passwords.app}@{at}",
        owner_database_url=f"postgresql://{postgres.OWNER_ROLE}:{state.passwords.owner}@{at}",
        admin_database_url=postgres.admin_url(state.postgres_port, state.passwords.admin),
        redis_url=f"redis://:{state.redis_password}@127.0.0.1:{state.redis_port}/0",
        secret_key=state.secret_key,
        data_dir=folder,
        user_number=user_number,
        postgres_bin=postgres_bin,
    )


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """A second Ctrl-C does not leave the servers half stopped; only the main thread hears it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {
        number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
