"""Who uses the embedded servers: one locked file per user, so that a crash releases it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class UserSlot:
    """A user's place; `number` is the smallest that was free, so live users differ in it."""

    number: int
    descriptor: int
    process_id: int

    def free(self) -> None:
        """Give the place up. Does nothing in a forked child: the place is its parent's."""
        if os.getpid() == self.process_id:
            os.close(self.descriptor)


@contextmanager
def start_stop_lock(data_dir: Path) -> Iterator[None]:
    """Only one process at a time starts or stops the servers of `data_dir`."""
    descriptor = os.open(data_dir / "start-stop.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def take_slot(data_dir: Path) -> UserSlot:
    """The first free place. Call it under `start_stop_lock`."""
    folder = data_dir / "users"
    folder.mkdir(mode=0o700, exist_ok=True)
    number = 0
    while True:
        descriptor = _lock(folder / f"{number}.lock")
        if descriptor is not None:
            return UserSlot(number=number, descriptor=descriptor, process_id=os.getpid())
        number += 1


def live_users(data_dir: Path) -> int:
    """How many processes use the servers now. Call it under `start_stop_lock`."""
    live = 0
    for path in (data_dir / "users").glob("*.lock"):
        descriptor = _lock(path)
        if descriptor is None:
            live += 1
        else:
            os.close(descriptor)
    return live


def _lock(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
