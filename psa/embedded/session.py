"""The embedded servers for one command: their addresses in its environment, refusals on stderr."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from psa import embedded


@contextmanager
def running_servers(*, as_administrator: bool = False) -> Iterator[embedded.Services]:
    """The servers for the length of the block, for this process and its children.

    as_administrator adds the address that only backup and restore may use.

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
        yield running
