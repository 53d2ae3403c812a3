"""The cache of chips: whole, bounded, shared by processes, and never in the way."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dias_cbm.chips.cache import ChipCache, chip_cache


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def cache(tmp_path: Path) -> ChipCache:
    return ChipCache(tmp_path / "chips", 100_000)


def test_what_is_put_is_got(cache: ChipCache) -> None:
    assert cache.get(key(1)) is None
    cache.put(key(1), {"width": 3}, b"\n\0image\n")
    assert cache.get(key(1)) == ({"width": 3}, b"\n\0image\n")
    assert ChipCache(cache.folder, 5).get(key(1)) is not None


@pytest.mark.parametrize("content", [b"", b"{}\nx", b"[]\nx", b"no json\nx", b"\xff\nx"])
def test_a_damaged_entry_counts_as_missing(
    cache: ChipCache, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    cache.put(key(1), {}, b"image")
    (entry,) = cache.folder.glob("??/*")
    entry.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert cache.get(key(1)) is None
    assert "cut again" in caplog.text
    cache.put(key(1), {}, b"again")
    assert cache.get(key(1)) == ({}, b"again")


def test_a_flipped_bit_is_seen(cache: ChipCache) -> None:
    cache.put(key(1), {}, b"image")
    (entry,) = cache.folder.glob("??/*")
    entry.write_bytes(entry.read_bytes()[:-1] + b"E")
    assert cache.get(key(1)) is None


def test_the_oldest_are_dropped(cache: ChipCache) -> None:
    for number in range(60):
        cache.put(key(number), {}, bytes(4_000))
        assert size(cache.folder) <= cache.limit
        os.utime(cache.folder / key(number)[:2] / key(number), (number, number))
        if cache.get(key(0)) is None:  # and by that it is the newest
            pytest.fail("the chip that is looked at was dropped")
    kept = [number for number in range(60) if cache.get(key(number))]
    assert kept[1:] == list(range(60 - len(kept) + 1, 60))
    assert 10 < len(kept) < 25


def test_nothing_larger_than_the_cache_is_kept(cache: ChipCache) -> None:
    cache.put(key(1), {}, bytes(200_000))
    assert cache.get(key(1)) is None
    empty = ChipCache(cache.folder, 0)
    empty.put(key(2), {}, b"x")
    assert empty.get(key(2)) is None


def test_a_folder_that_cannot_be_written_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    cache = ChipCache(tmp_path / "file", 100_000)
    with caplog.at_level(logging.WARNING):
        cache.put(key(1), {}, b"image")
    assert "is not kept" in caplog.text
    assert cache.get(key(1)) is None


def test_only_hashes_are_keys(cache: ChipCache) -> None:
    for bad in ("../../etc/passwd", "", key(1).upper(), key(1) + "\n"):
        with pytest.raises(ValueError, match="SHA-256"):
            cache.put(bad, {}, b"")


WRITER = """
import sys
from pathlib import Path
from dias_cbm.chips.cache import ChipCache
import hashlib
cache = ChipCache(Path(sys.argv[1]), 400_000)
print("ready", flush=True)
number = int(sys.argv[2])
while number < int(sys.argv[3]):
    key = hashlib.sha256(str(number % 200).encode()).hexdigest()
    cache.put(key, {"number": number % 200}, str(number % 200).encode() * 1000)
    number += 1
"""


def start(folder: Path, first: int, last: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), str(first), str(last)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_killed_while_writing(tmp_path: Path) -> None:
    """Whatever is there is whole, and what was begun is removed when it is old."""
    writers = [start(tmp_path, number * 1000, 10**9) for number in range(2)]
    for one in writers:
        assert one.stdout
        assert one.stdout.readline() == "ready\n"
    time.sleep(0.5)
    for one in writers:
        os.kill(one.pid, signal.SIGKILL)
        one.wait()
        assert one.stdout
        one.stdout.close()
    cache = ChipCache(tmp_path, 400_000)
    found = [cache.get(key(number)) for number in range(200)]
    whole = [(about["number"], image) for about, image in filter(None, found)]
    assert len(whole) > 10
    assert all(image == str(number).encode() * 1000 for number, image in whole)
    begun = tmp_path / key(1)[:2] / ".0123456789ab.part"
    begun.parent.mkdir(exist_ok=True)
    begun.touch()
    os.utime(begun, (0, 0))
    cache.put(key(500), {}, b"x")
    assert not begun.exists()


def test_processes_together_keep_the_limit(tmp_path: Path) -> None:
    writers = [start(tmp_path, number * 70, number * 70 + 250) for number in range(3)]
    assert [one.wait() for one in writers] == [0, 0, 0]
    for one in writers:
        assert one.stdout
        one.stdout.close()
    assert size(tmp_path) <= 400_000


def test_the_settings_name_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBM_CHIPS_CACHE_FOLDER", str(tmp_path / "here"))
    monkeypatch.setenv("CBM_CHIPS_CACHE_MB", "3")
    cache = chip_cache()
    assert (cache.folder, cache.limit) == (tmp_path / "here", 3 << 20)
    assert chip_cache() is cache
