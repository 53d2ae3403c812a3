"""Archives that unpack to far more than their size, or than there is room for."""

from __future__ import annotations

import random
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import geopandas
import pytest
from odd_parcel_files import squares

from dias_cbm.errors import CardFailed, CbmError, CorruptProduct, ParcelFileError
from dias_cbm.parcels.source import ParcelFile
from dias_cbm.products.readers.archive import unpack_whole, unpacked
from dias_cbm.zip_limits import MOST_FILES, SMALL_BYTES, excess

SAFE = "S1A_IW.SAFE"


def bomb(path: Path, *names: str, size: int = 400 << 20) -> Path:
    """A zip whose last file is nothing but zeros."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in names[:-1]:
            archive.writestr(name, "x")
        with archive.open(names[-1], "w") as file:
            for _ in range(size >> 20):
                file.write(b"\0" * (1 << 20))
    return path


def parcels(path: Path) -> ParcelFile:
    return ParcelFile(path, id_column="pid", crop_column="crop")


def whole(path: Path) -> None:
    unpack_whole(path, path.parent / "product")


def wanted(path: Path) -> None:
    with unpacked(path, path.parent / "scratch", lambda _: True, marker="annotation"):
        pass


@pytest.mark.parametrize(
    ("name", "inside", "read", "error"),
    [
        ("a.zip", "a.gpkg", parcels, ParcelFileError),
        ("a.zip", "a.dbf", parcels, ParcelFileError),
        ("download", "a.geojson", parcels, ParcelFileError),
        ("a.kmz", "doc.kml", parcels, ParcelFileError),
        ("a.shz", "a.shp", parcels, ParcelFileError),
        ("a.zip", f"{SAFE}/measurement/vv.tiff", whole, CorruptProduct),
        ("a.zip", f"{SAFE}/measurement/vv.tiff", wanted, CorruptProduct),
    ],
)
def test_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, name: str, inside: str, read: Callable[[Path], object], error: type[CbmError]
) -> None:
    path = bomb(tmp_path / name, f"{SAFE}/annotation/a.xml", inside)
    assert path.stat().st_size < 2 << 21
    with pytest.raises(error, match=r"unpacks to 0\.4 GB, \d+ times its size"):
        read(path)
    found = {one.name for one in tmp_path.rglob("*") if one.is_file()}
    assert found == {path.name, "cbm.toml"}


def test_files_that_overlap_count_each(tmp_path: Path) -> None:
    path = bomb(tmp_path / "a.zip", "a.gpkg", size=200 << 20)
    with zipfile.ZipFile(path) as archive:
        assert excess(archive, archive.infolist()) is None
        assert excess(archive, archive.infolist() * 2) is not None
        assert "100,001 files" in str(excess(archive, archive.infolist() * (MOST_FILES + 1)))


def test_a_nested_archive_is_not_unpacked(tmp_path: Path) -> None:
    inner = bomb(tmp_path / "inner.zip", f"{SAFE}/annotation/a.xml", "a.gpkg")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(inner, "inner.zip")
    with pytest.raises(ParcelFileError, match=r"holds no vector file: it holds inner\.zip"):
        parcels(tmp_path / "outer.zip")
    with pytest.raises(CorruptProduct, match="is not the SAFE expected"):
        wanted(tmp_path / "outer.zip")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_other_archives_are_not_unpacked(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.zip"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        archive.add(Path(__file__), f"{SAFE}/annotation/a.xml")
    with pytest.raises(ParcelFileError, match="archive, which cannot be read"):
        parcels(path)
    with pytest.raises(CorruptProduct, match="cannot be unpacked: File is not a zip file"):
        wanted(path)


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("damage", [b"\0" * 300, b"\xff" * 300])
def test_a_run_of_other_bytes_makes_it_a_corrupt_product(
    tmp_path: Path, packing: int, damage: bytes
) -> None:
    path, pixels = tmp_path / "a.zip", random.Random(1).randbytes(20_000) * 2
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr(f"{SAFE}/annotation/a.xml", pixels)
    good = path.read_bytes()
    for first in range(100, len(good) - 2 * len(damage), len(good) // 12):
        path.write_bytes(good[:first] + damage + good[first + len(damage) :])
        with pytest.raises(CorruptProduct, match=r"cannot be unpacked|is not the SAFE"):
            wanted(path)


@pytest.mark.parametrize("names", [("a", "a/b/c"), ("a/b", "a"), ("x" * 300,)])
def test_names_that_no_folder_can_have_make_it_a_corrupt_product(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    path = tmp_path / "here" / "a.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(f"{SAFE}/{name}", "x")
    with pytest.raises(CorruptProduct, match=r"cannot be unpacked|contains a file twice"):
        whole(path)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("read", [whole, wanted])
def test_no_room_to_unpack(
    tmp_path: Path, read: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{SAFE}/annotation/a.xml", "x" * (50 << 20))
    room = SMALL_BYTES + (49 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=room))
    with pytest.raises(CardFailed, match=r"needs 0\.1 GB to unpack, more than is free"):
        read(path)
    room += 2 << 20
    read(path)


def test_a_dense_table_of_parcels_is_read(tmp_path: Path) -> None:
    """Texts padded to 254 letters shrink a hundredfold."""
    columns = {f"c{number}": [""] * 3000 for number in range(40)}
    frame = geopandas.GeoDataFrame(
        {"pid": range(3000), "crop": "x", **columns}, geometry=squares(3000), crs=25832
    )
    frame.to_file(tmp_path / "a.shp")
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for one in tmp_path.glob("a.[!z]*"):
            archive.write(one, one.name)
    assert len(parcels(tmp_path / "a.zip")) == 3000
