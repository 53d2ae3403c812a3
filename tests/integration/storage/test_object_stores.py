"""Both faces of a real Swift: what is listed, fetched, resumed, verified and refused."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
import rasterio
from card_products import write_backscatter, write_raster
from fault_proxy import FaultProxy
from rasterio._env import get_gdal_config

from dias_cbm.errors import (
    ChecksumMismatch,
    ObjectMissing,
    StoreDenied,
    StoreDown,
    StoreError,
    Throttled,
)
from dias_cbm.storage.base import Credentials

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]


def address(face: str, endpoint: str) -> str:
    """The setting ``store`` of the node's container."""
    if face == "s3":
        return f"s3://eodata?endpoint={endpoint}&region=us-east-1"
    return f"swift://eodata?auth={endpoint}/auth/v1.0"


Open = Any
Put = Callable[[str, bytes], str]
Noise = Callable[[int], bytes]

_MB = 1 << 20
_SLOW_DOWN = b"<?xml version='1.0'?><Error><Code>SlowDown</Code></Error>"


def test_a_product_as_both_faces_show_it(face: str, opened: Open, put: Put, tmp_path: Path) -> None:
    put("A/NAME/b.img", b"12345")
    put("A/NAME/data/a.hdr", b"12")
    put("A/NAME/empty", b"")
    put("A/NAME_2/c.img", b"another product")
    store = opened(face)
    files = ["/eodata/A/NAME/b.img", "/eodata/A/NAME/data/a.hdr", "/eodata/A/NAME/empty"]
    assert store.list("/eodata/A/NAME") == files
    assert store.list(files[0]) == files[:1]
    assert store.size("/eodata/A/NAME") == 7
    assert store.exists("/eodata/A/NAME")
    assert store.exists("s3://eodata/A/NAME/b.img")
    assert not store.exists("/eodata/A/NAM")
    # md5 of "12345", from RFC 1321's own program
    assert store.head(files[0]).checksum == "md5:827ccb0eea8a706c4c34a16891f84e7b"
    fetched = store.fetch("/eodata/A/NAME", tmp_path / "NAME")
    assert [file.read_bytes() for file in fetched] == [b"12345", b"12", b""]
    assert sorted(path.name for path in tmp_path.rglob("*.part*")) == []


