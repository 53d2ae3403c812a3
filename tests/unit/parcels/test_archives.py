"""Archives of parcel files as people have them."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import geopandas
import pytest
from odd_parcel_files import squares

from dias_cbm.errors import ParcelFileError
from dias_cbm.parcels.source import ParcelFile
from dias_cbm.vector_archive import opened_by_ogr


def parcels(path: Path, **options: object) -> ParcelFile:
    columns = {"id_column": "pid", "crop_column": "crop"}
    return ParcelFile(path, **columns | options)  # type: ignore[arg-type]


def written(folder: Path, name: str, **options: object) -> Path:
    frame = geopandas.GeoDataFrame(
        {"pid": ["a", "b"], "crop": ["x", "y"]}, geometry=squares(2), crs=25832
    )
    frame.to_file(folder / name, **options)
    return folder / name


def zipped(path: Path, files: dict[str, Path | bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            if isinstance(content, bytes):
                archive.writestr(name, content)
            else:
                archive.write(content, name)
    return path


def shapefile(folder: Path, name: str = "fields") -> dict[str, Path | bytes]:
    path = written(folder, f"{name}.shp")
    return {f"Data/{each.name}": each for each in folder.glob(f"{path.stem}.*")}


@pytest.mark.parametrize("name", ["a.zip", "A.ZIP", "download", "parcels.dat"])
def test_a_zip_of_macos_under_any_name(tmp_path: Path, name: str) -> None:
    files = shapefile(tmp_path)
    litter = {f"__MACOSX/Data/._{Path(each).name}": b"\0\5\x16\7" for each in files}
    litter |= {"Data/.DS_Store": b"x", "Data/._fields.shp": b"x"}
    assert parcels(zipped(tmp_path / name, litter | files)).pid == ["a", "b"]


def test_a_stray_file_of_metadata(tmp_path: Path) -> None:
    files = {"Data/metadata.json": b'{"title": "LPIS", "type": "dataset"}', **shapefile(tmp_path)}
    assert parcels(zipped(tmp_path / "a.zip", files)).pid == ["a", "b"]
    real = {"fields.json": written(tmp_path, "fields.geojson"), "package.json": b"{}"}
    assert parcels(zipped(tmp_path / "b.zip", real)).pid == ["a", "b"]


def test_a_geodatabase_as_a_folder_and_in_a_zip(tmp_path: Path) -> None:
    path = written(tmp_path, "LPIS.gdb", driver="OpenFileGDB", layer="fields")
    assert parcels(path).pid == ["a", "b"]
    files: dict[str, Path | bytes] = {f"deep/LPIS.gdb/{each.name}": each for each in path.iterdir()}
    assert parcels(zipped(tmp_path / "a.zip", files)).pid == ["a", "b"]


@pytest.mark.parametrize("log", ["wal", "journal"])
def test_a_geopackage_packed_before_its_changes_are_in_it(tmp_path: Path, log: str) -> None:
    path = written(tmp_path, "w.gpkg")
    files: dict[str, Path | bytes] = {"w.gpkg": path, f"w.gpkg-{log}": b"", "w.gpkg-shm": b"x"}
    assert parcels(zipped(tmp_path / "a.zip", files)).pid == ["a", "b"]
    files[f"w.gpkg-{log}"] = b"changes"
    with pytest.raises(ParcelFileError, match=f"holds w.gpkg-{log}, with changes .* pack it again"):
        parcels(zipped(tmp_path / "b.zip", files))


def test_several_shapefiles_of_one_folder_are_layers(tmp_path: Path) -> None:
    files = shapefile(tmp_path) | shapefile(tmp_path, "blocks")
    path = zipped(tmp_path / "a.zip", files)
    with pytest.raises(ParcelFileError, match=r"has 2 layers \(choose with --layer: .*'blocks'"):
        parcels(path)
    assert parcels(path, layer="blocks").pid == ["a", "b"]


def test_a_zip_without_just_one_vector_file_is_listed(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"readme.txt": b"x", "inner.zip": b"x"})
    with pytest.raises(ParcelFileError, match=r"no vector file: it holds readme.txt, inner.zip"):
        parcels(path)
    two = {"a.gpkg": written(tmp_path, "a.gpkg"), "b/b.fgb": written(tmp_path, "b.fgb")}
    with pytest.raises(ParcelFileError, match=r"holds 2 vector files: a.gpkg, b/b.fgb"):
        parcels(zipped(tmp_path / "b.zip", two))
    with pytest.raises(ParcelFileError, match="holds no vector file: it holds nothing"):
        parcels(zipped(tmp_path / "c.zip", {}))
    with pytest.raises(ParcelFileError, match=r"Parquet is read without a zip"):
        parcels(zipped(tmp_path / "d.zip", {"a.parquet": b"PAR1"}))


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"7z\xbc\xaf\x27\x1c\0\4", "7z"), (b"Rar!\x1a\x07\1\0", "rar"), (b"\x1f\x8b\x08", "gzip")],
)
@pytest.mark.parametrize("name", ["a.7z", "a.zip", "a"])
def test_archives_of_other_kinds(tmp_path: Path, content: bytes, kind: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content + b"\0" * 300)
    with pytest.raises(ParcelFileError, match=f"is a {kind} archive, which cannot be read"):
        parcels(path)


def test_a_tar_archive(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(written(tmp_path, "a.gpkg"), "a.gpkg")
    with pytest.raises(ParcelFileError, match="is a tar archive"):
        parcels(tmp_path / "a.tar")


def test_damaged_and_locked_archives(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", shapefile(tmp_path))
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(ParcelFileError, match="is a damaged archive"):
        parcels(path)
    locked = bytearray(whole)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + flags] |= 1
    path.write_bytes(locked)
    with pytest.raises(ParcelFileError, match="is an archive with a password"):
        parcels(path)
    path.write_bytes(b"not a zip at all")
    with pytest.raises(ParcelFileError, match="is a damaged archive"):
        parcels(path)


def test_a_damaged_member_is_found_by_its_checksum(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.geojson": written(tmp_path, "a.geojson")})
    content = path.read_bytes()
    path.write_bytes(content.replace(b"512000", b"572000", 1))
    with pytest.raises(ParcelFileError, match="is a damaged archive"):
        parcels(path)


@pytest.mark.parametrize(
    ("path", "message"),
    [("/proc/self/mem", "/proc/self/mem: cannot be read"), ("/dev/null", "is neither a file nor")],
)
def test_a_file_that_cannot_be_read_is_named(path: str, message: str) -> None:
    with pytest.raises(ParcelFileError, match=message):
        opened_by_ogr(Path(path))
