"""The embedded servers for one command: their addresses in its environment, refusals on stderr."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from psa import embedded


@contextmanager
def running_servers() -> Iterator[embedded.Services]:
    """The servers for the length of the block, for this process and its children.

    Leaves the process with a sentence where they cannot run.
    """
    with ExitStack() as stack:
        try:
            running = stack.enter_context(embedded.services())
        except embedded.EmbeddedError as refusal:
            sys.exit(str(refusal))
        for name, value in running.environment().items():
            os.environ.setdefault(name, value)
        os.environ["PSA_DATA"] = str(running.data_dir)
        yield running
