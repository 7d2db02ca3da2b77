"""Loopback ports: a free one, and whether somebody listens."""

import socket


def free_port(*, preferred: int) -> int:
    """A loopback port nobody listens on: `preferred` if that is one, else the system's choice."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            # As the servers do: a port in TIME_WAIT after their last run counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise OSError("this machine has no free loopback port")


def is_listening(port: int) -> bool:
    """Whether a program accepts connections on loopback `port`."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
