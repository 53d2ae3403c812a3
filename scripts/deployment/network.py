"""Networks of the tried deployments: namespaces, which leave the machine's own alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from scripts.deployment.programs import CannotRun, call

#: The namespace, and this machine's address in it: there containers find the DIAS and the mailbox.
NAME, ADDRESS = "cbm-deployment", "10.77.0.1"


@dataclass(frozen=True, slots=True)
class Host:
    """A host of its own: a namespace with one link, into the network of another namespace.

    :param name: of the namespace, and of the host.
    :param lan: the namespace with the network.
    """

    name: str
    address: str
    lan: str

    def cut(self) -> None:
        """Take the link down at its far end, as if the cable were pulled."""
        call(["ip", "-n", self.lan, "link", "set", self._plug, "down"])

    def mend(self) -> None:
        """Bring the link back."""
        call(["ip", "-n", self.lan, "link", "set", self._plug, "up"])

    @property
    def _plug(self) -> str:
        return f"to-{self.name.rpartition('-')[2]}"


@contextmanager
def namespace(name: str = NAME, address: str = ADDRESS) -> Iterator[None]:
    """A namespace with a network, an address in it and no way out, removed at the end.

    :raises CannotRun: there is one already, or the kernel gives none.
    """
    with _added(name):
        call(["ip", "-n", name, "link", "add", "outside", "type", "bridge"])
        call(["ip", "-n", name, "addr", "add", f"{address}/24", "dev", "outside"])
        call(["ip", "-n", name, "link", "set", "outside", "up"])
        yield


@contextmanager
def host(name: str, address: str, lan: str) -> Iterator[Host]:
    """A host on the network of a namespace, removed at the end.

    :param lan: a namespace of :func:`namespace`.
    :raises CannotRun: there is one already, or the kernel gives none.
    """
    made = Host(name, address, lan)
    with _added(name):
        peer = ("peer", "name", made._plug, "netns", lan)
        call(["ip", "-n", name, "link", "add", "eth0", "type", "veth", *peer])
        call(["ip", "-n", lan, "link", "set", made._plug, "master", "outside"])
        call(["ip", "-n", name, "addr", "add", f"{address}/24", "dev", "eth0"])
        call(["ip", "-n", name, "link", "set", "eth0", "up"])
        made.mend()
        yield made


@contextmanager
def _added(name: str) -> Iterator[None]:
    if Path("/run/netns", name).exists():
        if call(["ip", "netns", "pids", name]).strip():
            raise CannotRun(f"another run uses the network namespace {name}")
        call(["ip", "netns", "del", name])
    call(["ip", "netns", "add", name])
    try:
        call(["ip", "-n", name, "link", "set", "lo", "up"])
        yield
    finally:
        with suppress(CannotRun):
            call(["ip", "netns", "del", name])


def inside(command: Sequence[str], name: str = NAME) -> list[str]:
    """A command, to be run inside a namespace.

    Not by ``ip netns exec``, which hides the control groups that an engine needs.
    """
    return ["nsenter", f"--net=/run/netns/{name}", *command]
