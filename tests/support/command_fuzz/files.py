"""A folder of files as they should not be, and of a few that are as they should."""

from __future__ import annotations

import os
import random
import zipfile
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import rasterio
import shapely

GRD = "S1A_IW_GRDH_1SDV_20180511T053956_20180511T054021_021853_025B9C_1234"
SLC = "S1A_IW_SLC__1SDV_20180511T053956_20180511T054021_021853_025B9C_1234"
L1C = "S2A_MSIL1C_20180511T103031_N0206_R108_T32VNH_20180511T124200"

#: Suffixes under which broken contents are tried: one for each reader that a name chooses.
SUFFIXES = (
    "", ".tif", ".jp2", ".img", ".vrt", ".gpkg", ".shp", ".geojson", ".json", ".parquet", ".csv",
    ".zip", ".toml", ".EOF", ".xml", ".gdb",
)  # fmt: skip


@dataclass(frozen=True)
class Files:
    """Files to name on a command line.

    :param good: by the name of the parameter that they are for.
    """

    folder: Path
    good: dict[str, Path]
    broken: tuple[Path, ...]


def make_files(folder: Path) -> Files:
    """Write them all, in a second."""
    good = _good(folder / "good")
    broken = [*_contents(folder / "broken", good), *_products(folder / "products")]
    broken += _manifests(folder / "manifests")
    broken += [*_links(folder / "links"), *_zips(folder / "zips"), *_rasters(folder / "rasters")]
    # Found nowhere, not a name, not readable even by root.
    broken += [folder / "missing.tif", folder / "no" / "such" / "folder.gpkg", Path()]
    broken += [Path("/proc/self/mem"), Path("/dev/null"), folder / ("long" * 80)]
    return Files(folder, good, tuple(broken))


def _good(folder: Path) -> dict[str, Path]:
    folder.mkdir()
    shapes = [shapely.box(512_000 + n, 6_243_000, 512_100 + n, 6_243_100) for n in (0, 200)]
    columns = {"pid": ["1", "2"], "crop": ["wheat", "maize"]}
    frame = geopandas.GeoDataFrame(columns, geometry=shapes, crs=25832)
    frame.to_file(folder / "parcels.gpkg")
    frame.to_parquet(folder / "parcels.parquet")
    profile = {"driver": "GTiff", "width": 40, "height": 20, "count": 1, "dtype": "float32"}
    transform = rasterio.transform.from_origin(512_000, 6_243_150, 10, 10)
    with rasterio.open(
        folder / "raster.tif", "w", crs="EPSG:25832", transform=transform, **profile
    ) as raster:
        raster.write(np.arange(800, dtype="float32").reshape(1, 20, 40))
    (folder / f"{GRD}.SAFE").mkdir()
    return {
        "parcels": folder / "parcels.gpkg",
        "parquet": folder / "parcels.parquet",
        "raster": folder / "raster.tif",
        "source": folder / f"{GRD}.SAFE",
    }


def _contents(folder: Path, good: dict[str, Path]) -> list[Path]:
    """Each odd content under each suffix."""
    folder.mkdir()
    noise = random.Random(13).randbytes(2000)
    contents = {
        "empty": b"",
        "text": b"not what it says\n",
        "noise": noise,
        "nul": bytes(500),
        "latin1": "Rødkløver;æøå\n".encode("latin1") * 20,
        "cut_tiff": good["raster"].read_bytes()[:300],
        "cut_gpkg": good["parcels"].read_bytes()[:5000],
        "cut_parquet": good["parquet"].read_bytes()[:-20],
        "json": b'{"type": "FeatureCollection", "features": [{"geometry": 3}]}',
        "xml": b"<a><b></a>",
        "deep_json": b"[" * 100_000,
        "nan_json": b'{"type":"Feature","properties":null,"geometry":'
        b'{"type":"Polygon","coordinates":[[[NaN,1e999],[1,1],[2,2],[NaN,1e999]]]}}',
    }
    found = []
    for suffix in SUFFIXES:
        for name, content in contents.items():
            file = folder / f"{name}{suffix}"
            file.write_bytes(content)
            found.append(file)
    return found


