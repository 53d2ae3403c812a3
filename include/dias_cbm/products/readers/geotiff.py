"""GeoTIFF: any stack of bands, and the product description that SNAP stores in it."""

from __future__ import annotations

import logging
import os
import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.masks import alpha_of, data_indexes, undeclare
from dias_cbm.products.model import Band, Product, grid_of
from dias_cbm.products.readers.raster import opened, parse_xml

log = logging.getLogger(__name__)

#: TIFF tag in which SNAP stores the BEAM-DIMAP header, including band names.
_SNAP_TAG = 65000

_BYTE_ORDERS = {b"II": "<", b"MM": ">"}


class _Layout(NamedTuple):
    skip: int  # bytes between version and first pointer
    pointer: str
    entries: str
    entry: str  # tag, type, length, value or pointer to it


#: By the version number in the file's head: classic TIFF and BigTIFF.
_LAYOUTS = {42: _Layout(0, "I", "H", "HHI4s"), 43: _Layout(4, "Q", "Q", "HHQ8s")}


def open_stack(path: Path, names: tuple[str, ...] | None = None) -> Product:
    """Open a plain raster as bands, with its own nodata, scales and offsets.

    An alpha band is a mask, not a band.

    :param names: the bands' names in order; by default the file's descriptions, and ``1``, ``2``...
        for bands without one.
    :raises CorruptProduct: it cannot be opened.
    :raises InconsistentProduct: the names do not fit the bands, or one occurs twice.
    """
    with opened(path) as dataset:
        indexes = data_indexes(dataset)
        found = names or tuple(dataset.descriptions[i - 1] or str(i) for i in indexes)
        alpha = alpha_of(dataset)
        if alpha is not None:
            log.warning("%s: band %s is an alpha band: it masks the others", path, alpha)
        if len(found) != len(indexes) or len(set(found)) != len(found):
            besides = "" if alpha is None else f" besides its alpha band {alpha}"
            raise InconsistentProduct(
                f"has {len(indexes)} bands{besides}, but the names are {', '.join(found)}",
                subject=path,
                hint=None if alpha is None else undeclare(alpha),
            )
        grid = grid_of(dataset)
        bands = {
            name: Band(
                name,
                str(path),
                index,
                dataset.dtypes[index - 1],
                dataset.nodatavals[index - 1],
                dataset.scales[index - 1],
                dataset.offsets[index - 1],
                grid,
            )
            for index, name in zip(indexes, found, strict=True)
        }
    return Product(str(path), None, bands, attributes={} if alpha is None else {"alpha": alpha})


def snap_band_names(path: Path) -> list[str]:
    """Band names in order, from the product header that SNAP stores in its GeoTIFFs.

    :returns: empty if the file has no such header.
    :raises CorruptProduct: the header cannot be read.
    """
    content = tiff_text(path, _SNAP_TAG)
    if not content:
        return []
    root = parse_xml(content, path)
    named = {
        int(info.findtext("BAND_INDEX", "-1")): info.findtext("BAND_NAME", "")
        for info in root.iter("Spectral_Band_Info")
    }
    return [named[index] for index in sorted(named)]


def tiff_text(path: Path, tag: int) -> bytes | None:
    """The value of an ASCII tag in a TIFF's first directory; GDAL shows only the tags it knows.

    :returns: None if the tag is missing. Reads classic TIFF and BigTIFF of both byte orders.
    :raises CorruptProduct: not a TIFF, or a directory that lies outside the file.
    """
    with path.open("rb") as file:
        try:
            return _ascii_tag(file, tag)
        except (KeyError, struct.error, OverflowError) as error:
            raise CorruptProduct("is not a TIFF, or is truncated", subject=path) from error


def _ascii_tag(file: BinaryIO, tag: int) -> bytes | None:
    order = _BYTE_ORDERS[file.read(2)]
    layout = _LAYOUTS[_unpack(file, f"{order}H")]
    file.seek(layout.skip, os.SEEK_CUR)
    file.seek(_unpack(file, order + layout.pointer))
    entries = _unpack(file, order + layout.entries)
    directory = file.read(struct.calcsize(order + layout.entry) * entries)
    for number, _, length, value in struct.iter_unpack(order + layout.entry, directory):
        if number == tag:
            if length > len(value):
                file.seek(struct.unpack(order + layout.pointer, value)[0])
                value = file.read(length)
            return bytes(value[:length]).rstrip(b"\0")
    return None


def _unpack(file: BinaryIO, layout: str) -> int:
    return int(struct.unpack(layout, file.read(struct.calcsize(layout)))[0])
