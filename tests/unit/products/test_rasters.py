"""Rasters are opened as what their names say: none brings in pixels from elsewhere."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from dias_cbm.errors import CorruptProduct
from dias_cbm.extraction.raster import open_bands
from dias_cbm.products.model import Band, grid_of
from dias_cbm.products.open import open_product
from dias_cbm.rasters import STAND_INS, open_raster

GRID = {"width": 8, "height": 8, "crs": "EPSG:32632", "transform": from_origin(5e5, 6e6, 10, 10)}


def write(path: Path, value: int, driver: str = "GTiff", **options: str) -> Path:
    profile = {"driver": driver, "count": 1, "dtype": "uint16", **GRID, **options}
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(np.full((1, 8, 8), value, np.uint16))
    return path


def virtual(source: object) -> str:
    """A virtual raster over another file."""
    return (
        '<VRTDataset rasterXSize="8" rasterYSize="8"><SRS>EPSG:32632</SRS>'
        "<GeoTransform>5e5, 10, 0, 6e6, 0, -10</GeoTransform>"
        '<VRTRasterBand dataType="UInt16" band="1">'
        f"<SimpleSource><SourceFilename>{source}</SourceFilename><SourceBand>1</SourceBand>"
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    return write(tmp_path / "elsewhere" / "secret.tif", 700)


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    """A server, and the paths that were asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 (the library's name)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


#: Each of GDAL's raster formats that points to a file or a URL; {file} and {url} are elsewhere.
POINTERS = {
    "VRT": virtual("{file}"),
    "VRT of a URL": virtual("/vsicurl/{url}/x.tif"),
    "WMS": "<GDAL_WMS><Service name='TMS'><ServerUrl>{url}/${{z}}</ServerUrl></Service><DataWindow>"
    "<UpperLeftX>0</UpperLeftX><UpperLeftY>8</UpperLeftY><LowerRightX>8</LowerRightX>"
    "<LowerRightY>0</LowerRightY><TileLevel>0</TileLevel></DataWindow></GDAL_WMS>",
    "WMTS": "<GDAL_WMTS><GetCapabilitiesUrl>{url}/wmts</GetCapabilitiesUrl></GDAL_WMTS>",
    "WCS": "<WCS_GDAL><ServiceURL>{url}/wcs</ServiceURL><Version>1.0.0</Version>"
    "<CoverageName>a</CoverageName></WCS_GDAL>",
    "GTI": "<GDALTileIndexDataset><IndexDataset>{file}</IndexDataset></GDALTileIndexDataset>",
    "MRF": "<MRF_META><CachedSource><Source>{file}</Source></CachedSource><Raster><Size x='8' "
    "y='8'/></Raster></MRF_META>",
    "STACIT": '{{"stac_version": "1.0.0", "type": "FeatureCollection", "features": [{{"assets": '
    '{{"a": {{"href": "{url}/a.tif", "eo:bands": []}}}}, "proj:epsg": 32632}}]}}',
    "STACTA": '{{"stac_version": "1.0.0", "stac_extensions": ["tiled-assets"], "properties": '
    '{{"tiles:tile_matrix_links": {{}}, "tiles:tile_matrix_sets": {{}}}}, "asset_templates": '
    '{{"a": {{"href": "{url}/a"}}}}}}',
    "PDS4": "<Product_Observational xmlns='http://pds.nasa.gov/pds4/pds/v1'><File_Area_Observational>"
    "<File><file_name>{file}</file_name></File></File_Area_Observational></Product_Observational>",
    "ERS": 'DatasetHeader Begin\n DataFile = "{file}"\nDatasetHeader End\n',
    "ISIS3": 'Object = IsisCube\n Object = Core\n ^Core = "{file}"\n End_Object\nEnd_Object\nEnd\n',
}


@pytest.mark.parametrize("name", ["x.tif", "x.img", "x"])
@pytest.mark.parametrize("kind", POINTERS)
def test_a_format_that_points_elsewhere_is_refused(
    name: str, kind: str, tmp_path: Path, secret: Path, web: tuple[str, list[str]]
) -> None:
    url, asked = web
    path = tmp_path / name
    path.write_text(POINTERS[kind].format(file=secret, url=url))
    with pytest.raises(CorruptProduct, match=r"cannot be opened as \w+"):
        open_raster(path)
    with pytest.raises(CorruptProduct, match="cannot be opened as"):
        open_product(path)
    assert asked == []


def test_a_file_is_read_as_what_it_is_called(tmp_path: Path) -> None:
    exact = {"QUALITY": "100", "REVERSIBLE": "YES"}
    for name, driver in (("a.tif", "GTiff"), ("b.img", "ENVI"), ("c.jp2", "JP2OpenJPEG")):
        options = exact if driver == "JP2OpenJPEG" else {}
        with open_raster(write(tmp_path / name, 7, driver, **options)) as dataset:
            assert (dataset.driver, dataset.read().max()) == (driver, 7)
    with open_raster(write(tmp_path / "d.img", 7, "HFA")) as dataset:
        assert dataset.driver == "HFA"
    wrong = write(tmp_path / "e.jp2", 7)
    with pytest.raises(CorruptProduct, match="cannot be opened as JP2OpenJPEG"):
        open_raster(wrong)


def test_bands_are_opened_the_same_way(tmp_path: Path, secret: Path) -> None:
    """The file may have been replaced since its header was read."""
    path = write(tmp_path / "x.tif", 7)
    with open_raster(path) as dataset:
        band = Band("1", str(path), 1, "uint16", None, 1.0, 0.0, grid_of(dataset))
    path.write_text(virtual(secret))
    with pytest.raises(CorruptProduct, match="cannot be opened as GTiff"), open_bands([band]):
        pass


@pytest.mark.parametrize("suffix", [".tif.msk", ".tif.ovr", ".tif.MSK"])
def test_masks_and_overviews_beside_it_are_geotiffs(
    suffix: str, tmp_path: Path, secret: Path
) -> None:
    path = write(tmp_path / "x.tif", 7)
    (tmp_path / f"x{suffix}").write_text(virtual(secret))
    with pytest.raises(CorruptProduct, match=r"x\.tif\.\w+: is not a GeoTIFF"):
        open_raster(path)


def test_overviews_that_metadata_names_are_refused(tmp_path: Path, secret: Path) -> None:
    path = write(tmp_path / "x.tif", 7)
    beside = tmp_path / "x.tif.aux.xml"
    beside.write_text(
        f'<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">{secret}</MDI>'
        "</Metadata></PAMDataset>"
    )
    with pytest.raises(CorruptProduct, match="points to another file"):
        open_raster(path)
    beside.unlink()
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=str(secret))
    with pytest.raises(CorruptProduct, match="points to another file"):
        open_raster(path)


