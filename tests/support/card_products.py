"""Tiny CARD products in the formats of the platforms, for tests."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS

UTM32 = CRS.from_epsg(32632)
TRANSFORM_10M = Affine(10, 0, 500000, 0, -10, 6300000)
TRANSFORM_20M = Affine(20, 0, 500000, 0, -20, 6300000)

BS_NAME = "S1A_IW_GRDH_1SDV_20180511T053956_20180511T054021_021853_025B9C_1234_CARD_BS"
COHERENCE_NAME = "S1A_20180511T053956_20180505T053901_A_B_C_CARD-COH6"
L2A_NAME = "S2A_MSIL2A_20180511T103021_N0207_R108_T32VNH_20180511T142132"


def write_raster(
    path: Path,
    layers: np.ndarray,
    transform: Affine = TRANSFORM_10M,
    crs: CRS | None = UTM32,
    *,
    descriptions: tuple[str, ...] = (),
    driver: str = "GTiff",
    **profile: object,
) -> Path:
    """Write (bands, rows, columns) as a raster file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    layers = layers if layers.ndim == 3 else layers[None]
    count, height, width = layers.shape
    with rasterio.open(
        path,
        "w",
        driver=driver,
        count=count,
        height=height,
        width=width,
        dtype=layers.dtype,
        crs=crs,
        transform=transform,
        **profile,
    ) as dataset:
        dataset.write(layers)
        for index, description in enumerate(descriptions, start=1):
            dataset.set_band_description(index, description)
    return path


def write_backscatter(
    folder: Path, bands: dict[str, np.ndarray], *, big_endian: bool = True, **options: Any
) -> Path:
    """A CARD-BS product folder ``<folder>/<name>`` as BEAM-DIMAP; ``bands`` by file stem."""
    product = folder / BS_NAME
    for stem, values in bands.items():
        image = product / f"{BS_NAME}.data" / f"{stem}.img"
        write_raster(image, values.astype("f4"), driver="ENVI", **options)
        image.with_name(f"{stem}.img.aux.xml").unlink(missing_ok=True)
        if big_endian:
            image.write_bytes(values.astype(">f4").tobytes())
            header = image.with_suffix(".hdr")
            header.write_text(header.read_text().replace("byte order = 0", "byte order = 1"))
    return product


def write_coherence(
    folder: Path, layers: np.ndarray, descriptions: tuple[str, ...] = (), **options: Any
) -> Path:
    """A CARD-COH6 product folder with its one GeoTIFF."""
    product = folder / COHERENCE_NAME
    file = product / f"{COHERENCE_NAME}.tif"
    write_raster(file, layers.astype("f4"), TRANSFORM_20M, descriptions=descriptions, **options)
    return product


def add_tiff_text(path: Path, tag: int, text: str) -> None:
    """Append an ASCII tag to the first directory of a classic little-endian TIFF."""
    content = bytearray(path.read_bytes())
    assert content[:4] == b"II*\0"
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    entries = bytes(content[start + 2 : start + 2 + 12 * count])
    value = text.encode() + b"\0"
    where = len(content)
    content += value + b"\0" * (len(value) % 2)
    directory = len(content)
    content += struct.pack("<H", count + 1) + entries
    field = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<I", where)
    content += struct.pack("<HHI", tag, 2, len(value)) + field + struct.pack("<I", 0)
    struct.pack_into("<I", content, 4, directory)
    path.write_bytes(content)


def l2a_xml(
    *, quantification: float = 10000, offsets: dict[int, float] | None = None, name: str = L2A_NAME
) -> str:
    """``MTD_MSIL2A.xml`` with the elements that decide the radiometry."""
    listed = "".join(
        f'<BOA_ADD_OFFSET band_id="{band}">{value}</BOA_ADD_OFFSET>'
        for band, value in (offsets or {}).items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<n1:Level-2A_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/'
        'User_Product_Level-2A.xsd"><n1:General_Info><Product_Info>'
        f"<PRODUCT_URI>{name}.SAFE</PRODUCT_URI>"
        f"<PROCESSING_BASELINE>02.07</PROCESSING_BASELINE></Product_Info>"
        "<Product_Image_Characteristics><QUANTIFICATION_VALUES_LIST>"
        f'<BOA_QUANTIFICATION_VALUE unit="none">{quantification}</BOA_QUANTIFICATION_VALUE>'
        "</QUANTIFICATION_VALUES_LIST>"
        + (f"<BOA_ADD_OFFSET_VALUES_LIST>{listed}</BOA_ADD_OFFSET_VALUES_LIST>" if listed else "")
        + "</Product_Image_Characteristics></n1:General_Info></n1:Level-2A_User_Product>"
    )


def write_l2a(
    folder: Path,
    bands: dict[str, np.ndarray],
    scl: np.ndarray | None,
    *,
    xml: str | None = None,
    xml_name: str = "MTD_MSIL2A.xml",
    name: str = L2A_NAME,
    transform: Affine = TRANSFORM_10M,
    crs: CRS | None = UTM32,
) -> Path:
    """A SAFE folder with lossless JP2 images; bands at 10 m, SCL at 20 m."""
    product = folder / f"{name}.SAFE"
    images = product / "GRANULE" / "L2A_T32VNH_A015062_20180511T103021" / "IMG_DATA"
    lossless: dict[str, Any] = {"driver": "JP2OpenJPEG", "QUALITY": "100", "REVERSIBLE": "YES"}
    for band, values in bands.items():
        file = images / "R10m" / f"T32VNH_20180511T103021_{band}_10m.jp2"
        write_raster(file, values.astype("u2"), transform, crs, **lossless)
    if scl is not None:
        file = images / "R20m" / "T32VNH_20180511T103021_SCL_20m.jp2"
        write_raster(file, scl.astype("u1"), transform @ Affine.scale(2), crs, **lossless)
    if xml is not None:
        (product / xml_name).write_text(xml)
    return product


def write_l1c(
    folder: Path, name: str, bands: dict[str, np.ndarray], *, at: tuple[float, float]
) -> Path:
    """A SAFE folder of Level-1C with the metadata that looking at it needs; bands at 10 m.

    :param at: easting and northing of the upper left corner, in UTM 32.
    """
    product = folder / f"{name}.SAFE"
    place = Affine(10, 0, at[0], 0, -10, at[1])
    for band, values in bands.items():
        file = product / "GRANULE" / "L1C_T32VNH" / "IMG_DATA" / f"T32VNH_20180503_{band}.tif"
        write_raster(file, values.astype("u2"), place, UTM32)
    (product / "MTD_MSIL1C.xml").write_text(
        "<Level-1C_User_Product><QUANTIFICATION_VALUE>10000</QUANTIFICATION_VALUE>"
        '<RADIO_ADD_OFFSET band_id="3">-1000</RADIO_ADD_OFFSET></Level-1C_User_Product>'
    )
    return product
