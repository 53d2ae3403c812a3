"""The surroundings of a deployment: the local DIAS, a mailbox, and an object store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dias_cbm_lab.demo.folder import RunFolder
from dias_cbm_lab.dias import object_store
from scripts.deployment import network, programs
from scripts.deployment.installation import PORTS
from scripts.deployment.programs import ROOT, call

#: The port of the object store, below its namespace's address.
STORE_PORT = 18080
_ANY = "0.0.0.0"  # noqa: S104


@contextmanager
def services(run: RunFolder, namespace: str = network.NAME) -> Iterator[None]:
    """The local DIAS and a mailbox, inside a namespace."""
    python = [sys.executable, "-m"]
    listens = ("--host", _ANY, "--port")
    dias = ["dias_cbm_lab.dias.server", "--folder", str(run.season), *listens, str(PORTS["dias"])]
    mail = ["dias_cbm_lab.demo.mailbox", "--folder", str(run.mail), *listens, str(PORTS["smtp"])]
    with (run.root / "outside.log").open("ab") as log:
        started = [
            subprocess.Popen(
                programs.mortal(network.inside([*python, *command], namespace)),
                cwd=ROOT,
                env=programs.surroundings(),
                stdout=log,
                stderr=log,
            )
            for command in (dias, mail)
        ]
    try:
        yield
    finally:
        for process in started:
            process.terminate()
            process.wait()


@contextmanager
def store(run: RunFolder, namespace: str, buckets: tuple[str, ...]) -> Iterator[None]:
    """An empty object store inside a namespace; its account is that of the demo.

    :param buckets: to be created in it.
    """
    environment = {
        "CBM_RUN_FOLDER": str(run.root),
        "CBM_SWIFT_ADDRESS": _ANY,
        "CBM_SWIFT_PORT": str(STORE_PORT),
    }

    def script(command: str) -> None:
        words = network.inside([str(ROOT / "scripts" / "swift.sh"), command], namespace)
        call(words, environment=environment)

    script("remove")
    script("start")
    try:
        login = ("--auth", f"http://127.0.0.1:{STORE_PORT}/auth/v1.0")
        account = ("--user", object_store.USER, "--key", object_store.SECRET)
        client = [sys.executable, "-m", "swiftclient.shell", *login, *account]
        for bucket in buckets:
            call(network.inside([*client, "post", bucket], namespace))
        yield
    finally:
        script("remove")
