"""A client whose link is cut holds its locks for less than a minute.

It lives in a network namespace of its own, and the server is one of its own on the only link to it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dias_cbm.db.connection import connect
from dias_cbm.db.locks import hold_named

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

_PORT = 54999
_HOLDER = """
import sys, time
from dias_cbm.db.connection import connect
from dias_cbm.db.locks import hold_named
connection = connect(sys.argv[1])
hold_named(connection, "a unit")
sys.stdout.write("held\\n")
sys.stdout.flush()
time.sleep(300)
"""


def sh(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True, cwd="/")


@pytest.fixture
def link() -> Iterator[tuple[str, str]]:
    """A namespace and the address at which it sees us."""
    if os.geteuid() or shutil.which("ip") is None:
        pytest.skip("needs root and ip for a network namespace")
    number = os.getpid() % 10_000
    space, ours, theirs = f"cbm{number}", f"cbma{number}", f"cbmb{number}"
    net = f"10.213.{number % 256}"
    made = ("netns", "add", space), ("link", "add", ours, *f"type veth peer name {theirs}".split())
    try:
        for words in (*made, ("link", "set", theirs, "netns", space)):
            sh("ip", *words)
    except subprocess.CalledProcessError as error:
        subprocess.run(["ip", "link", "del", ours], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "del", space], check=False, capture_output=True)
        pytest.skip(f"no linked network namespaces here: {error.stderr.decode().strip()}")
    try:
        sh("ip", "addr", "add", f"{net}.1/30", "dev", ours)
        sh("ip", "link", "set", ours, "up")
        sh("ip", "-n", space, "addr", "add", f"{net}.2/30", "dev", theirs)
        sh("ip", "-n", space, "link", "set", theirs, "up")
        yield space, f"{net}.1"
    finally:
        sh("ip", "netns", "del", space)


@pytest.fixture
def server(link: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL that listens at our end of the link; its address."""
    binaries = Path("/usr/lib/postgresql/15/bin")
    folder = Path("/tmp", f"cbm-vanished-{os.getpid()}")  # noqa: S108, where postgres may enter
    as_postgres = ("runuser", "-u", "postgres", "--")
    sh("install", "-d", "-o", "postgres", folder)
    options = f"-c listen_addresses={link[1]} -c port={_PORT} -c unix_socket_directories={folder}"
    try:
        sh(*as_postgres, binaries / "initdb", "-D", folder / "data", "-U", "cbm", "-A", "trust")
        with (folder / "data/pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet trust\n")
        start = ("start", "-w", "-D", folder / "data", "-l", folder / "log", "-o", options)
        sh(*as_postgres, binaries / "pg_ctl", *start)
        yield f"postgresql://cbm@{link[1]}:{_PORT}/postgres"
        sh(*as_postgres, binaries / "pg_ctl", "stop", "-m", "immediate", "-D", folder / "data")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_the_next_one_has_the_lock_within_a_minute(link: tuple[str, str], server: str) -> None:
    command = ["ip", "netns", "exec", link[0], sys.executable, "-c", _HOLDER, server]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            sh("ip", "-n", link[0], "link", "set", f"cbmb{link[0][3:]}", "down")
            cut = time.monotonic()
            with connect(server) as other:
                other.execute("set lock_timeout = '100s'")
                hold_named(other, "a unit")
            waited = time.monotonic() - cut
        finally:
            holder.kill()
    assert 5 < waited < 60
