"""CARD-BS in BEAM-DIMAP: ``<name>.data/Gamma0_VV.img`` and ``.hdr`` beside ``<name>.dim``.

A COG made here is one GeoTIFF with a band per polarisation.
"""

from __future__ import annotations

import re
from pathlib import Path

from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.model import Band, Product, grid_of
from dias_cbm.products.readers.polarised import open_polarised
from dias_cbm.products.readers.raster import files_under, opened, polarisation
from dias_cbm.products.terrain_layers import MASK
from dias_cbm.scenes import Kind

#: The platforms write 0 where the scene has no data; gamma0 itself is never exactly 0.
NODATA = 0.0

_TIFF = (".tif", ".tiff")
#: SNAP's name of a band that it turned into decibels.
_DECIBELS = re.compile(r".*_db", re.IGNORECASE)
_BAND_FILE = r"(?:.*/)?Gamma0_[^/]*\.img"


def open_backscatter(path: Path) -> Product:
    """Open a CARD-BS product: gamma0 in linear power, bands named by polarisation.

    :param path: the product's folder, its ``.data`` folder, its ``.dim`` file or its GeoTIFF.
    :raises CorruptProduct: no ``Gamma0`` raster, or one that cannot be opened.
    :raises InconsistentProduct: file names and headers do not agree on polarisations, or have none.
    """
    folder = path.with_suffix(".data") if path.suffix.lower() == ".dim" else path
    files = files_under(folder, _BAND_FILE)
    if not files and (path.suffix.lower() in _TIFF or files_under(folder, r".*\.tiff?")):
        return open_polarised(path, Kind.CARD_BS)
    if not files:
        raise CorruptProduct("holds no Gamma0 raster", subject=path)
    bands: dict[str, Band] = {}
    for file in files:
        band = _band(file)
        if band.name in bands:
            raise InconsistentProduct(f"is a second {band.name} raster", subject=file)
        bands[band.name] = band
    masks = files_under(folder, rf"(?:.*/)?{MASK}\.img")
    return Product(str(path), Kind.CARD_BS, bands, terrain_mask=_mask(masks[0]) if masks else None)


def _mask(file: Path) -> Band:
    with opened(file) as dataset:
        return Band(MASK, str(file), 1, dataset.dtypes[0], NODATA, 1.0, 0.0, grid_of(dataset))


def _band(file: Path) -> Band:
    with opened(file) as dataset:
        by_file, by_header = polarisation(file.stem), polarisation(dataset.descriptions[0])
        if by_file and by_header and by_file != by_header:
            raise InconsistentProduct(
                f"is {by_file} by its name, {by_header} by its header", subject=file
            )
        name = by_file or by_header
        if name is None:
            raise InconsistentProduct("has no polarisation in name or header", subject=file)
        if _DECIBELS.fullmatch(file.stem):
            raise InconsistentProduct("is in decibels, and a mean needs linear power", subject=file)
        scale, offset = dataset.scales[0], dataset.offsets[0]
        return Band(name, str(file), 1, dataset.dtypes[0], NODATA, scale, offset, grid_of(dataset))
