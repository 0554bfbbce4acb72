"""Keeps a test run on this machine: no process of it may reach another."""

import ipaddress
import sys
from typing import Any

strayed: list[str] = []
"""Where this process tried to connect, or which name it asked for, though it may not."""

_LOCAL_NAMES = frozenset({"", "localhost", "testserver"})
_WATCHED = frozenset({"socket.connect", "socket.sendto", "socket.getaddrinfo"})
_installed = False


def stay_on_loopback() -> None:
    """Refuse, from now on and for good, every connection that leaves this machine.

    An audit hook sees sockets whoever opens them. What a library swallows is kept in ``strayed``.
    """
    global _installed
    if not _installed:
        sys.addaudithook(_watch)
        _installed = True


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _WATCHED:
        return
    address = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
    host = address[0] if isinstance(address, tuple) else address
    if event != "socket.getaddrinfo" and not isinstance(address, tuple):
        return  # a Unix socket
    if not is_loopback(host):
        strayed.append(f"{event} {host}")
        raise ConnectionRefusedError(f"a test may not reach {host}")


def is_loopback(host: str | bytes | None) -> bool:
    """True for addresses and names of this machine."""
    name = host.decode() if isinstance(host, bytes) else host or ""
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return name in _LOCAL_NAMES