def _products(folder: Path) -> list[Path]:
    """Folders and archives with the names of products, and without what products hold."""
    folder.mkdir()
    found = []
    for name in (GRD, SLC, L1C):
        empty = folder / f"{name}.SAFE"
        empty.mkdir()
        odd = folder / f"odd_{name}" / f"{name}.SAFE"
        odd.mkdir(parents=True)
        (odd / "manifest.safe").write_bytes(b"\0<xfdu>")
        (odd / "MTD_MSIL1C.xml").write_text("<n1:Level-1C_User_Product/>")
        (odd / "annotation").mkdir()
        (odd / "annotation" / "s1a-iw-grd-vv.xml").write_text("<product><adsHeader/></product>")
        packed = folder / f"{name}.zip"
        packed.write_bytes(b"PK\x03\x04" + bytes(40))
        file = folder / f"file_{name}" / f"{name}.SAFE"
        file.parent.mkdir()
        file.write_text("a file, not a folder")
        found += [empty, odd, packed, file]
    return found


def _manifests(folder: Path) -> list[Path]:
    """Folders that a dump or an export might have written, with manifests of something else."""
    folder.mkdir()
    contents = {
        "empty": b"",
        "noise": b"\xff\xfe\0",
        "list": b"[]",
        "deep": b"[" * 100_000,
        "bare": b"{}",
        "nulls": b'{"season": null, "id": null, "migrations": null, "tables": null, "files": null}',
        "odd": b'{"season": "x", "id": "1", "tables": [{"table": 3}], "files": [{"name": 3}]}',
        "partial": b'{"season": "dk-2018", "id": 1, "migrations": [], "version": "0", "tables": [],'
        b' "files": []}',
    }
    for name, content in contents.items():
        (folder / name).mkdir()
        (folder / name / "manifest.json").write_bytes(content)
    return [folder / name for name in contents]


def _links(folder: Path) -> list[Path]:
    folder.mkdir()
    names = {"loop.tif": "loop.tif", "nowhere.gpkg": "none", "full.csv": "/dev/full"}
    for name, target in names.items():
        (folder / name).symlink_to(target)
    odd = [folder / "line\nfeed.gpkg", folder / os.fsdecode(b"\xff\xfe.tif"), folder / "-dash.tif"]
    for file in odd:
        file.write_bytes(b"odd name")
    locked = folder / "locked.gpkg"
    locked.touch(mode=0)
    return [*(folder / name for name in names), *odd, locked]


def _zips(folder: Path) -> list[Path]:
    folder.mkdir()
    bomb, up, many = folder / "bomb.zip", folder / "up.zip", folder / "many.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("parcels.geojson", bytes(30_000_000))
    with zipfile.ZipFile(up, "w") as archive:
        archive.writestr("../../parcels.geojson", "{}")
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(2000):
            archive.writestr(f"{number}/a.shp", "")
    product = folder / f"{GRD}.zip"
    product.write_bytes(bomb.read_bytes())
    return [bomb, up, many, product]


def _rasters(folder: Path) -> list[Path]:
    """Rasters that GDAL reads, and that cannot be used."""
    folder.mkdir()
    found = []
    odd = {
        "no_crs": {},
        "complex": {"dtype": "complex64", "crs": "EPSG:25832"},
        "degrees": {"crs": "EPSG:4326"},
        "elsewhere": {"crs": "EPSG:32601"},
        "local_crs": {"crs": 'LOCAL_CS["a",UNIT["metre",1]]'},
    }
    for name, options in odd.items():
        profile = {"driver": "GTiff", "width": 4, "height": 4, "count": 1, "dtype": "uint8"}
        transform = rasterio.transform.from_origin(9, 56, 0.01, 0.01)
        file = folder / f"{name}.tif"
        with rasterio.open(file, "w", transform=transform, **(profile | options)) as raster:
            raster.write(np.ones((1, 4, 4), raster.dtypes[0]))
        found.append(file)
    return found
