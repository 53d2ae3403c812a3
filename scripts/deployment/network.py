"""The network of the tried deployment: a namespace, which leaves the machine's own alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from scripts.deployment.programs import CannotRun, call

#: The namespace, and this machine's address in it: there containers find the DIAS and the mailbox.
NAME, ADDRESS = "cbm-deployment", "10.77.0.1"


@contextmanager
def namespace() -> Iterator[None]:
    """A namespace with an address and no way out, removed at the end.

    :raises CannotRun: there is one already, or the kernel gives none.
    """
    if Path("/run/netns", NAME).exists():
        if call(["ip", "netns", "pids", NAME]).strip():
            raise CannotRun(f"another run uses the network namespace {NAME}")
        call(["ip", "netns", "del", NAME])
    call(["ip", "netns", "add", NAME])
    try:
        call(["ip", "-n", NAME, "link", "set", "lo", "up"])
        call(["ip", "-n", NAME, "link", "add", "outside", "type", "bridge"])
        call(["ip", "-n", NAME, "addr", "add", f"{ADDRESS}/24", "dev", "outside"])
        call(["ip", "-n", NAME, "link", "set", "outside", "up"])
        yield
    finally:
        with suppress(CannotRun):
            call(["ip", "netns", "del", NAME])


def inside(command: Sequence[str]) -> list[str]:
    """A command, to be run inside the namespace.

    Not by ``ip netns exec``, which hides the control groups that an engine needs.
    """
    return ["nsenter", f"--net=/run/netns/{NAME}", *command]