def test_an_imagine_file_whose_pixels_are_elsewhere_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "image.img", 7, "HFA", USE_SPILL="YES")
    (tmp_path / "x").mkdir()
    (tmp_path / "image.ige").rename(tmp_path / "x" / "ig.e")
    path.write_bytes(path.read_bytes().replace(b"image.ige", b"x/ig.e\0\0\0"))
    with pytest.raises(CorruptProduct, match="points to another file"):
        open_raster(path)


def test_a_virtual_raster_that_a_user_names_is_read(tmp_path: Path, secret: Path) -> None:
    path = tmp_path / "mosaic.vrt"
    path.write_text(virtual(secret))
    with open_raster(path) as dataset:
        assert dataset.read().max() == 700


def test_only_stand_ins_of_the_cache_may_point_to_a_store(
    tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_STORE_CACHE_FOLDER", str(tmp_path / "cache"))
    product = tmp_path / "cache" / "0123" / "P"
    product.mkdir(parents=True)
    for name in ("a.tif", "b.tif"):
        (product / name).write_text(virtual(secret))
    (product / STAND_INS).write_text("P/b.tif\nb.tif")
    (product.parent / STAND_INS).write_text("P/a.tif")
    with open_raster(product / "a.tif") as dataset:
        assert dataset.read().max() == 700
    with pytest.raises(CorruptProduct, match="cannot be opened as GTiff"):
        open_raster(product / "b.tif")
