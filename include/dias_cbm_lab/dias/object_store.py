"""The demo's products in an object store: a local OpenStack Swift, used as Swift or as S3."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from swiftclient import client as swift

from dias_cbm.errors import ServiceError
from dias_cbm_lab.demo.folder import ROOT, RunFolder

#: What ``--storage`` may be; the first one is a folder.
KINDS = ("files", "s3", "swift")
CONTAINER = "eodata"
#: The account of ``scripts/swift.sh``: not a secret, since it listens on this machine only.
USER, SECRET = "test:tester", "testing"
_UPLOADS = 4


def address(kind: str, endpoint: str) -> str:
    """The setting ``store`` of the local platform.

    :param kind: ``s3`` or ``swift``.
    """
    if kind == "s3":
        return f"s3://{CONTAINER}?endpoint={endpoint}&region=us-east-1"
    return f"swift://{CONTAINER}?auth={endpoint}/auth/v1.0"


def start(run: RunFolder, progress: Callable[[int, int], None] | None = None) -> str:
    """Start the store and upload the season's products, unless they are there.

    :param progress: takes the number of files uploaded, and of all files.
    :returns: its address.
    :raises ServiceError: it is not installed, or does not start.
    """
    _script(run, "start")
    endpoint = _script(run, "endpoint").strip()
    if not run.uploaded.exists():
        _upload(run, endpoint, progress or (lambda done, of: None))
        run.uploaded.touch()
    return endpoint


def stop(run: RunFolder) -> None:
    """Stop the store if it is running; its contents stay."""
    _script(run, "stop")


def running(run: RunFolder) -> str:
    """``running on ...`` or ``not running``."""
    done = _call(run, "status")
    return done.stderr.strip().removeprefix("swift: ")


def _upload(run: RunFolder, endpoint: str, progress: Callable[[int, int], None]) -> None:
    files = sorted(path for path in run.store.rglob("*") if path.is_file())
    _connection(endpoint).put_container(CONTAINER)
    with ThreadPoolExecutor(_UPLOADS) as pool:
        done: Iterator[None] = pool.map(lambda path: _put(endpoint, run.store, path), files)
        for number, _ in enumerate(done, start=1):
            progress(number, len(files))


def _put(endpoint: str, root: Path, path: Path) -> None:
    connection = _connection(endpoint)
    try:
        with path.open("rb") as content:
            connection.put_object(CONTAINER, path.relative_to(root).as_posix(), content)
    finally:
        connection.close()


def _connection(endpoint: str) -> swift.Connection:
    return swift.Connection(f"{endpoint}/auth/v1.0", USER, SECRET)


def _script(run: RunFolder, command: str) -> str:
    done = _call(run, command)
    if done.returncode:
        raise ServiceError(done.stderr.strip(), subject=f"swift.sh {command}")
    return done.stdout


def _call(run: RunFolder, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "scripts" / "swift.sh"), command],
        env={**os.environ, "CBM_RUN_FOLDER": str(run.root)},
        check=False,
        capture_output=True,
        text=True,
    )
