"""A simulated L1C product: its images and the metadata that the correction reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

#: Names of the product and of its granule.
NAME = "S2A_MSIL1C_20180511T103021_N0500_R108_T32VNH_20230911T142132"
GRANULE = "L1C_T32VNH_A015062_20180511T103021"
BANDS = (*(f"B{n:02}" for n in range(1, 9)), "B8A", "B09", "B10", "B11", "B12")
#: Side of a band's pixels, m.
PIXEL = dict.fromkeys(BANDS, 20)
PIXEL |= dict.fromkeys(("B02", "B03", "B04", "B08"), 10) | dict.fromkeys(("B01", "B09", "B10"), 60)
_CORNER = (500_000, 6_300_000)
_STEP = 5000


def write_l1c(
    folder: Path,
    reflectance: Mapping[str, np.ndarray | float],
    size: int = 600,
    *,
    offset: int | None = -1000,
    sun: tuple[float, float] = (45.0, 160.0),
    view: tuple[float, float] = (5.0, 110.0),
    name: str = NAME,
    driver: str = "JP2OpenJPEG",
) -> Path:
    """Write a SAFE folder.

    :param folder: that the product's folder is put into.
    :param reflectance: at the sensor by band: one value, or an image in the band's own pixels in
        which NaN is no data and infinity saturation.
    :param size: of the tile in metres, a multiple of 60.
    :param offset: RADIO_ADD_OFFSET of every band; None for a product without, whose name then has
        a baseline before 04.00.
    :param sun: zenith and azimuth everywhere, degrees; ``view`` the same.
    :returns: the product's folder.
    """
    root = folder / f"{name}.SAFE"
    images = root / "GRANULE" / GRANULE / "IMG_DATA"
    images.mkdir(parents=True)
    for band, values in reflectance.items():
        side = size // PIXEL[band]
        image = np.broadcast_to(np.asarray(values, float), (side, side))
        with np.errstate(invalid="ignore"):
            numbers = np.rint(image * 10_000) - (offset or 0)
        numbers = np.where(np.isnan(image), 0, np.where(np.isinf(image), 65_535, numbers))
        suffix = "jp2" if driver == "JP2OpenJPEG" else "tif"
        lossless = {"QUALITY": "100", "REVERSIBLE": "YES"} if suffix == "jp2" else {}
        with rasterio.open(
            images / f"T32VNH_20180511T103021_{band}.{suffix}",
            "w",
            driver=driver,
            width=side,
            height=side,
            count=1,
            dtype="uint16",
            crs="EPSG:32632",
            transform=Affine(PIXEL[band], 0, _CORNER[0], 0, -PIXEL[band], _CORNER[1]),
            **lossless,
        ) as dataset:
            dataset.write(numbers.astype("u2"), 1)
    (root / "MTD_MSIL1C.xml").write_text(_user_product(name, offset))
    (root / "GRANULE" / GRANULE / "MTD_TL.xml").write_text(_tile_metadata(size, sun, view))
    return root


def _user_product(name: str = NAME, offset: int | None = -1000) -> str:
    offsets = "".join(
        f'<RADIO_ADD_OFFSET band_id="{band}">{offset}</RADIO_ADD_OFFSET>' for band in range(13)
    )
    baseline = name.split("_")[3]
    listed = f"<Radiometric_Offset_List>{offsets}</Radiometric_Offset_List>" if offset else ""
    return (
        '<n1:Level-1C_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/'
        'User_Product_Level-1C.xsd"><n1:General_Info><Product_Info>'
        "<PRODUCT_START_TIME>2018-05-11T10:30:21.024Z</PRODUCT_START_TIME>"
        f"<PRODUCT_URI>{name}.SAFE</PRODUCT_URI>"
        f"<PROCESSING_BASELINE>{baseline[1:3]}.{baseline[3:]}</PROCESSING_BASELINE></Product_Info>"
        "<Product_Image_Characteristics>"
        f'<QUANTIFICATION_VALUE unit="none">10000</QUANTIFICATION_VALUE>{listed}'
        "</Product_Image_Characteristics></n1:General_Info></n1:Level-1C_User_Product>"
    )


def _tile_metadata(size: int, sun: tuple[float, float], view: tuple[float, float]) -> str:
    grids = "".join(
        f'<Size resolution="{pixel}"><NROWS>{size // pixel}</NROWS><NCOLS>{size // pixel}</NCOLS>'
        f'</Size><Geoposition resolution="{pixel}"><ULX>{_CORNER[0]}</ULX><ULY>{_CORNER[1]}</ULY>'
        f"<XDIM>{pixel}</XDIM><YDIM>-{pixel}</YDIM></Geoposition>"
        for pixel in (10, 20, 60)
    )
    views = "".join(
        f'<Viewing_Incidence_Angles_Grids bandId="{band}" detectorId="1">{_angles(size, *view)}'
        "</Viewing_Incidence_Angles_Grids>"
        for band in range(13)
    )
    return (
        '<n1:Level-1C_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/'
        'S2_PDI_Level-1C_Tile_Metadata.xsd"><n1:Geometric_Info><Tile_Geocoding>'
        f"<HORIZONTAL_CS_CODE>EPSG:32632</HORIZONTAL_CS_CODE>{grids}</Tile_Geocoding>"
        f"<Tile_Angles><Sun_Angles_Grid>{_angles(size, *sun)}</Sun_Angles_Grid>{views}"
        "</Tile_Angles></n1:Geometric_Info></n1:Level-1C_Tile_ID>"
    )


def _angles(size: int, zenith: float, azimuth: float) -> str:
    nodes = size // _STEP + 2

    def matrix(name: str, value: float) -> str:
        row = f"<VALUES>{' '.join([str(value)] * nodes)}</VALUES>"
        return (
            f'<{name}><COL_STEP unit="m">{_STEP}</COL_STEP><ROW_STEP unit="m">{_STEP}</ROW_STEP>'
            f"<Values_List>{row * nodes}</Values_List></{name}>"
        )

    return matrix("Zenith", zenith) + matrix("Azimuth", azimuth)
