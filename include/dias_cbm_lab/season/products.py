"""Writers of the simulated products, in the layouts that the platforms use."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from lxml import etree
from numpy.typing import NDArray
from pyproj import CRS

from dias_cbm.scenes import Kind
from dias_cbm_lab.season import level1, pixels
from dias_cbm_lab.season.landscape import Landscape
from dias_cbm_lab.season.place import LABEL, SCENES_SRID, TILE, Grid
from dias_cbm_lab.season.plan import OVERCAST, REPROCESSED_BASELINE, Entry, generator
from dias_cbm_lab.season.signal import Signal

NOTE = f"{LABEL}: made by the demo of this software, not by a satellite"
_BANDS = {"B02": 10, "B03": 10, "B04": 10, "B08": 10, "B11": 20}
_OFFSET_SINCE, _OFFSET, _QUANTIFICATION = "0400", -1000, 10_000
_OFFSET_BANDS = 13
#: What reprocessing changes: a slightly better calibration.
_RECALIBRATED = 1.01
_KEPT_WHEN_TRUNCATED = 0.6


@dataclass(frozen=True, slots=True)
class Written:
    """What the catalogue says about a product's files.

    :param size: bytes of all files, before any was truncated.
    :param checksum: MD5 over all files in order of their paths.
    """

    name: str
    size: int
    checksum: str


def location(entry: Entry) -> str:
    """Where the store keeps an entry's product, as CREODIAS lays out ``/eodata``."""
    family = {
        Kind.S1_GRD: "Sentinel-1/SAR/GRD",
        Kind.S1_SLC: "Sentinel-1/SAR/SLC",
        Kind.CARD_BS: "Sentinel-1/SAR/CARD-BS",
        Kind.CARD_COH6: "Sentinel-1/SAR/CARD-COH6",
        Kind.S2_L1C: "Sentinel-2/MSI/L1C",
        Kind.S2_L2A: "Sentinel-2/MSI/L2A",
    }[entry.kind]
    return f"/eodata/{family}/{entry.start:%Y/%m/%d}/{entry.name}"


def write(
    entries: Sequence[Entry], root: Path, landscape: Landscape, signal: Signal
) -> list[Written]:
    """Write the product of an entry, or of a pair's two, below the folder that stands for ``/``.

    :param entries: one, or the later and the earlier SLC of a pair.
    """
    folders = [root / location(entry).lstrip("/") for entry in entries]
    first = entries[0]
    if first.kind.card is None:
        for folder in folders:
            folder.parent.mkdir(parents=True, exist_ok=True)
        if first.kind is Kind.S1_GRD:
            level1.write_backscatter(first, folders[0], landscape, signal)
        else:
            _, earlier = entries
            level1.write_coherent(first, earlier, (folders[0], folders[1]), landscape, signal)
    else:
        folders[0].mkdir(parents=True)
        writer = {
            Kind.CARD_BS: _write_backscatter,
            Kind.CARD_COH6: _write_coherence,
            Kind.S2_L2A: _write_optical,
        }[first.kind]
        writer(first, folders[0], landscape, signal)
    return [_finished(*both) for both in zip(entries, folders, strict=True)]


def _finished(entry: Entry, folder: Path) -> Written:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    checksum = hashlib.md5(usedforsecurity=False)
    for path in files:
        checksum.update(path.read_bytes())
    written = Written(entry.name, sum(path.stat().st_size for path in files), checksum.hexdigest())
    if entry.truncated:
        _truncate(next(path for path in files if path.name == "Gamma0_VH.img"))
    return written


