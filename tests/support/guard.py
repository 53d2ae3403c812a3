"""Rules that a layer of tests keeps: no connection beyond this machine, no foreign packages.

What breaks them is an error at its place. It is also kept in ``broken``, so that a test fails whose
code under test has swallowed the error.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from typing import Any

broken: list[str] = []
_guards: list[MetaPathFinder] = []
_CONNECTING = frozenset({"socket.connect", "socket.sendto"})
_RESOLVING = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})


class RuleBroken(RuntimeError):
    """A test has done what its layer must not do."""


class _Refuser(MetaPathFinder):
    """Stands before all other finders."""

    def __init__(self, packages: tuple[str, ...]) -> None:
        self._packages = packages

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name.partition(".")[0] in self._packages:
            _refuse(f"import of {name}")


@contextmanager
def guarded(*packages: str) -> Iterator[None]:
    """While it lasts only loopback is reached, and none of these packages is imported anew."""
    refuser = _Refuser(packages)
    _guards.append(refuser)
    sys.meta_path.insert(0, refuser)
    try:
        yield
    finally:
        sys.meta_path.remove(refuser)
        _guards.remove(refuser)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _guards:
        return
    if event in _CONNECTING:
        address = arguments[-1]
        if isinstance(address, tuple) and not _is_here(address[0]):
            _refuse(f"connection to {address[0]}")
    elif event in _RESOLVING and not _is_here(arguments[0]):
        _refuse(f"look-up of {arguments[0]}")


def _refuse(what: str) -> None:
    broken.append(what)
    raise RuleBroken(what)


def _is_here(host: object) -> bool:
    text = host.decode() if isinstance(host, bytes) else host
    # Nothing, and the address of all interfaces, are to listen on; mail names its own machine.
    if text in (None, "", "localhost", "0.0.0.0", "::", socket.gethostname()):  # noqa: S104
        return True
    try:
        return ipaddress.ip_address(str(text).partition("%")[0]).is_loopback
    except ValueError:
        return False


# It cannot be taken away again, and costs nothing to speak of outside of a guarded test.
sys.addaudithook(_watch)