def test_more_objects_than_a_listing_shows(
    face: str, opened: Open, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dias_cbm.storage.objects._PAGE", 3)
    for number in range(7):
        put(f"many/P/{number}", b"x")
    assert len(opened(face).list("/eodata/many/P")) == 7


def test_what_is_missing(face: str, opened: Open, tmp_path: Path) -> None:
    store = opened(face)
    for ask in (store.list, store.size, store.head):
        with pytest.raises(ObjectMissing, match="nothing"):
            ask("/eodata/nothing")
    with pytest.raises(ObjectMissing):
        store.fetch("/eodata/nothing", tmp_path / "nothing")
    assert list(tmp_path.glob("nothing*")) == []


def test_a_bucket_that_is_not_there(face: str, opened: Open, proxy: FaultProxy) -> None:
    places = {
        "s3": f"s3://elsewhere?endpoint={proxy.url}&region=us-east-1",
        "swift": f"swift://elsewhere?auth={proxy.url}/auth/v1.0",
    }
    with pytest.raises(StoreError, match="there is no such") as caught:
        opened(face, address=places[face]).list("/eodata/A")
    assert not isinstance(caught.value, ObjectMissing)


def test_only_what_is_needed(face: str, opened: Open, put: Put, tmp_path: Path) -> None:
    put("B/P/a.jp2", b"1")
    put("B/P/b.txt", b"2")
    fetched = opened(face).fetch(
        "/eodata/B/P", tmp_path / "P", needed=lambda name: name.endswith(".jp2")
    )
    assert fetched == [tmp_path / "P/a.jp2"]


def test_parts_at_one_time_then_nothing_again(
    face: str, opened: Open, put: Put, noise: Noise, proxy: FaultProxy, tmp_path: Path
) -> None:
    content = noise(_MB + 12345)
    location = put("big", content)
    proxy.delay_s = 0.05
    came: list[int] = []
    store = opened(face, connections=2)
    store.fetch(location, tmp_path / "big", progress=came.append)
    assert (tmp_path / "big").read_bytes() == content
    assert sum(came) == len(content)
    assert proxy.most_at_one_time == 2
    before = proxy.body_bytes
    store.fetch(location, tmp_path / "big")
    assert proxy.body_bytes - before < 2000


def test_one_limit_for_all_stores_of_a_platform(
    opened: Open, put: Put, noise: Noise, proxy: FaultProxy, tmp_path: Path
) -> None:
    location = put("shared", noise(_MB))
    proxy.delay_s = 0.03
    stores = [opened(face, connections=2) for face in ("s3", "swift", "s3")]
    threads = [
        threading.Thread(target=store.fetch, args=(location, tmp_path / str(number)))
        for number, store in enumerate(stores)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({(tmp_path / str(number)).read_bytes() for number in range(3)}) == 1
    assert proxy.most_at_one_time == 2


def segmented(node: Any, how: str, noise: Noise) -> tuple[str, bytes]:
    """Upload an object in three segments; its location and content."""
    connection = node.connection()
    content = noise(2 * _MB + _MB // 2)
    limits = [0, _MB, 2 * _MB, len(content)]
    pieces = [content[start:end] for start, end in pairwise(limits)]
    key = f"segments/{how}.img"
    if how == "multipart":
        client = boto3.client(
            "s3",
            endpoint_url=node.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test:tester",
            aws_secret_access_key="testing",
        )
        place = {"Bucket": "eodata", "Key": key}
        upload = client.create_multipart_upload(**place)["UploadId"]
        parts = [
            {
                "PartNumber": number,
                "ETag": client.upload_part(**place, UploadId=upload, PartNumber=number, Body=piece)[
                    "ETag"
                ],
            }
            for number, piece in enumerate(pieces, start=1)
        ]
        client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
        return f"/eodata/{key}", content
    connection.put_container("parts")
    tags = [
        connection.put_object("parts", f"{how}/{number}", piece)
        for number, piece in enumerate(pieces)
    ]
    if how == "slo":
        manifest = [
            {"path": f"parts/{how}/{number}", "etag": tag, "size_bytes": len(piece)}
            for number, (tag, piece) in enumerate(zip(tags, pieces, strict=True))
        ]
        connection.put_object(
            "eodata", key, json.dumps(manifest), query_string="multipart-manifest=put"
        )
    else:
        connection.put_object("eodata", key, b"", headers={"X-Object-Manifest": f"parts/{how}/"})
    return f"/eodata/{key}", content


@pytest.mark.parametrize("how", ["slo", "dlo", "multipart"])
def test_large_objects_in_segments(
    face: str, how: str, opened: Open, node: Any, noise: Noise, tmp_path: Path
) -> None:
    location, content = segmented(node, how, noise)
    store = opened(face)
    folder = location.rpartition("/")[0]
    assert location in store.list(folder)
    assert store.size(location) == len(content)
    store.fetch(folder, tmp_path / "segments", needed=lambda name: name.startswith(how))
    assert (tmp_path / "segments" / f"{how}.img").read_bytes() == content
    store.fetch(location, tmp_path / "alone")
    assert (tmp_path / "alone").read_bytes() == content
    if face == "swift":
        assert [piece.size for piece in store.head(location).pieces] == [_MB, _MB, _MB // 2]
        assert all(piece.md5 for piece in store.head(location).pieces)


@pytest.mark.parametrize("how", ["plain", "slo", "dlo"])
def test_other_bytes_than_the_store_says(
    how: str, opened: Open, node: Any, put: Put, noise: Noise, proxy: FaultProxy, tmp_path: Path
) -> None:
    if how == "plain":
        content = noise(_MB)
        location = put("flipped", content)
    else:
        location, content = segmented(node, how, noise)
    store = opened("swift")
    proxy.flip = True
    with pytest.raises(ChecksumMismatch, match="md5 of"):
        store.fetch(location, tmp_path / "file")
    assert list(tmp_path.glob("file*")) == []
    proxy.flip = False
    store.fetch(location, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == content


def test_other_bytes_through_s3(
    opened: Open, put: Put, noise: Noise, proxy: FaultProxy, tmp_path: Path
) -> None:
    location = put("flipped", noise(_MB))
    store = opened("s3")
    proxy.flip = True
    with pytest.raises(ChecksumMismatch):
        store.fetch(location, tmp_path / "file")
    assert list(tmp_path.glob("file*")) == []


def test_the_checksum_of_the_catalogue(face: str, opened: Open, put: Put, tmp_path: Path) -> None:
    location = put("listed.tif", b"12345")
    right = "md5:827CCB0EEA8A706C4C34A16891F84E7B"
    assert opened(face).fetch(location, tmp_path / "a", checksum=right)
    with pytest.raises(ChecksumMismatch):
        opened(face).fetch(location, tmp_path / "b", checksum="md5:" + "0" * 32)


def test_replies_that_break_off(
    face: str, opened: Open, put: Put, noise: Noise, proxy: FaultProxy, tmp_path: Path
) -> None:
    """What had come before is not fetched again."""
    content = noise(2 * _MB)
    location = put("cut", content)
    proxy.cut_after = _MB
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
    content = noise(2 * _MB)
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
    location = put("changing", noise(_MB))
    store = opened(face)
    head = store.head(location)
    newer = noise(_MB)
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


def test_range_reads_by_gdal(face: str, opened: Open, put: Put, node: Any, tmp_path: Path) -> None:
    values = np.random.default_rng(2).random((1024, 1024), "f4")
    cog = write_raster(tmp_path / "x.tif", values, tiled=True, blockxsize=256, blockysize=256)
    location = put(f"ranges/{face}.tif", cog.read_bytes())
    envi = write_backscatter(tmp_path, {"Gamma0_VV": values[:64, :64]})
    for file in envi.rglob("Gamma0_VV.*"):
        put(f"ranges/{file.name}", file.read_bytes())
    # Not through the proxy: GDAL waits with the interpreter's lock held.
    store = opened(face, address=address(face, node.endpoint))
    path = store.path(location)
    with store.environment(), rasterio.open(path) as dataset:
        window = rasterio.windows.Window(512, 512, 256, 256)
        assert np.array_equal(dataset.read(1, window=window), values[512:768, 512:768])
    with (
        store.environment(),
        rasterio.open(store.path("/eodata/ranges/Gamma0_VV.img")) as dataset,
    ):
        assert dataset.driver == "ENVI"
        assert np.array_equal(dataset.read(1), values[:64, :64])
    for secret in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "SWIFT_AUTH_TOKEN"):
        assert get_gdal_config(secret) is None
