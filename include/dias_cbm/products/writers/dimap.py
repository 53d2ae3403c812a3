"""BEAM-DIMAP: ``<name>.dim`` beside ``<name>.data/Gamma0_VV.img`` and ``.hdr``, big endian.

This is the layout that SNAP writes and that the platforms use for CARD-BS.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from lxml import etree
from numpy.typing import NDArray
from rasterio.enums import WktVersion

from dias_cbm.products.atomic_folder import disk_errors
from dias_cbm.products.terrain_layers import LAYERS
from dias_cbm.products.writers.base import FolderWriter

_FLOAT32, _BIG_ENDIAN = 4, 1


class DimapWriter(FolderWriter):
    """Writes gamma0 as BEAM-DIMAP, one file per polarisation or layer of terrain."""

    def write(self, band: str, row: int, column: int, values: NDArray[np.float32]) -> None:
        """Write a block of a band; it goes to the disk while the next ones are made."""
        super().write(band, row, column, values)
        with disk_errors(self.path):
            self._layers[band].begin_flush(row, len(values))

    def _layer_file(self, work: Path, band: str) -> Path:
        return work / f"{self.path.name}.data" / f"{_name(band)}.img"

    def _finish(self, work: Path) -> None:
        for band in self.bands:
            self._layer_file(work, band).with_suffix(".hdr").write_text(self._header(band))
        document = etree.tostring(
            self._document(), pretty_print=True, xml_declaration=True, encoding="UTF-8"
        )
        (work / f"{self.path.name}.dim").write_bytes(document)

    def _header(self, band: str) -> str:
        """The ENVI header of a band's file."""
        transform = self.grid.transform
        place = f"1.0, 1.0, {transform.c!r}, {transform.f!r}, {transform.a!r}, {-transform.e!r}"
        lines = [
            "ENVI",
            f"description = {{{_name(band)} - Unit: {_unit(band)}}}",
            f"samples = {self.grid.width}",
            f"lines = {self.grid.height}",
            "bands = 1",
            "header offset = 0",
            "file type = ENVI Standard",
            f"data type = {_FLOAT32}",
            "interleave = bsq",
            f"byte order = {_BIG_ENDIAN}",
            f"data ignore value = {self.nodata}",
            f"map info = {{{self._projection()[0]}, {place}{self._projection()[1]}}}",
            f"coordinate system string = {{{self._crs(WktVersion.WKT1_ESRI)}}}",
            "wavelength units = Unknown",
            f"band names = {{ {_name(band)} }}",
        ]
        return "\n".join(lines) + "\n"

    def _projection(self) -> tuple[str, str]:
        """Name of the projection in an ENVI header, and the text after its numbers."""
        code = self.grid.crs.to_epsg() if self.grid.crs else None
        if code and code // 100 in (326, 327) and 1 <= code % 100 <= 60:
            hemisphere = "North" if code // 100 == 326 else "South"
            return "UTM", f", {code % 100}, {hemisphere}, WGS-84, units=Meters"
        return "Arbitrary", ""

    def _crs(self, version: WktVersion) -> str:
        return str(self.grid.crs.to_wkt(version=version)) if self.grid.crs else ""

    def _document(self) -> etree._Element:
        name, size = self.path.name, (self.grid.width, self.grid.height)
        root = etree.Element("Dimap_Document", name=f"{name}.dim")
        identity = etree.SubElement(root, "Metadata_Id")
        etree.SubElement(identity, "METADATA_FORMAT", version="2.12.1").text = "DIMAP"
        _add(identity, METADATA_PROFILE="BEAM-DATAMODEL-V1")
        _add(root, "Dataset_Id", DATASET_SERIES="BEAM-PRODUCT", DATASET_NAME=name)
        _add(root, "Production", DATASET_PRODUCER_NAME="cbm", PRODUCT_TYPE="CARD-BS")
        _add(root, "Coordinate_Reference_System", WKT=self._crs(WktVersion.WKT1_GDAL))
        _add(root, "Geoposition", IMAGE_TO_MODEL_TRANSFORM=self._matrix())
        _add(root, "Raster_Dimensions", NCOLS=size[0], NROWS=size[1], NBANDS=len(self.bands))
        access = _add(
            root,
            "Data_Access",
            DATA_FILE_FORMAT="ENVI",
            DATA_FILE_FORMAT_DESC="ENVI File Format",
            DATA_FILE_ORGANISATION="BAND_SEPARATE",
        )
        interpretation = etree.SubElement(root, "Image_Interpretation")
        for index, band in enumerate(self.bands):
            file = etree.SubElement(access, "Data_File")
            etree.SubElement(file, "DATA_FILE_PATH", href=f"{name}.data/{_name(band)}.hdr")
            _add(file, BAND_INDEX=index)
            self._describe(interpretation, index, band)
        self._add_provenance(etree.SubElement(root, "Dataset_Sources"))
        return root

    def _matrix(self) -> str:
        """The six numbers in the order of Java's AffineTransform."""
        a, b, c, d, e, f = self.grid.transform[:6]
        return ",".join(repr(float(number)) for number in (a, d, b, e, c, f))

    def _describe(self, parent: etree._Element, index: int, band: str) -> None:
        _add(
            parent,
            "Spectral_Band_Info",
            BAND_INDEX=index,
            BAND_DESCRIPTION=LAYERS[band].text
            if band in LAYERS
            else f"gamma0 {band}, linear power",
            BAND_NAME=_name(band),
            BAND_RASTER_WIDTH=self.grid.width,
            BAND_RASTER_HEIGHT=self.grid.height,
            DATA_TYPE="float32",
            PHYSICAL_UNIT=_unit(band),
            SOLAR_FLUX=0.0,
            BAND_WAVELEN=0.0,
            BANDWIDTH=0.0,
            SCALING_FACTOR=1.0,
            SCALING_OFFSET=0.0,
            LOG10_SCALED="false",
            NO_DATA_VALUE_USED="true",
            NO_DATA_VALUE=self.nodata,
            IMAGE_TO_MODEL_TRANSFORM=self._matrix(),
        )

    def _add_provenance(self, parent: etree._Element) -> None:
        """Add the provenance, in SNAP's tree of metadata."""
        top = etree.SubElement(parent, "MDElem", name="metadata")
        element = etree.SubElement(top, "MDElem", name="Provenance")
        for name, value in self.tags.items():
            attribute = etree.SubElement(element, "MDATTR", name=name, type="ascii", mode="rw")
            attribute.text = value


def _name(band: str) -> str:
    """The name of a band in SNAP."""
    return band if band in LAYERS else f"Gamma0_{band}"


def _unit(band: str) -> str:
    return LAYERS[band].unit if band in LAYERS else "intensity"


def _add(parent: etree._Element, tag: str | None = None, **texts: Any) -> etree._Element:
    """Add an element with a child for each text; without a tag, only the children."""
    element = parent if tag is None else etree.SubElement(parent, tag)
    for name, text in texts.items():
        etree.SubElement(element, name).text = str(text)
    return element