def _truncate(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.truncate(int(path.stat().st_size * _KEPT_WHEN_TRUNCATED))


def _write_backscatter(entry: Entry, folder: Path, landscape: Landscape, signal: Signal) -> None:
    data = folder / f"{entry.name}.data"
    data.mkdir()
    labels = landscape.labels(entry.grid)
    rng = generator(signal.seed, "speckle", entry.name)
    for polarisation, power in signal.backscatter(entry.of).items():
        image = pixels.speckled(power, labels, rng)
        if entry.wedge:
            # Only the rim around the area: no parcel loses pixels to the edge of the swath.
            image = pixels.without_corner(image, 450, entry.grid.pixel)
        band = f"Gamma0_{polarisation}"
        # SNAP writes big endian.
        image.astype(">f4").tofile(data / f"{band}.img")
        (data / f"{band}.hdr").write_text(_envi_header(band, entry.grid))
    (folder / f"{entry.name}.dim").write_bytes(_dimap(entry))


def _envi_header(band: str, grid: Grid) -> str:
    crs = CRS.from_epsg(SCENES_SRID)
    lines = (
        "ENVI",
        f"description = {{{band} - Unit: intensity - {NOTE}}}",
        f"samples = {grid.width}",
        f"lines = {grid.height}",
        "bands = 1",
        "header offset = 0",
        "file type = ENVI Standard",
        "data type = 4",
        "interleave = bsq",
        "byte order = 1",
        f"band names = {{ {band} }}",
        f"map info = {{UTM, 1.0, 1.0, {grid.west:.3f}, {grid.north:.3f},"
        f" {grid.pixel}, {grid.pixel}, 32, North, WGS-84, units=Meters}}",
        f"coordinate system string = {{{crs.to_wkt('WKT1_ESRI')}}}",
    )
    return "\n".join(lines) + "\n"


def _dimap(entry: Entry) -> bytes:
    """The minimum of a BEAM-DIMAP header that names the raster files and their no-data value."""
    root = etree.Element("Dimap_Document", name=f"{entry.name}.dim")
    identity = etree.SubElement(root, "Metadata_Id")
    etree.SubElement(identity, "METADATA_FORMAT", version="2.12.1").text = "DIMAP"
    _texts(identity, METADATA_PROFILE="BEAM-DATAMODEL-V1")
    _texts(etree.SubElement(root, "Dataset_Id"), DATASET_NAME=entry.name)
    _texts(etree.SubElement(root, "Dataset_Use"), DATASET_COMMENTS=NOTE)
    when = "%d-%b-%Y %H:%M:%S.%f"
    _texts(
        etree.SubElement(root, "Production"),
        DATASET_PRODUCER_NAME=LABEL,
        PRODUCT_TYPE="CARD-BS",
        PRODUCT_SCENE_RASTER_START_TIME=entry.start.strftime(when).upper(),
        PRODUCT_SCENE_RASTER_STOP_TIME=entry.end.strftime(when).upper(),
    )
    reference = etree.SubElement(root, "Coordinate_Reference_System")
    _texts(reference, WKT=CRS.from_epsg(SCENES_SRID).to_wkt("WKT1_GDAL"))
    grid = entry.grid
    _texts(
        etree.SubElement(root, "Geoposition"),
        IMAGE_TO_MODEL_TRANSFORM=f"{grid.pixel},0.0,0.0,{-grid.pixel},{grid.west},{grid.north}",
    )
    dimensions = etree.SubElement(root, "Raster_Dimensions")
    _texts(dimensions, NCOLS=grid.width, NROWS=grid.height, NBANDS=2)
    access = etree.SubElement(root, "Data_Access")
    _texts(access, DATA_FILE_FORMAT="ENVI", DATA_FILE_ORGANISATION="BAND_SEPARATE")
    interpretation = etree.SubElement(root, "Image_Interpretation")
    for index, band in enumerate(("Gamma0_VV", "Gamma0_VH")):
        file = etree.SubElement(access, "Data_File")
        etree.SubElement(file, "DATA_FILE_PATH", href=f"{entry.name}.data/{band}.hdr")
        _texts(file, BAND_INDEX=index)
        _texts(
            etree.SubElement(interpretation, "Spectral_Band_Info"),
            BAND_INDEX=index,
            BAND_NAME=band,
            DATA_TYPE="float32",
            PHYSICAL_UNIT="intensity",
            NO_DATA_VALUE_USED="true",
            NO_DATA_VALUE="0.0",
        )
    return _xml(root)


def _write_coherence(entry: Entry, folder: Path, landscape: Landscape, signal: Signal) -> None:
    if entry.earlier is None:
        raise ValueError(f"{entry.name} is made of one pass only")
    labels = landscape.labels(entry.grid)
    rng = generator(signal.seed, "coherence", entry.name)
    coherence = signal.coherence(entry.of, entry.earlier)
    profile = _profile("GTiff", entry.grid, "float32", len(coherence))
    profile |= {"nodata": 0, "compress": "deflate", "tiled": True}
    with rasterio.open(folder / f"{entry.name}.tif", "w", **profile) as dataset:
        for index, (polarisation, values) in enumerate(coherence.items(), start=1):
            dataset.write(pixels.estimated(values, labels, rng), index)
            dataset.set_band_description(index, polarisation)
        dataset.update_tags(TIFFTAG_IMAGEDESCRIPTION=NOTE, ORIGIN=LABEL)


def _write_optical(entry: Entry, folder: Path, landscape: Landscape, signal: Signal) -> None:
    fine = entry.grid
    coarse = Grid(fine.west, fine.north, 20.0, fine.width // 2, fine.height // 2)
    granule = (
        folder / "GRANULE" / f"L2A_T{TILE}_A{entry.of.abs_orbit:06d}_{entry.start:%Y%m%dT%H%M%S}"
    )
    labels = {10: landscape.labels(fine), 20: landscape.labels(coarse)}
    reflectance, planted = signal.reflectance(entry.of), signal.planted
    # A reprocessed product shows the same clouds and the same noise as its predecessor.
    rng = generator(signal.seed, "optical", entry.start)
    overcast = entry.cloud >= OVERCAST
    hole: pixels.Place = pixels.around(labels[20], landscape.labels_of(planted.in_clear_sky))
    if overcast:
        hole = pixels.hole_over_largest(labels[20], len(landscape.pid))
    classes = {20: pixels.scene_classes(reflectance, labels[20], entry.cloud, rng, hole)}
    under = [i for i, since in planted.clouded.items() if entry.start.date() >= since]
    where = pixels.around(labels[20], landscape.labels_of(under))
    classes[20] = pixels.hidden(classes[20], where)
    classes[10] = pixels.doubled(classes[20])
    grids = {10: fine, 20: coarse}
    for band, (name, pixel) in enumerate(_BANDS.items()):
        image = pixels.seen_through(reflectance, labels[pixel], classes[pixel], band, rng)
        _write_jp2(_image_path(entry, granule, name, pixel), grids[pixel], _digital(entry, image))
    _write_jp2(_image_path(entry, granule, "SCL", 20), coarse, classes[20])
    (folder / "MTD_MSIL2A.xml").write_bytes(_user_product(entry, granule.relative_to(folder)))
    (granule / "MTD_TL.xml").write_bytes(_tile_metadata(entry, grids))


def _digital(entry: Entry, reflectance: pixels.Image) -> NDArray[np.uint16]:
    """Reflectance as the baseline stores it; 0 stays free for no data, 65535 for saturation."""
    if entry.baseline == REPROCESSED_BASELINE:
        reflectance = reflectance * np.float32(_RECALIBRATED)
    offset = _OFFSET if entry.baseline >= _OFFSET_SINCE else 0
    stored = np.rint(reflectance * np.float32(_QUANTIFICATION)) - offset
    return stored.clip(1, 65_534).astype(np.uint16)


def _image_path(entry: Entry, granule: Path, band: str, pixel: int) -> Path:
    return (
        granule
        / "IMG_DATA"
        / f"R{pixel}m"
        / f"T{TILE}_{entry.start:%Y%m%dT%H%M%S}_{band}_{pixel}m.jp2"
    )


def _write_jp2(path: Path, grid: Grid, image: NDArray[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = _profile("JP2OpenJPEG", grid, image.dtype.name, 1)
    with rasterio.open(path, "w", QUALITY="100", REVERSIBLE="YES", **profile) as dataset:
        dataset.write(image, 1)


def _profile(driver: str, grid: Grid, dtype: str, count: int) -> dict[str, Any]:
    return {
        "driver": driver,
        "width": grid.width,
        "height": grid.height,
        "count": count,
        "dtype": dtype,
        "crs": f"EPSG:{SCENES_SRID}",
        "transform": grid.transform,
    }


def _user_product(entry: Entry, granule: Path) -> bytes:
    baseline = f"{entry.baseline[:2]}.{entry.baseline[2:]}"
    namespace = "https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd"
    root = etree.Element(f"{{{namespace}}}Level-2A_User_Product", nsmap={"n1": namespace})
    root.append(etree.Comment(f" {NOTE} "))
    general = etree.SubElement(root, f"{{{namespace}}}General_Info")
    product = etree.SubElement(general, "Product_Info")
    sensed = f"{entry.start:%Y-%m-%dT%H:%M:%S}.024Z"
    _texts(
        product,
        PRODUCT_START_TIME=sensed,
        PRODUCT_STOP_TIME=sensed,
        PRODUCT_URI=entry.name,
        PROCESSING_LEVEL="Level-2A",
        PRODUCT_TYPE="S2MSI2A",
        PROCESSING_BASELINE=baseline,
        GENERATION_TIME=f"{entry.published:%Y-%m-%dT%H:%M:%S.%f}Z",
    )
    datatake = etree.SubElement(product, "Datatake", datatakeIdentifier=datatake_identifier(entry))
    _texts(
        datatake,
        SPACECRAFT_NAME=f"Sentinel-{entry.of.satellite[1:]}",
        DATATAKE_TYPE="INS-NOBS",
        DATATAKE_SENSING_START=sensed,
        SENSING_ORBIT_NUMBER=entry.of.rel_orbit,
        SENSING_ORBIT_DIRECTION="DESCENDING",
    )
    organisation = etree.SubElement(product, "Product_Organisation")
    files = etree.SubElement(
        etree.SubElement(organisation, "Granule_List"), "Granule", granuleIdentifier=granule.name
    )
    for band, pixel in (*_BANDS.items(), ("SCL", 20)):
        path = _image_path(entry, granule, band, pixel).with_suffix("")
        etree.SubElement(files, "IMAGE_FILE").text = path.as_posix()
    characteristics = etree.SubElement(general, "Product_Image_Characteristics")
    for text, index in (("NODATA", 0), ("SATURATED", 65_535)):
        special = etree.SubElement(characteristics, "Special_Values")
        _texts(special, SPECIAL_VALUE_TEXT=text, SPECIAL_VALUE_INDEX=index)
    values = etree.SubElement(characteristics, "QUANTIFICATION_VALUES_LIST")
    etree.SubElement(values, "BOA_QUANTIFICATION_VALUE", unit="none").text = str(_QUANTIFICATION)
    if entry.baseline >= _OFFSET_SINCE:
        offsets = etree.SubElement(characteristics, "BOA_ADD_OFFSET_VALUES_LIST")
        for band_number in range(_OFFSET_BANDS):
            offset = etree.SubElement(offsets, "BOA_ADD_OFFSET", band_id=str(band_number))
            offset.text = str(_OFFSET)
    quality = etree.SubElement(root, f"{{{namespace}}}Quality_Indicators_Info")
    _texts(quality, Cloud_Coverage_Assessment=f"{100 * entry.cloud:.6f}")
    return _xml(root)


def datatake_identifier(entry: Entry) -> str:
    """The Sentinel-2 datatake of an entry, as its XML and the catalogue write it."""
    baseline = f"{entry.baseline[:2]}.{entry.baseline[2:]}"
    one = entry.of
    return f"G{one.satellite}_{one.start:%Y%m%dT%H%M%S}_{one.abs_orbit:06d}_N{baseline}"


def _tile_metadata(entry: Entry, grids: dict[int, Grid]) -> bytes:
    namespace = "https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-2A_Tile_Metadata.xsd"
    root = etree.Element(f"{{{namespace}}}Level-2A_Tile_ID", nsmap={"n1": namespace})
    root.append(etree.Comment(f" {NOTE} "))
    general = etree.SubElement(root, f"{{{namespace}}}General_Info")
    _texts(general, SENSING_TIME=f"{entry.start:%Y-%m-%dT%H:%M:%S.%f}Z")
    geometric = etree.SubElement(root, f"{{{namespace}}}Geometric_Info")
    geocoding = etree.SubElement(geometric, "Tile_Geocoding", metadataLevel="Brief")
    _texts(
        geocoding,
        HORIZONTAL_CS_NAME="WGS84 / UTM zone 32N",
        HORIZONTAL_CS_CODE=f"EPSG:{SCENES_SRID}",
    )
    for pixel, grid in grids.items():
        size = etree.SubElement(geocoding, "Size", resolution=str(pixel))
        _texts(size, NROWS=grid.height, NCOLS=grid.width)
    for pixel, grid in grids.items():
        position = etree.SubElement(geocoding, "Geoposition", resolution=str(pixel))
        _texts(position, ULX=int(grid.west), ULY=int(grid.north), XDIM=pixel, YDIM=-pixel)
    return _xml(root)


def _texts(parent: etree._Element, **texts: object) -> None:
    for tag, text in texts.items():
        etree.SubElement(parent, tag).text = str(text)


def _xml(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
