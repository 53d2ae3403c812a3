"""Reading Sentinel-2 L1C: images, radiometry and geometry.

Reflectance at the sensor is as :mod:`dias_cbm.products.readers.radiometry` says. DN 0 is no data
and 65535 saturation, both before the offset.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from affine import Affine
from lxml import etree
from rasterio.crs import CRS
from rasterio.errors import CRSError

from dias_cbm.card.optical.angles import Angles, read_angles
from dias_cbm.card.optical.identity import check_identity
from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.model import Grid, grid_of
from dias_cbm.products.readers.archive import unpacked
from dias_cbm.products.readers.radiometry import read_radiometry
from dias_cbm.products.readers.raster import files_under, opened, read_xml
from dias_cbm.scenes import parse_name, stem

NODATA, SATURATED = 0, 65_535
#: The least DN of a reflectance of 1; real products have 10,000.
_LEAST_QUANTIFICATION = 1000

#: Side of a band's pixels, m, and of the others' pixels.
_PIXEL = dict.fromkeys(("B02", "B03", "B04", "B08"), 10) | dict.fromkeys(("B01", "B09", "B10"), 60)
_OTHER_PIXEL = 20
_TOLERANCE = 1e-3

_IMAGE = re.compile(r"GRANULE/[^/]+/IMG_DATA/[^/]*_(B\d[0-9A])\.(?:jp2|tiff?)", re.IGNORECASE)
_NEEDED = re.compile(r"MTD_MSIL1C\.xml|GRANULE/[^/]+/MTD_TL\.xml|" + _IMAGE.pattern, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Level1C:
    """One opened L1C product.

    :param name: without ``.SAFE``.
    :param granule: name of its one granule folder.
    :param baseline: processing baseline, e.g. ``05.09``.
    :param images: file by band.
    :param grids: the images' grids by band.
    :param offsets: DN to add by band.
    """

    name: str
    granule: str
    baseline: str
    start: datetime
    images: Mapping[str, Path]
    grids: Mapping[str, Grid]
    quantification: float
    offsets: Mapping[str, float]
    angles: Angles

    @property
    def tile(self) -> str:
        """MGRS tile, e.g. ``32VNH``."""
        return parse_name(self.name)["tile"]


@contextmanager
def opened_l1c(source: Path, scratch: Path) -> Iterator[Level1C]:
    """Open an L1C product: a SAFE folder, or a zip of one.

    :param scratch: where a zip is unpacked meanwhile.
    :raises CorruptProduct: a file is missing, or is not what it should be.
    :raises InconsistentProduct: the files contradict each other.
    """
    with unpacked(source, scratch, _is_needed, marker="GRANULE") as root:
        yield _read(root, source)


def _is_needed(name: str) -> bool:
    return _NEEDED.fullmatch(name) is not None


def _read(root: Path, source: Path) -> Level1C:
    file = _only(root, r"MTD_MSIL1C\.xml", "MTD_MSIL1C.xml")
    product = read_xml(file)
    tile_file = _only(root, r"GRANULE/[^/]+/MTD_TL\.xml", "GRANULE/*/MTD_TL.xml")
    tile = read_xml(tile_file)
    granule = tile_file.parent.name
    name = stem(_text(product, "PRODUCT_URI", file))
    start = _time(_text(product, "PRODUCT_START_TIME", file), file)
    check_identity(root, source, name, granule, start)
    images = _images(root, granule)
    expected = _grids(tile, tile_file)
    grids = {band: _checked_grid(band, path, expected) for band, path in images.items()}
    radiometry = read_radiometry(product, file, ("QUANTIFICATION_VALUE",), "RADIO_ADD_OFFSET")
    if radiometry.quantification < _LEAST_QUANTIFICATION:
        raise CorruptProduct(
            f"QUANTIFICATION_VALUE is {radiometry.quantification:g}: too few steps for reflectance",
            subject=file,
        )
    angles = read_angles(tile, tile_file)
    side = max((pixel * max(one.width, one.height) for pixel, one in expected.items()), default=0)
    if angles.extent < side:
        raise CorruptProduct(
            f"has angles of {angles.extent:g} m, and its tile has {side} m", subject=tile_file
        )
    return Level1C(
        name,
        granule,
        _text(product, "PROCESSING_BASELINE", file),
        start,
        images,
        grids,
        radiometry.quantification,
        {band: radiometry.offset(band) for band in images},
        angles,
    )


def _only(root: Path, pattern: str, name: str) -> Path:
    found = files_under(root, pattern)
    if len(found) != 1:
        raise CorruptProduct(f"has {len(found)} files {name}, expected one", subject=root)
    return found[0]


def _images(root: Path, granule: str) -> dict[str, Path]:
    images: dict[str, Path] = {}
    for path in files_under(root, _IMAGE.pattern):
        within = path.relative_to(root)
        match = _IMAGE.fullmatch(within.as_posix())
        if match is None:
            continue
        if within.parts[1] != granule:
            raise CorruptProduct(f"is an image of another granule than {granule}", subject=path)
        if images.setdefault(match[1].upper(), path) != path:
            raise CorruptProduct(f"is a second image of {match[1].upper()}", subject=path)
    return images


def _grids(tile: etree._Element, file: Path) -> dict[int, Grid]:
    """The grid of each resolution, from the metadata."""
    try:
        crs = CRS.from_string(_text(tile, "HORIZONTAL_CS_CODE", file))
    except CRSError as error:
        raise CorruptProduct(f"has no known CRS: {error}", subject=file) from error
    grids = {}
    for size in tile.iter("{*}Size"):
        pixel = _whole(size.get("resolution"), file)
        position = next(
            (one for one in tile.iter("{*}Geoposition") if one.get("resolution") == str(pixel)),
            None,
        )
        if position is None:
            raise CorruptProduct(f"has no position of its {pixel} m grid", subject=file)
        left, top = (_number(_text(position, tag, file), file) for tag in ("ULX", "ULY"))
        rows, columns = (_whole(_text(size, tag, file), file) for tag in ("NROWS", "NCOLS"))
        grids[pixel] = Grid(crs, Affine(pixel, 0, left, 0, -pixel, top), columns, rows)
    return grids


def _checked_grid(band: str, image: Path, expected: Mapping[int, Grid]) -> Grid:
    with opened(image) as dataset:
        if dataset.count != 1 or dataset.dtypes[0] != "uint16":
            raise InconsistentProduct(
                f"holds {dataset.count} bands of {dataset.dtypes[0]}, not one of uint16",
                subject=image,
            )
        grid = grid_of(dataset)
    pixel = _PIXEL.get(band, _OTHER_PIXEL)
    if not abs(grid.transform.a - pixel) < _TOLERANCE:
        raise InconsistentProduct(
            f"has pixels of {grid.transform.a:g} m, and those of {band} have {pixel}", subject=image
        )
    stated = expected.get(pixel)
    if stated is None or (stated.width, stated.height) != (grid.width, grid.height):
        size = f"{grid.width} x {grid.height}"
        raise InconsistentProduct(f"is {size}, its tile's metadata differ", subject=image)
    if stated.crs != grid.crs or not stated.transform.almost_equals(grid.transform, _TOLERANCE):
        raise InconsistentProduct("is not where its tile's metadata place it", subject=image)
    return grid


def _text(parent: etree._Element, tag: str, file: Path) -> str:
    element = next(parent.iter(f"{{*}}{tag}"), None)
    if element is None or not element.text:
        raise CorruptProduct(f"has no {tag}", subject=file)
    return str(element.text).strip()


def _number(text: str | None, file: Path) -> float:
    try:
        return float(text or "")
    except ValueError:
        raise CorruptProduct(f"{text!r} is not a number", subject=file) from None


def _whole(text: str | None, file: Path) -> int:
    number = _number(text, file)
    if not number.is_integer():
        raise CorruptProduct(f"{text!r} is not a whole number", subject=file)
    return int(number)


def _time(text: str, file: Path) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            raise CorruptProduct(f"{text!r} has no time zone", subject=file)
        return time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise CorruptProduct(f"{text!r} is not a time", subject=file) from None
