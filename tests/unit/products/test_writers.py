"""Writers: blocks in any order, the platforms' layouts, one rename, nothing left after an error."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from file_limit import room_for
from lxml import etree
from rasterio._err import CPLE_AppDefinedError
from rasterio.crs import CRS

from dias_cbm.errors import CardFailed, GridError
from dias_cbm.products.atomic_folder import disk_errors
from dias_cbm.products.model import Grid
from dias_cbm.products.open import open_product
from dias_cbm.products.provenance import as_tags
from dias_cbm.products.validate import validate
from dias_cbm.products.writers import DimapWriter, GeoTiffWriter
from dias_cbm.products.writers.rounding import round_to_bits
from dias_cbm.scenes import Kind

BS = "S1A_IW_GRDH_1SDV_20180511T053956_20180511T054021_021853_025B9C_1234_CARD_BS"
COH6 = "S1A_20180511T053956_20180505T053901_A_B_C_CARD-COH6"
GRID = Grid(CRS.from_epsg(32632), Affine(10, 0, 500_000, 0, -10, 6_300_000), 700, 600)
VALUES = np.random.default_rng(1).random((600, 700), dtype=np.float32) + 0.01


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where products go; nothing else is there."""
    return tmp_path / "products"


def _fill(writer: DimapWriter | GeoTiffWriter) -> None:
    """Blocks of odd sizes from the last to the first; the upper left corner stays empty."""
    for band, factor in (("VV", 1.0), ("VH", 0.25)):
        for row in (401, 0):
            for column in (333, 100):
                rows = slice(row, {401: 600, 0: 401}[row])
                columns = slice(column, {333: 700, 100: 333}[column])
                writer.write(band, row, column, VALUES[rows, columns] * np.float32(factor))


def _expected(factor: float) -> np.ndarray:
    expected = VALUES * np.float32(factor)
    expected[:, :100] = 0
    return expected


@pytest.mark.parametrize(("name", "cog"), [(BS, None), (COH6, False), (COH6, True)])
def test_what_was_written_is_read(folder: Path, name: str, cog: bool | None) -> None:
    path = folder / name
    writer: DimapWriter | GeoTiffWriter = DimapWriter(path, GRID, ("VV", "VH"))
    if cog is not None:
        writer = GeoTiffWriter(path, GRID, ("VV", "VH"), cog=cog)
    with writer:
        _fill(writer)
        assert not path.exists()
    product = open_product(path)
    validate(product)
    assert [entry.name for entry in folder.iterdir()] == [name]
    for band, factor in (("VV", 1.0), ("VH", 0.25)):
        opened = product.bands[band]
        assert opened.grid == GRID
        with rasterio.open(opened.path) as dataset:
            np.testing.assert_array_equal(dataset.read(opened.index), _expected(factor))
            assert dataset.nodata == 0


def test_dimap_is_as_the_platforms_have_it(folder: Path) -> None:
    path = folder / BS
    with DimapWriter(path, GRID, ("VV", "VH"), tags=as_tags({"engine": "x", "dem": None})) as out:
        _fill(out)
    assert sorted(file.relative_to(path).as_posix() for file in path.rglob("*.*")) == [
        f"{BS}.data",
        *(f"{BS}.data/Gamma0_{p}.{e}" for p in ("VH", "VV") for e in ("hdr", "img")),
        f"{BS}.dim",
    ]
    stored = np.fromfile(path / f"{BS}.data" / "Gamma0_VV.img", ">f4").reshape(600, 700)
    np.testing.assert_array_equal(stored, _expected(1.0))
    root = etree.parse(path / f"{BS}.dim").getroot()
    matrix = "10.0,0.0,0.0,-10.0,500000.0,6300000.0"
    assert root.findtext("Geoposition/IMAGE_TO_MODEL_TRANSFORM") == matrix
    names = [info.findtext("BAND_NAME") for info in root.iter("Spectral_Band_Info")]
    assert names == ["Gamma0_VV", "Gamma0_VH"]
    assert [(a.get("name"), a.text) for a in root.iter("MDATTR")] == [("CARD_ENGINE", "x")]


def test_geotiff_says_its_bands_and_provenance(folder: Path) -> None:
    path = folder / COH6
    tags = as_tags({"engine": "embedded", "pair": ["2018-05-05", "2018-05-11"]})
    with GeoTiffWriter(path, GRID, ("VH", "VV"), tags=tags, cog=True) as out:
        _fill(out)
    with rasterio.open(path / f"{COH6}.tif") as dataset:
        assert dataset.descriptions == ("VH", "VV")
        assert dataset.tags()["CARD_PAIR"] == "2018-05-05,2018-05-11"
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.overviews(1) == [2]


