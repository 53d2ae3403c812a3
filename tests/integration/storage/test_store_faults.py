"""Both faces of a real Swift that break off, refuse, change, slow down or go away."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from fault_proxy import FaultProxy
from swift_node import MB, Noise, Open, Put

from dias_cbm.errors import StoreDenied, StoreDown, StoreError, Throttled
from dias_cbm.storage.base import Credentials

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]
_SLOW_DOWN = b"<?xml version='1.0'?><Error><Code>SlowDown</Code></Error>"


def test_replies_that_break_off(
    face: str, opened: Open, put: Put, noise: Noise, proxy: FaultProxy, tmp_path: Path
) -> None:
    """What had come before is not fetched again."""
    content = noise(2 * MB)
    location = put("cut", content)
    proxy.cut_after = MB
    with pytest.raises(StoreDown):
        opened(face, connections=1).fetch(location, tmp_path / "cut")
    assert not (tmp_path / "cut").exists()
    proxy.cut_after, before = None, proxy.body_bytes
    came: list[int] = []
    opened(face).fetch(location, tmp_path / "cut", progress=came.append)
    assert (tmp_path / "cut").read_bytes() == content
    assert proxy.body_bytes - before < len(content) * 0.75
    assert sum(came) == len(content)


def test_a_listing_that_breaks_off_is_not_empty(
    face: str, opened: Open, put: Put, proxy: FaultProxy
) -> None:
    location = put("there/file", b"x").rpartition("/")[0]
    store = opened(face)
    assert store.exists(location)
    proxy.cut_after = 0
    with pytest.raises(StoreDown):
        store.exists(location)


def test_the_server_killed_in_the_middle(
    face: str, opened: Open, put: Put, noise: Noise, proxy: FaultProxy, node: Any, tmp_path: Path
) -> None:
    content = noise(2 * MB)
    location = put("killed", content)
    proxy.delay_s = 0.15
    store = opened(face, connections=1)

    def kill() -> None:
        marks = tmp_path / "killed.part.done"
        until = time.monotonic() + 10
        while time.monotonic() < until and not (
            marks.exists() and len(marks.read_text().splitlines()) > 2
        ):
            time.sleep(0.01)
        os.kill(node.pid("proxy"), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(StoreDown):
        store.fetch(location, tmp_path / "killed")
    killer.join()
    node.script("start")
    proxy.delay_s, before = 0.0, proxy.body_bytes
    store.fetch(location, tmp_path / "killed")
    assert (tmp_path / "killed").read_bytes() == content
    assert proxy.body_bytes - before < len(content)


def test_an_object_that_changes_while_it_is_fetched(
    face: str, opened: Open, put: Put, noise: Noise, tmp_path: Path
) -> None:
    location = put("changing", noise(MB))
    store = opened(face)
    head = store.head(location)
    newer = noise(MB)
    put("changing", newer)
    with pytest.raises(StoreError, match="changed during"):
        list(store.read(head, 0, 10))
    store.fetch(location, tmp_path / "changing")
    assert (tmp_path / "changing").read_bytes() == newer


@pytest.mark.parametrize(
    "credentials", [Credentials("test:tester", "wrong"), Credentials("nobody", "x"), None]
)
def test_credentials_that_are_refused(
    face: str, opened: Open, credentials: Credentials | None, proxy: FaultProxy
) -> None:
    with pytest.raises(StoreDenied):
        opened(face, credentials).list("/eodata/A")
    assert len(proxy.requests) <= 2


def test_a_token_that_ran_out_is_renewed(opened: Open, put: Put, node: Any, tmp_path: Path) -> None:
    location = put("token", b"x")
    store = opened("swift")
    assert store.size(location) == 1
    cache = int((node.folder / "port").read_text()) + 4
    with socket.create_connection(("127.0.0.1", cache), 5) as memcached:
        memcached.sendall(b"flush_all\r\n")
        assert memcached.recv(10) == b"OK\r\n"
    assert store.size(location) == 1


@pytest.mark.parametrize(
    ("status", "headers"), [(503, {"Retry-After": "7"}), (429, {"Retry-After": "7"}), (429, {})]
)
def test_a_store_that_asks_to_slow_down(
    face: str,
    opened: Open,
    put: Put,
    proxy: FaultProxy,
    status: int,
    headers: dict[str, str],
    tmp_path: Path,
) -> None:
    location = put("slow", b"x")
    waits: list[float] = []
    store = opened(face, sleep=waits.append)
    assert store.exists(location)
    proxy.answers = [(status, headers, _SLOW_DOWN)] * 2
    store.fetch(location, tmp_path / "slow")
    assert waits == [7, 7] if headers else (len(waits) == 2 and waits[1] > waits[0])
    proxy.answers = [(status, headers, _SLOW_DOWN)] * 3
    with pytest.raises(Throttled):
        store.list(location)


def test_a_store_that_is_down(face: str, opened: Open) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}"
        waits: list[float] = []
        places = {
            "s3": f"s3://eodata?endpoint={closed}",
            "swift": f"swift://eodata?auth={closed}/auth/v1.0",
        }
        with pytest.raises(StoreDown):
            opened(face, address=places[face], sleep=waits.append).list("/eodata/A")
    assert len(waits) == 2


def test_one_object_that_the_store_does_not_give_is_no_store_that_is_away(
    face: str, opened: Open, put: Put, proxy: FaultProxy, tmp_path: Path
) -> None:
    location = put("withheld", b"x")
    store = opened(face)
    assert store.exists(location)
    proxy.broken = "withheld"
    for ask in (store.head, lambda place: store.fetch(place, tmp_path / "withheld")):
        with pytest.raises(StoreError, match=r"500.*answers other requests") as caught:
            ask(location)
        assert type(caught.value) is StoreError
    proxy.broken = "/"
    with pytest.raises(StoreDown):
        store.head(location)
