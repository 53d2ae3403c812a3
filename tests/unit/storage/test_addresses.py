"""The setting ``store``, locations and the parts of a fetch, without any store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dias_cbm.errors import ObjectMissing, SettingsError, StoreDown, StoreError
from dias_cbm.storage.address import read_address
from dias_cbm.storage.base import Credentials, Head, Piece
from dias_cbm.storage.cache import ProductCache
from dias_cbm.storage.fallback import FallbackStore
from dias_cbm.storage.fetching import fetch_all
from dias_cbm.storage.files import FileStore
from dias_cbm.storage.locations import key_of
from dias_cbm.transport.retry import Retry, TryAgain


def test_an_address_with_options() -> None:
    read = read_address("s3://eodata/a/b?endpoint=http://h:1&requester_pays=true", "x")
    assert (read.kind, read.bucket, read.prefix) == ("s3", "eodata", "a/b/")
    assert read.options["endpoint"] == "http://h:1"
    assert read.flag("requester_pays")
    assert read.flag("path_style")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ftp://eodata", "kind 'ftp'"),
        ("s3://", "cannot open"),
        ("s3://user:key@eodata", "cannot open"),
        ("s3://eodata?endpont=x", "unknown option endpont"),
        ("swift://eodata", "lacks the option auth"),
    ],
)
def test_addresses_that_cannot_be_used(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_address(text, "platforms.x.store")


@pytest.mark.parametrize("location", ["/eodata/a/b", "eodata/a/b", "a/b/", "s3://eodata/a/b"])
def test_keys(location: str) -> None:
    assert key_of(location) == "a/b"


@pytest.mark.parametrize("location", ["", "/", "/eodata", "s3://eodata", "/a/../b", "/a\0b"])
def test_locations_that_are_refused(location: str) -> None:
    with pytest.raises(StoreError):
        key_of(location)


def test_secrets_are_not_shown() -> None:
    assert "hidden" not in repr(Credentials("me", "hidden", "hidden too"))


class Source:
    """Gives bytes, except those of parts that are to fail."""

    def __init__(self, content: bytes) -> None:
        self.content, self.given, self.failing = content, [], set[int]()
        self.given: list[int] = []

    def read(self, head: Head, start: int, end: int) -> Iterator[bytes]:
        if start in self.failing:
            raise TryAgain(StoreDown("down"))
        self.given.append(start)
        yield self.content[start:end]


def fetch(source: Source, file: Path, etag: str = "1") -> None:
    head = Head("/eodata/x", 10, etag, (Piece(10, None),))
    retry = Retry(2, sleep=lambda _: None)
    fetch_all(source, [(head, file)], connections=1, part_bytes=4, retry=retry)


def test_parts_that_came_are_not_asked_for_again(tmp_path: Path) -> None:
    source = Source(b"0123456789")
    source.failing = {8}
    with pytest.raises(StoreDown):
        fetch(source, tmp_path / "x")
    assert not (tmp_path / "x").exists()
    source.failing = set()
    fetch(source, tmp_path / "x")
    assert source.given == [0, 4, 8]
    assert (tmp_path / "x").read_bytes() == b"0123456789"
    assert list(tmp_path.glob("x*")) == [tmp_path / "x"]


def test_parts_of_another_object_are_not_used(tmp_path: Path) -> None:
    source = Source(b"0123456789")
    source.failing = {8}
    with pytest.raises(StoreDown):
        fetch(source, tmp_path / "x")
    newer = Source(b"abcdefghij")
    fetch(newer, tmp_path / "x", etag="2")
    assert (tmp_path / "x").read_bytes() == b"abcdefghij"


def test_the_longest_unused_product_goes_first(tmp_path: Path) -> None:
    cache = ProductCache(tmp_path / "cache", 3 * 8192)

    def fill(destination: Path) -> None:
        destination.write_bytes(b"x" * 8192)

    def hold(name: str) -> bool:
        fresh: list[str] = []
        with cache.holding(name, name, lambda: 8192, lambda p: (fill(p), fresh.append(name))[0]):
            pass
        return bool(fresh)

    assert [hold(name) for name in "abcabc"] == [True, True, True, False, False, False]
    assert hold("d")
    assert not hold("c")
    assert hold("a")
    with cache.holding("a", "a", lambda: 0, fill) as path:
        assert not cache.drop("a")
        assert path.is_file()
    assert cache.drop("a")
    assert not path.exists()


def test_the_next_platform(tmp_path: Path) -> None:
    first, second = (FileStore(tmp_path / name, name) for name in ("first", "second"))
    (tmp_path / "first").mkdir()
    (tmp_path / "second/P").mkdir(parents=True)
    (tmp_path / "second/P/file").write_bytes(b"12345")
    chain = FallbackStore([first, second])
    assert chain.size("/eodata/P") == 5
    assert chain.platform == "second"
    with pytest.raises(ObjectMissing, match=r"second: .*; first: "):
        chain.size("/eodata/Q")
