"""A folder of raster tiles as one raster: a virtual dataset of GDAL, described in memory."""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree
from rasterio.enums import MaskFlags
from rasterio.io import DatasetReader

from dias_cbm.errors import CorruptProduct, GridError
from dias_cbm.products.model import grid_of
from dias_cbm.rasters import open_raster

_NODATA = -32768
_FEET = re.compile(r"\bf(oo|ee)?t\b", re.IGNORECASE)
#: Masks that Copernicus DEM has beside the heights: errors, editing, filling, water.
_NOT_HEIGHTS = re.compile(r".*_(?:ACM|EDM|FLM|HEM|WBM)", re.IGNORECASE)


def mosaic_of(folder: Path) -> str:
    """The XML of a virtual raster over all GeoTIFFs of a folder; what no tile covers is nodata.

    The masks that Copernicus DEM has beside its heights are skipped. Tiles with larger pixels, such
    as those beyond 50 degrees north, are interpolated to the finest.

    :raises CorruptProduct: it holds no GeoTIFF, or one that cannot be opened, or is not of metres.
    :raises GridError: the tiles have several CRS, or one is rotated.
    """
    rasters = (path for path in folder.rglob("*") if path.suffix.lower() in (".tif", ".tiff"))
    paths = sorted(path for path in rasters if not _NOT_HEIGHTS.fullmatch(path.stem))
    if not paths:
        raise CorruptProduct("holds no GeoTIFF", subject=folder)
    tiles: list[_Tile] = []
    for path in paths:
        with open_raster(path) as dataset:
            transform = grid_of(dataset).transform
            if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
                raise GridError(
                    "is rotated, or not north-up",
                    subject=path,
                    hint="gdalwarp IN OUT writes it north-up",
                )
            check_plain(dataset, path)
            if tiles and dataset.crs != tiles[0].crs:
                raise GridError(f"has another CRS than {tiles[0].path}", subject=path)
            tiles.append(_Tile(str(path.resolve()), dataset))
    return _document(tiles)


def check_plain(dataset: DatasetReader, path: Path) -> None:
    """Check that the numbers of a terrain model are metres.

    :raises CorruptProduct: they are scaled, shifted, or feet.
    """
    scale, shift, unit = dataset.scales[0], dataset.offsets[0], dataset.units[0] or ""
    if (scale, shift) != (1, 0):
        raise CorruptProduct(
            f"has heights times {scale:g} plus {shift:g}, not metres",
            subject=path,
            hint="gdal_translate -unscale -ot Float32 IN OUT writes metres",
        )
    if _FEET.search(unit):
        raise CorruptProduct(f"has heights in {unit}, not metres", subject=path)


class _Tile:
    """A tile as described in the mosaic."""

    def __init__(self, path: str, dataset: DatasetReader) -> None:
        self.path, self.crs, self.bounds = path, dataset.crs, dataset.bounds
        self.transform, self.nodata = dataset.transform, dataset.nodata
        self.width, self.height = dataset.width, dataset.height
        self.masked = MaskFlags.per_dataset in dataset.mask_flag_enums[0]


def _document(tiles: list[_Tile]) -> str:
    west, north = min(one.bounds.left for one in tiles), max(one.bounds.top for one in tiles)
    east, south = max(one.bounds.right for one in tiles), min(one.bounds.bottom for one in tiles)
    wide, high = min(one.transform.a for one in tiles), min(-one.transform.e for one in tiles)
    width, height = round((east - west) / wide), round((north - south) / high)
    root = etree.Element("VRTDataset", rasterXSize=str(width), rasterYSize=str(height))
    if tiles[0].crs is not None:
        srs = etree.SubElement(root, "SRS", dataAxisToSRSAxisMapping="2,1")
        srs.text = tiles[0].crs.to_wkt()
        if not tiles[0].crs.is_geographic:
            srs.set("dataAxisToSRSAxisMapping", "1,2")
    etree.SubElement(root, "GeoTransform").text = f"{west!r}, {wide!r}, 0, {north!r}, 0, {-high!r}"
    band = etree.SubElement(root, "VRTRasterBand", dataType="Float32", band="1")
    etree.SubElement(band, "NoDataValue").text = str(_NODATA)
    for one in tiles:
        source = etree.SubElement(band, "ComplexSource", resampling="bilinear")
        etree.SubElement(source, "SourceFilename", relativeToVRT="0").text = one.path
        etree.SubElement(source, "SourceBand").text = "1"
        size = {"xSize": str(one.width), "ySize": str(one.height)}
        etree.SubElement(source, "SrcRect", xOff="0", yOff="0", **size)
        etree.SubElement(
            source,
            "DstRect",
            xOff=repr((one.bounds.left - west) / wide),
            yOff=repr((north - one.bounds.top) / high),
            xSize=repr((one.bounds.right - one.bounds.left) / wide),
            ySize=repr((one.bounds.top - one.bounds.bottom) / high),
        )
        if one.masked:
            etree.SubElement(source, "UseMaskBand").text = "true"
        elif one.nodata is not None:
            etree.SubElement(source, "NODATA").text = repr(one.nodata)
    return etree.tostring(root, encoding="unicode")
