"""A real Swift with its S3 face, started once a test process; products uploaded into it."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fault_proxy import FaultProxy, fault_proxy
from swift_node import CONTAINER, Noise, Open, Put, address
from swiftclient import client as swift

from dias_cbm.storage.address import read_address
from dias_cbm.storage.base import Credentials
from dias_cbm.storage.connection_limit import ConnectionLimit
from dias_cbm.storage.objects import ObjectStore
from dias_cbm.storage.s3 import S3Store
from dias_cbm.storage.swift import SwiftStore
from dias_cbm.transport.retry import Retry

ROOT = Path(__file__).resolve().parents[3]
CREDENTIALS = Credentials("test:tester", "testing")


@dataclass(frozen=True)
class Node:
    """The running Swift."""

    endpoint: str
    folder: Path
    environment: dict[str, str]

    def script(self, command: str) -> None:
        subprocess.run(
            [ROOT / "scripts/swift.sh", command],
            env=self.environment,
            check=True,
            capture_output=True,
            timeout=180,
        )

    def pid(self, server: str) -> int:
        return int((self.folder / f"{server}.pid").read_text())

    def connection(self) -> swift.Connection:
        return swift.Connection(f"{self.endpoint}/auth/v1.0", CREDENTIALS.user, CREDENTIALS.secret)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Node]:
    if shutil.which("swift-proxy-server") is None:
        reason = "no OpenStack Swift: run scripts/setup.sh --test-services"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    run = tmp_path_factory.mktemp("swift")
    number = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    environment = dict(os.environ) | {
        "CBM_RUN_FOLDER": str(run),
        "CBM_SWIFT_PORT": str(18600 + 1000 * number + os.getpid() % 190 * 5),
    }
    node = Node("", run / "swift", environment)
    try:
        node.script("start")
        port = (run / "swift/port").read_text().strip()
        node = Node(f"http://127.0.0.1:{port}", run / "swift", environment)
        node.connection().put_container(CONTAINER)
        yield node
    finally:
        node.script("remove")


@pytest.fixture
def proxy(node: Node) -> Iterator[FaultProxy]:
    with fault_proxy(node.endpoint) as proxy:
        yield proxy


@pytest.fixture(params=["s3", "swift"])
def face(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def opened(tmp_path: Path, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open the store through the proxy, by either face, with small parts and short waits."""
    monkeypatch.setenv("CBM_STORE_PART_MB", "0.25")
    monkeypatch.setenv("CBM_HTTP_TIMEOUT_S", "10")
    monkeypatch.setenv("CBM_STORE_CACHE_FOLDER", str(tmp_path / "products"))

    def open_it(
        face: str,
        credentials: Credentials | None = CREDENTIALS,
        *,
        connections: int = 4,
        attempts: int = 3,
        sleep: Callable[[float], None] = lambda _: None,
        **options: Any,
    ) -> ObjectStore:
        kind: type[ObjectStore] = {"s3": S3Store, "swift": SwiftStore}[face]
        text = options.get("address") or address(face, proxy.url)
        return kind(
            "local",
            read_address(text, "test"),
            credentials,
            connections=ConnectionLimit("local", connections, tmp_path / "connections"),
            retry=Retry(attempts, 0.01, sleep=sleep),
        )

    return open_it


@pytest.fixture
def put(node: Node) -> Put:
    """Upload an object; its location."""

    def upload(key: str, content: bytes) -> str:
        node.connection().put_object(CONTAINER, key, content)
        return f"/eodata/{key}"

    return upload


@pytest.fixture
def noise() -> Noise:
    """Bytes without pattern, so that nothing that is shifted or swapped passes."""
    return random.Random(4).randbytes
