"""Writing CARD-2A as a SAFE folder in the layout of L2A, with images as GeoTIFF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import numpy as np
import rasterio
from lxml import etree
from numba import njit
from numpy.typing import NDArray
from rasterio.io import DatasetWriter
from rasterio.windows import Window

from dias_cbm.card.optical.l1c import NODATA, SATURATED, Level1C
from dias_cbm.config.settings import settings
from dias_cbm.products.model import Grid
from dias_cbm.products.provenance import as_tags
from dias_cbm.products.readers.radiometry import BAND_IDS

QUANTIFICATION, OFFSET = 10_000, -1000

#: The baseline of products that users make themselves; it does not supersede any other.
BASELINE = "99.99"

NOTE = (
    "Made by cbm from L1C with tables of 6S and the cloud model of s2cloudless:"
    " a fallback, not equal to Sen2Cor. Not a product of ESA."
)

#: Side of the images' tiles, pixels.
TILE = 512
#: Level 9, GDAL's default, saves 1 % of the size and takes five times as long.
_ZSTD_LEVEL = 1
_NAMESPACE = "https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd"


def product_name(source: Level1C) -> str:
    """The name of the L2A product made from an L1C product, without ``.SAFE``."""
    fields = source.name.split("_")
    fields[1], fields[3] = "MSIL2A", f"N{BASELINE.replace('.', '')}"
    return "_".join(fields)


def stored(reflectance: NDArray[np.float32], numbers: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Reflectance as stored in L2A: DN = reflectance * 10000 + 1000.

    :param reflectance: rows x columns.
    :param numbers: DNs of L1C, from which 0 for no data and 65535 for saturation are taken over.
    """
    result = np.empty(numbers.shape, np.uint16)
    _store(reflectance, numbers, result)
    return result


@njit(cache=True, nogil=True)
def _store(reflectance: np.ndarray, numbers: np.ndarray, result: np.ndarray) -> None:
    scale, offset = np.float32(QUANTIFICATION), np.float32(OFFSET)
    lowest, highest = np.float32(NODATA + 1), np.float32(SATURATED - 1)
    for row in range(len(numbers)):
        for column in range(numbers.shape[1]):
            number = np.rint(reflectance[row, column] * scale) - offset
            kept = np.uint16(min(max(number, lowest), highest))
            source = numbers[row, column]
            result[row, column] = source if source in (NODATA, SATURATED) else kept


class SafeWriter:
    """Writes images and metadata of one product into a folder.

    :param root: the product's folder while it is made; must exist.
    """

    def __init__(self, root: Path, name: str, source: Level1C) -> None:
        self.root, self.name, self.source = root, name, source
        self.granule = f"GRANULE/{source.granule.replace('L1C', 'L2A', 1)}"
        self._files: list[str] = []
        self._open: dict[str, DatasetWriter] = {}
        self._writing = Lock()

    @contextmanager
    def images(self, grids: Mapping[str, tuple[str, Grid]]) -> Iterator[None]:
        """Open images for writing.

        :param grids: dtype and grid by band.
        """
        with ExitStack() as stack:
            for band, (dtype, grid) in grids.items():
                self._open[band] = stack.enter_context(self._create(band, dtype, grid))
            yield
        self._open.clear()

    def write(
        self, band: str, numbers: NDArray[np.uint16] | NDArray[np.uint8], row: int, column: int
    ) -> None:
        """Write a part of an image, from this row and column on; several threads may."""
        window = Window(column, row, numbers.shape[1], numbers.shape[0])
        with self._writing:
            self._open[band].write(numbers, 1, window=window)

    def finish(self, provenance: Mapping[str, object], cloud_percent: float) -> None:
        """Write the metadata, once the images are complete."""
        (self.root / "MTD_MSIL2A.xml").write_bytes(self._user_product(provenance, cloud_percent))

    def _create(self, band: str, dtype: str, grid: Grid) -> DatasetWriter:
        pixel = round(grid.transform.a)
        stamp = self.source.name.split("_")[2]
        name = f"{self.granule}/IMG_DATA/R{pixel}m/T{self.source.tile}_{stamp}_{band}_{pixel}m"
        self._files.append(name)
        path = self.root / f"{name}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        return rasterio.open(
            path,
            "w",
            driver="GTiff",
            count=1,
            dtype=dtype,
            width=grid.width,
            height=grid.height,
            crs=grid.crs,
            transform=grid.transform,
            nodata=NODATA,
            tiled=True,
            blockxsize=TILE,
            blockysize=TILE,
            compress=settings().card.compression,
            predictor=2,
            zstd_level=_ZSTD_LEVEL,
        )

    def _user_product(self, provenance: Mapping[str, object], cloud_percent: float) -> bytes:
        root = etree.Element(f"{{{_NAMESPACE}}}Level-2A_User_Product", nsmap={"n1": _NAMESPACE})
        root.append(etree.Comment(f" {NOTE} "))
        general = etree.SubElement(root, f"{{{_NAMESPACE}}}General_Info")
        product = etree.SubElement(general, "Product_Info")
        _texts(
            product,
            PRODUCT_START_TIME=self.source.start.isoformat(timespec="milliseconds"),
            PRODUCT_URI=f"{self.name}.SAFE",
            PROCESSING_LEVEL="Level-2A",
            PRODUCT_TYPE="S2MSI2A",
            PROCESSING_BASELINE=BASELINE,
            GENERATION_TIME=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._list_files(product)
        characteristics = etree.SubElement(general, "Product_Image_Characteristics")
        for text, index in (("NODATA", NODATA), ("SATURATED", SATURATED)):
            special = etree.SubElement(characteristics, "Special_Values")
            _texts(special, SPECIAL_VALUE_TEXT=text, SPECIAL_VALUE_INDEX=index)
        values = etree.SubElement(characteristics, "QUANTIFICATION_VALUES_LIST")
        _texts(values, BOA_QUANTIFICATION_VALUE=QUANTIFICATION)
        offsets = etree.SubElement(characteristics, "BOA_ADD_OFFSET_VALUES_LIST")
        for band_id in range(len(BAND_IDS)):
            etree.SubElement(offsets, "BOA_ADD_OFFSET", band_id=str(band_id)).text = str(OFFSET)
        auxiliary = etree.SubElement(root, f"{{{_NAMESPACE}}}Auxiliary_Data_Info")
        made = etree.SubElement(auxiliary, "Provenance")
        for name, value in as_tags(provenance).items():
            etree.SubElement(made, name).text = value
        quality = etree.SubElement(root, f"{{{_NAMESPACE}}}Quality_Indicators_Info")
        _texts(quality, Cloud_Coverage_Assessment=f"{cloud_percent:.6f}")
        return _xml(root)

    def _list_files(self, product: etree._Element) -> None:
        organisation = etree.SubElement(product, "Product_Organisation")
        granules = etree.SubElement(organisation, "Granule_List")
        identifier = Path(self.granule).name
        granule = etree.SubElement(granules, "Granule", granuleIdentifier=identifier)
        for name in self._files:
            etree.SubElement(granule, "IMAGE_FILE").text = name


def _texts(parent: etree._Element, **texts: object) -> None:
    for tag, text in texts.items():
        etree.SubElement(parent, tag).text = str(text)


def _xml(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))
