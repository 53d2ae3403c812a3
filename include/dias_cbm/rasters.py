"""The one place where raster files are opened: a file is read as what its name says, or not at all.

GDAL goes by what a file holds. Some of its formats point to other files and to URLs, and such a
text in a file called ``x.tif`` would bring in pixels from anywhere.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader

from dias_cbm.config.settings import settings
from dias_cbm.errors import CorruptProduct

#: File of the product cache, beside a product, with the paths of its stand-ins, one a line.
STAND_INS = "stand-ins"

# Only formats whose pixels are in the file itself, or beside it under the same name.
_DRIVERS = {
    ("GTiff",): (".tif", ".tiff", ".gtif", ".gtiff"),
    ("JP2OpenJPEG",): (".jp2", ".j2k"),
    ("ENVI", "HFA"): (".img",),
    ("ENVI", "EHdr"): (".bil", ".bip", ".bsq", ".flt", ".bin", ".dat", ".raw"),
    ("PNG",): (".png",),
    ("JPEG",): (".jpg", ".jpeg"),
    ("AAIGrid",): (".asc",),
    ("SRTMHGT",): (".hgt",),
    ("DTED",): (".dt0", ".dt1", ".dt2"),
    ("GTX",): (".gtx",),
    # Only users name such a file; no product is read from one.
    ("VRT",): (".vrt",),
}
_BY_SUFFIX = {suffix: drivers for drivers, suffixes in _DRIVERS.items() for suffix in suffixes}
_ANY = ("GTiff", "JP2OpenJPEG", "ENVI", "HFA")
#: GDAL's files in memory.
_MEMORY = Path("/vsimem")
_TIFF = (b"II*\0", b"II+\0", b"MM\0*", b"MM\0+")


def open_raster(path: Path) -> DatasetReader:
    """Open a raster for reading, as the format that its name says.

    :raises CorruptProduct: it cannot be opened as such, or it or a file beside it points elsewhere.
    """
    path = path.absolute()
    if not path.exists() and not path.is_relative_to(_MEMORY):
        # GDAL gives meanings of its own to such names as /vsicurl/...
        raise CorruptProduct("cannot be opened: there is no such file", subject=path)
    if _is_stand_in(path):
        return _open(path, ("VRT",))
    drivers = _BY_SUFFIX.get(path.suffix.lower(), _ANY)
    if drivers == ("VRT",):
        return _open(path, drivers)
    _check_companions(path)
    dataset = _open(path, drivers)
    try:
        _check_inside(dataset, path)
        _check_mask(dataset, path)
    except CorruptProduct:
        dataset.close()
        raise
    return dataset


def open_netcdf(path: Path, variable: str | None = None) -> DatasetReader:
    """Open a NetCDF file that the user named, or one variable of it; no product is read from one.

    :raises CorruptProduct: it cannot be opened as such.
    """
    if not path.is_file():
        raise CorruptProduct("cannot be opened: there is no such file", subject=path)
    path = path.absolute()
    with warnings.catch_warnings():
        # A file of several variables has no place itself.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return _open(path if variable is None else f'netcdf:"{path}":{variable}', ("netCDF",))


def remote_driver(source: str) -> str | None:
    """The driver by which an object may be read in its store; None if it has to be fetched.

    :param source: GDAL's path of the object.
    """
    drivers = {".tif": "GTiff", ".tiff": "GTiff", ".img": "ENVI", ".jp2": "JP2OpenJPEG"}
    return drivers.get(Path(source).suffix.lower())


def _open(path: Path | str, drivers: tuple[str, ...]) -> DatasetReader:
    first: RasterioError | None = None
    for driver in drivers:
        try:
            return rasterio.open(path, driver=driver)
        except RasterioError as error:
            first = first or error
    names = " or ".join(drivers)
    raise CorruptProduct(f"cannot be opened as {names}: {first}", subject=path) from first


def _is_stand_in(path: Path) -> bool:
    cache = Path(settings().store.cache_folder).expanduser().resolve()
    if not path.is_relative_to(cache):
        return False
    inside = path.relative_to(cache)
    try:
        names = (cache / inside.parts[0] / STAND_INS).read_text().splitlines()
    except (OSError, IndexError, UnicodeDecodeError):
        return False
    return Path(*inside.parts[1:]).as_posix() in names


def _check_companions(path: Path) -> None:
    """Check the masks, overviews and metadata beside a file, which GDAL opens by itself."""
    for beside in path.parent.glob("*"):
        name = beside.name.lower()
        if not name.startswith(f"{path.stem.lower()}.") or not beside.is_file():
            continue
        if name.endswith((".msk", ".ovr")):
            with beside.open("rb") as file:
                if file.read(4) not in _TIFF:
                    raise CorruptProduct("is not a GeoTIFF", subject=beside)
        elif name.endswith(".aux.xml") and b"OVERVIEW_FILE" in beside.read_bytes():
            raise CorruptProduct("points to another file", subject=beside)


def _check_mask(dataset: DatasetReader, path: Path) -> None:
    """Check that a mask beside a file fits it: GDAL ignores one of another size."""
    for name in (f"{path.name}.msk", f"{path.name}.MSK"):
        if not (beside := path.with_name(name)).is_file():
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # it need not repeat the place
            mask = _open(beside, ("GTiff",))
        with mask:
            if mask.shape != dataset.shape or mask.count not in (1, dataset.count):
                raise CorruptProduct(
                    f"has {mask.height} x {mask.width} pixels in {mask.count} bands, and the raster"
                    f" {dataset.height} x {dataset.width} in {dataset.count}",
                    subject=beside,
                )


def _check_inside(dataset: DatasetReader, path: Path) -> None:
    if "OVERVIEW_FILE" in dataset.tags(ns="OVERVIEWS"):
        raise CorruptProduct("points to another file", subject=path)
    folder = path.parent.resolve()
    for name in dataset.files:
        beside = Path(name).absolute()
        if beside != path and beside.parent.resolve() != folder:
            raise CorruptProduct(f"points to another file, {name}", subject=path)
