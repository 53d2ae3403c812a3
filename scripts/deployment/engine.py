"""A Docker engine with data and a socket of its own, and commands to it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from scripts.deployment import network
from scripts.deployment.programs import CannotRun, call, mortal, surroundings

_START_S, _STOP_S = 60, 120
#: The longest address of a socket that the kernel takes, less what the engine puts after a folder.
_LONGEST_PATH = 70


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine.

    :param folder: its data, socket and log.
    """

    folder: Path

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"unix://{self.folder}/docker.sock"

    def docker(self, *arguments: str, give: bytes | None = None, timeout: float = 3600) -> str:
        """Run ``docker`` with arguments; returns what it prints.

        :raises CannotRun: it failed.
        """
        command = ["docker", *arguments]
        return call(command, give=give, timeout=timeout, environment=self.environment)

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which the client finds this engine, and no settings of the user."""
        return {
            "DOCKER_HOST": self.address,
            "DOCKER_CONFIG": str(self.folder / "client"),
            "DOCKER_BUILDKIT": "0",
        }

    def clear(self) -> None:
        """Remove the containers, volumes and networks of a run that was killed."""
        if containers := self.docker("ps", "--all", "--quiet").split():
            self.docker("rm", "--force", *containers)
        if volumes := self.docker("volume", "ls", "--quiet").split():
            self.docker("volume", "rm", *volumes)
        self.docker("network", "prune", "--force")

    def image_id(self, image: str) -> str:
        """The id of an image; empty if there is none."""
        try:
            return self.docker("image", "inspect", "--format", "{{.Id}}", image).strip()
        except CannotRun:
            return ""


@contextmanager
def running(folder: Path, *, isolated: bool, namespace: str = network.NAME) -> Iterator[Engine]:
    """An engine that ends with this block.

    :param isolated: in a namespace, with bridges; otherwise in the machine's own network, which it
        leaves as it is: to build images.
    :param namespace: of :mod:`scripts.deployment.network`; an isolated engine's host has its name.
    :raises CannotRun: it does not start; with the end of its log.
    """
    if len(str(folder)) > _LONGEST_PATH:
        raise CannotRun(f"the path is too long for a socket: {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    engine, log = Engine(folder), folder / "dockerd.log"
    command = [
        *("dockerd", "--host", engine.address, "--pidfile", str(folder / "pid")),
        *("--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")),
        *("--storage-driver", "overlay2", "--cgroup-parent", f"/{namespace}"),
    ]
    # Where the machine has an engine of its own, its settings are not for this one.
    command += ["--config-file", str(folder / "none.json")]
    (folder / "none.json").write_text("{}")
    if isolated:
        named = ["unshare", "--uts", "sh", "-c", f'hostname {namespace}; exec "$@"', "dockerd"]
        command = network.inside([*named, *command], namespace)
    else:
        command += ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            mortal(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=surroundings(),
            start_new_session=True,
        )
    try:
        _await(engine, process, log)
        yield engine
    finally:
        _end(process)
        if isolated:
            _remove_groups(namespace)


def _await(engine: Engine, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            engine.docker("info", timeout=10)
            return
        except CannotRun:
            if process.poll() is not None or time.monotonic() > deadline:
                end = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
                raise CannotRun(f"no Docker engine can be started here:\n{end}") from None
        time.sleep(0.5)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End an engine: it ends its containers and its containerd."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _remove_groups(name: str) -> None:
    """Remove the control groups of an engine, which stay when its containers are gone."""
    root = Path("/sys/fs/cgroup")
    for top in [root / name, *root.glob(f"*/{name}")]:
        for folder, _, _ in os.walk(top, topdown=False):
            # One that is used is not removed.
            with suppress(OSError):
                Path(folder).rmdir()


def unmount(folder: Path) -> None:
    """Unmount what engines that were killed have left mounted below a folder."""
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in mounted:
        if Path(place).is_relative_to(folder):
            subprocess.run(["umount", "--lazy", place], check=False)
