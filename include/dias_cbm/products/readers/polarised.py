"""One GeoTIFF with a band per polarisation: CARD-COH6 and -COH12, and CARD-BS as a COG."""

from __future__ import annotations

from pathlib import Path

from rasterio.io import DatasetReader

from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.masks import data_indexes
from dias_cbm.products.model import Band, Product, grid_of
from dias_cbm.products.readers.geotiff import snap_band_names
from dias_cbm.products.readers.raster import files_under, opened, polarisation
from dias_cbm.products.terrain_layers import LAYERS, MASK
from dias_cbm.scenes import Kind

#: The platforms write 0 where the scene or pair has no data.
NODATA = 0.0

_HINT = "do not rely on the order of the bands; name them to open_product if you know them"


def open_polarised(path: Path, kind: Kind, names: tuple[str, ...] | None = None) -> Product:
    """Open a radar product in one GeoTIFF, its bands named by polarisation.

    The polarisation comes from the band's description or tags, or from SNAP's metadata in the
    file; never from the position, which differs between products and readers.

    :param path: the GeoTIFF, or the folder that holds it.
    :param names: the bands' polarisations in order, for a file that lacks them.
    :raises CorruptProduct: no GeoTIFF, or one that cannot be opened.
    :raises InconsistentProduct: more than one GeoTIFF, or polarisations missing or duplicated.
    """
    file = _file(path)
    with opened(file) as dataset:
        layers = {
            dataset.descriptions[index - 1]: index
            for index in data_indexes(dataset)
            if dataset.descriptions[index - 1] in LAYERS
        }
        indexes = [index for index in data_indexes(dataset) if index not in layers.values()]
        found = names or _polarisations(dataset, indexes, file)
        if len(found) != len(indexes):
            raise InconsistentProduct("does not name its polarisations", subject=file, hint=_HINT)
        if len(set(found)) != len(found):
            raise InconsistentProduct(f"has two bands {found[0]}", subject=file, hint=_HINT)
        bands = {
            name: _band(dataset, name, file, index)
            for name, index in zip(found, indexes, strict=True)
        }
        mask = _band(dataset, MASK, file, layers[MASK]) if MASK in layers else None
    return Product(str(path), kind, bands, terrain_mask=mask)


def _band(dataset: DatasetReader, name: str, file: Path, index: int) -> Band:
    nodata = dataset.nodatavals[index - 1]
    return Band(
        name,
        str(file),
        index,
        dataset.dtypes[index - 1],
        NODATA if nodata is None else nodata,
        dataset.scales[index - 1],
        dataset.offsets[index - 1],
        grid_of(dataset),
    )


def _polarisations(dataset: DatasetReader, indexes: list[int], file: Path) -> tuple[str, ...]:
    names = [
        polarisation(dataset.descriptions[index - 1])
        or polarisation(" ".join(dataset.tags(index).values()))
        for index in indexes
    ]
    if None in names:
        names = [polarisation(name) for name in snap_band_names(file)]
    return tuple(name for name in names if name)


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    files = files_under(path, r".*\.tiff?")
    if not files:
        raise CorruptProduct("holds no GeoTIFF", subject=path)
    if len(files) > 1:
        raise InconsistentProduct(f"holds {len(files)} GeoTIFFs, expected one", subject=path)
    return files[0]