@pytest.mark.parametrize("cog", [False, True])
@pytest.mark.parametrize(("setting", "found"), [(None, "zstd"), ("deflate", "deflate")])
def test_geotiff_is_compressed_as_the_setting_says(
    folder: Path, setting: str | None, found: str, cog: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if setting:
        monkeypatch.setenv("CBM_CARD_COMPRESSION", setting)
    with GeoTiffWriter(folder / COH6, GRID, ("VH", "VV"), cog=cog) as out:
        _fill(out)
    with rasterio.open(folder / COH6 / f"{COH6}.tif") as dataset:
        assert dataset.compression.name == found
        assert dataset.tags(ns="IMAGE_STRUCTURE").get("PREDICTOR", "1") == "1"


def test_backscatter_as_a_cog_opens(folder: Path) -> None:
    with GeoTiffWriter(folder / BS, GRID, ("VV", "VH"), cog=True) as out:
        _fill(out)
    product = open_product(folder / BS)
    assert product.kind is Kind.CARD_BS
    assert set(product.bands) == {"VV", "VH"}


def test_nan_is_nodata_and_other_nodata_is_kept(folder: Path) -> None:
    with GeoTiffWriter(folder / COH6, GRID, ("VV",), nodata=-1.0) as out:
        out.write("VV", 3, 4, np.array([[np.nan, 0.5]], np.float32))
    with rasterio.open(folder / COH6 / f"{COH6}.tif") as dataset:
        layer = dataset.read(1)
    assert layer[3, 4] == -1
    assert layer[3, 5] == 0.5
    assert (layer == -1).sum() == layer.size - 1


@pytest.mark.parametrize("writer", [DimapWriter, GeoTiffWriter])
def test_an_error_leaves_nothing(folder: Path, writer: type[DimapWriter]) -> None:
    with pytest.raises(RuntimeError), writer(folder / BS, GRID, ("VV",)) as out:
        out.write("VV", 0, 0, VALUES)
        raise RuntimeError
    assert list(folder.iterdir()) == []


def test_a_block_outside_is_a_defect(folder: Path) -> None:
    with pytest.raises(ValueError, match="outside"), DimapWriter(folder / BS, GRID, ("VV",)) as w:
        w.write("VV", 599, 0, VALUES[:2])
    assert list(folder.iterdir()) == []


def test_grids_that_no_product_may_have(folder: Path) -> None:
    shifted = Grid(GRID.crs, Affine(10, 0, 500_003, 0, -10, 6_300_000), 7, 6)
    for grid, cog, message in (
        (Grid(None, GRID.transform, 7, 6), False, "CRS"),
        (Grid(GRID.crs, Affine(10, 1, 0, 0, -10, 0), 7, 6), False, "rotated"),
        (Grid(GRID.crs, Affine(10, 0, 0, 0, 10, 0), 7, 6), False, "north-up"),
        (shifted, True, "aligned"),
    ):
        with pytest.raises(GridError, match=message):
            GeoTiffWriter(folder / COH6, grid, ("VV",), cog=cog)


def test_what_is_there_is_never_overwritten(folder: Path) -> None:
    with GeoTiffWriter(folder / COH6, GRID, ("VV",)) as first:
        first.write("VV", 0, 0, VALUES)
        with GeoTiffWriter(folder / COH6, GRID, ("VV",)):
            pass
        with pytest.raises(CardFailed, match="another process"):
            first.__exit__(None, None, None)
    with (
        pytest.raises(CardFailed, match="exists already"),
        DimapWriter(folder / COH6, GRID, ("VV",)),
    ):
        pass
    assert [entry.name for entry in folder.iterdir()] == [COH6]


def test_a_disk_that_is_full_when_the_file_is_closed(folder: Path) -> None:
    """The last tile and the directory are written then, and GDAL only logs that they are lost."""
    grid = Grid(CRS.from_epsg(32632), Affine(10, 0, 500000, 0, -10, 6300000), 100, 100)
    noise = np.random.default_rng(0).integers(1, 2**31, (100, 100), dtype=np.uint32)

    def written(path: Path) -> int:
        with GeoTiffWriter(path, grid, ("VV",)) as out:
            out.write("VV", 0, 0, np.abs(noise.view(np.float32)))
        return (path / f"{path.name}.tif").stat().st_size

    size = written(folder / "whole")
    assert size > noise.nbytes
    with room_for(size - 1), pytest.raises(CardFailed, match=r"disk full\?"):
        written(folder / "cut")
    assert [path.name for path in folder.iterdir()] == ["whole"]


@pytest.mark.parametrize("cog", [True, False])
def test_each_part_of_a_geotiff_goes_to_the_disk_once(
    folder: Path, cog: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What becomes a COG does not: it is removed."""
    grid = Grid(CRS.from_epsg(32632), Affine(10, 0, 500000, 0, -10, 6300000), 520, 1030)
    parts = []
    monkeypatch.setattr(os, "posix_fadvise", lambda _, start, size, __: parts.append((start, size)))
    with GeoTiffWriter(folder / COH6, grid, ("VV", "VH"), cog=cog) as out:
        for band in out.bands:
            out.write(band, 0, 0, np.random.default_rng(0).random((1030, 520), np.float32))
    assert len(parts) == 0 if cog else len(parts) > 3
    for (start, size), (following, _) in pairwise(parts):
        assert following == start + size


def test_rows_of_dimap_go_to_the_disk_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = []
    monkeypatch.setattr(os, "posix_fadvise", lambda _, start, size, __: parts.append((start, size)))
    with DimapWriter(folder / BS, GRID, ("VV",)) as out:
        for row in (0, 10):
            out.write("VV", row, 0, VALUES[row : row + 10])
    line = VALUES.shape[1] * 4
    assert parts == [(0, 10 * line), (10 * line, 10 * line)]


def test_a_system_that_takes_no_advice_makes_products(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.ENOSYS, "no such call")

    monkeypatch.setattr(os, "posix_fadvise", refused)
    for name, writer in ((BS, DimapWriter), (COH6, GeoTiffWriter)):
        with writer(folder / name, GRID, ("VV",)) as out:
            out.write("VV", 0, 0, VALUES)
        assert open_product(folder / name).bands


# A limit on the size of files stands for a full disk: both refuse to write on. The raw layers of a
# GeoTIFF fit just under it, the finished file with its headers does not.
_LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np
from affine import Affine
from rasterio.crs import CRS
from dias_cbm.products.model import Grid
from dias_cbm.products.writers import DimapWriter, GeoTiffWriter
from dias_cbm.errors import CardFailed
writer, limit, cog = sys.argv[2], int(sys.argv[3]), sys.argv[4] == "cog"
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
grid = Grid(CRS.from_epsg(32632), Affine(10, 0, 500000, 0, -10, 6300000), 1000, 1000)
options = {"cog": cog} if writer == "GeoTiffWriter" else {}
noise = np.random.default_rng(0).integers(1, 2**31, (1000, 1000), dtype=np.uint32)
try:
    with globals()[writer](Path(sys.argv[1]), grid, ("VV", "VH"), **options) as out:
        for band in out.bands:
            out.write(band, 0, 0, np.abs(noise.view(np.float32)))
except CardFailed as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("writer", "limit", "cog"),
    [
        ("DimapWriter", 3_000_000, ""),
        ("GeoTiffWriter", 3_000_000, ""),
        ("GeoTiffWriter", 4_100_000, ""),
        ("GeoTiffWriter", 4_100_000, "cog"),
    ],
)
def test_a_full_disk_is_said_and_leaves_nothing(
    folder: Path, writer: str, limit: int, cog: str
) -> None:
    command = [sys.executable, "-c", _LIMITED, str(folder / BS), writer, str(limit), cog]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert BS in result.stdout
    assert "disk" in result.stdout, result.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("bits", "cog"), [("16", False), ("12", False), ("12", True)])
def test_values_are_rounded_as_the_setting_says(
    folder: Path, bits: str, cog: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_CARD_VALUE_BITS", bits)
    with GeoTiffWriter(folder / COH6, GRID, ("VV", "VH"), nodata=-9999.3, cog=cog) as out:
        _fill(out)
    with rasterio.open(folder / COH6 / f"{COH6}.tif") as dataset:
        layer = dataset.read(1)
        assert dataset.tags()["CARD_VALUE_BITS"] == bits
    there = _expected(1.0) != 0
    assert (layer[~there] == np.float32(-9999.3)).all()
    error = (layer / np.where(there, VALUES, 1) - 1)[there]
    largest = 2.0 ** -int(bits)
    assert largest / 2 < np.abs(error).max() <= largest
    assert abs(error.mean()) < largest / 50


def test_values_are_whole_without_a_setting(folder: Path) -> None:
    with GeoTiffWriter(folder / COH6, GRID, ("VV", "VH")) as out:
        _fill(out)
    with rasterio.open(folder / COH6 / f"{COH6}.tif") as dataset:
        assert "CARD_VALUE_BITS" not in dataset.tags()


def test_rounding_keeps_what_has_few_bits_and_the_sign() -> None:
    kept = [0, 1, -1, 3, 0.5, np.inf, -np.inf, -9999.3]
    values = np.array([*kept, 1.9999, -1.9999, 2**-149], np.float32)
    round_to_bits(values, 12, nodata=-9999.3)
    np.testing.assert_array_equal(values, np.array([*kept, 2, -2, 0], np.float32))


def test_what_gdal_raises_while_it_copies_is_an_error_of_the_disk(folder: Path) -> None:
    """It is not an error of rasterio's, and a limit on sizes does not bring it about."""
    with pytest.raises(CardFailed, match=r"Seek error.*disk full\?"), disk_errors(folder):
        raise CPLE_AppDefinedError(3, 1, "TIFFAppendToStrip:Seek error at scanline 0")
