"""Both faces of a real Swift: what is listed, fetched and verified."""

from __future__ import annotations

import json
import threading
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
from swift_node import MB, Noise, Open, Put, address

from dias_cbm.errors import ChecksumMismatch, ObjectMissing, StoreError

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]


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
    content = noise(MB + 12345)
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
    location = put("shared", noise(MB))
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
    content = noise(2 * MB + MB // 2)
    limits = [0, MB, 2 * MB, len(content)]
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
        assert [piece.size for piece in store.head(location).pieces] == [MB, MB, MB // 2]
        assert all(piece.md5 for piece in store.head(location).pieces)


@pytest.mark.parametrize("how", ["plain", "slo", "dlo"])
def test_other_bytes_than_the_store_says(
    how: str, opened: Open, node: Any, put: Put, noise: Noise, proxy: FaultProxy, tmp_path: Path
) -> None:
    if how == "plain":
        content = noise(MB)
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
    location = put("flipped", noise(MB))
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
