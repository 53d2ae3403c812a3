"""Statistics of parcels in raster files, as a table; needs no database."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow
import pyproj
import shapely
from pyarrow import compute, csv, parquet

from dias_cbm.crossings import MOST_CROSSINGS, crosses_too_often
from dias_cbm.csv_cells import cell
from dias_cbm.errors import ParcelFileError, SettingsError
from dias_cbm.extraction.classes import split, texts, with_classes
from dias_cbm.extraction.compilation import work_clock
from dias_cbm.extraction.flags import notes
from dias_cbm.extraction.indices import SpectralIndex
from dias_cbm.extraction.rule import Rule
from dias_cbm.extraction.statistics import COUNT, STATISTICS
from dias_cbm.extraction.stream import ClearMask, Zonal, histogram, zonal
from dias_cbm.geometry import flatten, parse_crs, shrink
from dias_cbm.parcel_files.identifiers import check_columns, id_columns, identifiers
from dias_cbm.parcel_files.nul import check_whole
from dias_cbm.products.masks import undeclare
from dias_cbm.products.open import Band, Product, open_product
from dias_cbm.products.overlap import limited
from dias_cbm.products.validate import validate
from dias_cbm.whole_file import whole_file

log = logging.getLogger(__name__)

COLUMNS = ("pid", "band", *STATISTICS)

_POLYGONS = (3, 6)  # type numbers of Polygon and MultiPolygon


@dataclass(frozen=True, slots=True)
class Extract:
    """A table of statistics, one row per parcel and band, and a summary.

    With a class band, it has a row without statistics, and its pixels per class as JSON in a column
    ``hist``. With an inner buffer or a minimum number of pixels, a column ``note`` marks parcels
    with too few pixels.

    :param records: rows with at least one pixel.
    :param empty: parcels without a pixel in any band.
    :param without_area: parcels whose geometry is missing, empty, or not a polygon.
    :param repaired: invalid parcels that were repaired, e.g. with parts that overlapped.
    :param flagged: parcels with a note in any band.
    :param null_ids: numbers of the features without an identifier, from 0; their rows have none.
    :param repeated_ids: identifiers that several features have; each has its own rows.
    :param seconds: wall time, without compilation.
    """

    table: pyarrow.Table
    parcels: int
    bands: list[str]
    records: int
    empty: int
    without_area: int
    repaired: int
    flagged: int
    null_ids: list[int]
    repeated_ids: list[str]
    seconds: float


def extract_table(
    parcels: Path,
    rasters: Sequence[Path],
    *,
    id_column: str,
    layer: str | None = None,
    encoding: str | None = None,
    bands: Sequence[str] = (),
    nodata: float | None = None,
    indices: Sequence[SpectralIndex] = (),
    rule: Rule = Rule.CENTRE,
    inner_buffer_m: float = 0.0,
    minimum_pixels: int = 1,
    classes: str | None = None,
    clear: Sequence[int] = (),
) -> Extract:
    """Statistics of every parcel of a file in every band of the rasters.

    :param id_column: one name, or several with commas between; ``fid`` is the feature number,
        unless an attribute has this name.
    :param encoding: of texts that are not in UTF-8 or as the file declares.
    :param rasters: raster files of one or several bands, or folders of products.
    :param bands: names of the rasters' bands, in order; by default their own.
    :param nodata: replaces that of the rasters; compared with the stored number.
    :param indices: computed per pixel of the rasters' bands.
    :param rule: which pixels count, and how much.
    :param inner_buffer_m: by how much to shrink the parcels.
    :param minimum_pixels: parcels with fewer get a note; they keep their values.
    :param classes: name of the band with scene classes, as SCL, which gets a histogram per parcel.
    :param clear: classes whose pixels count in the other bands; empty for all pixels.
    :raises ParcelFileError: the parcel file cannot be read, lacks the column, or has no parcel on
        the rasters.
    :raises ProductError: a raster cannot be used.
    :raises SettingsError: wrong names of bands, or a buffer for parcels in degrees.
    """
    with work_clock() as clock:
        pids, shapes, crs = _parcels(parcels, layer, id_column, encoding)
        bounds = shapely.total_bounds(shapes)
        opened = _open_bands(rasters, bands, nodata, with_scl=classes is not None)
        scl, mask = None, None
        if classes is not None:
            opened, scl, left_out = split(opened, classes)
            mask = ClearMask(scl, tuple(clear)) if clear else None
            if left_out:
                log.warning("%s: %s", scl.path, left_out)
        _check_outlines(parcels, shapes, pids)
        geometries, repaired = _mended(shapes)
        vanished = np.zeros(len(pids), dtype=bool)
        if inner_buffer_m:
            geometries, vanished = shrink(geometries, inner_buffer_m, crs)
        rings = flatten(geometries)
        if len(rings.ring_offsets) == 1:
            raise ParcelFileError(
                f"none of its {len(pids)} features is a polygon: they are points, lines or empty",
                subject=parcels,
                hint="use the layer of the parcels' outlines",
            )
        del shapes, geometries  # they take as much memory as everything below
        result = zonal(rings, crs, opened, rule=rule, indices=indices, mask=mask)
        with_notes = bool(inner_buffer_m) or minimum_pixels > 1
        noted = notes(result, vanished, minimum_pixels) if with_notes else None
        histograms = None
        if scl is not None:
            counts, inside = histogram(rings, crs, scl)
            result = with_classes(result, scl.name, counts, inside)
            histograms = texts(counts, inside)
        _check_place(result, bounds, crs, parcels)
        count = result.statistics[:, :, COUNT]
        table = _table(pids, result, noted, histograms, rule)
        return Extract(
            table=table,
            parcels=len(pids),
            bands=result.names,
            records=int((count > 0).sum()),
            empty=int((count == 0).all(axis=0).sum()),
            without_area=int((np.diff(rings.parcel_ring_offsets) == 0).sum()),
            repaired=repaired,
            flagged=0 if noted is None else sum(any(column) for column in noted.T),
            null_ids=[number for number, pid in enumerate(pids) if pid is None],
            repeated_ids=[pid for pid, number in Counter(pids).items() if pid and number > 1],
            seconds=clock.seconds,
        )


def check_suffix(path: Path) -> None:
    """Check that a file's suffix is one that can be written.

    :raises SettingsError: neither ``.csv`` nor ``.parquet``.
    """
    if path.suffix not in (".csv", ".parquet"):
        raise SettingsError("unknown suffix of a table", subject=path, hint="use .csv or .parquet")


def write_csv(table: pyarrow.Table, stream: IO[bytes]) -> None:
    """Write a table as CSV, with full precision and empty cells for missing values."""
    stream.write((",".join(table.column_names) + "\n").encode())
    table = _without_formulas(table)
    # Arrow can only quote all text or none.
    texts = [column for column in table.columns if pyarrow.types.is_string(column.type)]
    plain = not any(
        compute.any(compute.match_substring_regex(t, '[",\r\n]')).as_py() for t in texts
    )
    style = "none" if plain else "needed"
    csv.write_csv(table, stream, csv.WriteOptions(include_header=False, quoting_style=style))


def _without_formulas(table: pyarrow.Table) -> pyarrow.Table:
    for number, column in enumerate(table.columns):
        if not pyarrow.types.is_string(column.type):
            continue
        suspect = compute.match_substring_regex(column, r"^[=+\-@\t\r]")
        if compute.any(suspect).as_py():
            safe = pyarrow.array([cell(one) for one in column.to_pylist()], pyarrow.string())
            table = table.set_column(number, table.column_names[number], safe)
    return table


def write_file(table: pyarrow.Table, path: Path) -> None:
    """Write a table as ``.csv`` or ``.parquet``, complete or not at all.

    :raises OutputError: it cannot be written.
    """
    with whole_file(path) as aside, aside.open("wb") as stream:
        if path.suffix == ".csv":
            write_csv(table, stream)
        else:
            parquet.write_table(table, stream, compression="zstd")


def _open_bands(
    rasters: Sequence[Path], names: Sequence[str], nodata: float | None, *, with_scl: bool
) -> list[Band]:
    products = [open_product(raster) for raster in rasters]
    bands = [band for product in products for band in _bands_of(product, alone=len(rasters) == 1)]
    if names:
        if len(names) != len(bands):
            alphas = [product.attributes.get("alpha") for product in products]
            raise SettingsError(
                f"{len(names)} names given for {len(bands)} bands of the rasters",
                subject="bands",
                hint=next((undeclare(alpha) for alpha in alphas if alpha), None),
            )
        bands = [replace(band, name=name) for band, name in zip(bands, names, strict=True)]
    scl = [product.scl for product in products if product.scl] if with_scl else []
    bands += scl
    repeated = sorted({band.name for band in bands if [b.name for b in bands].count(band.name) > 1})
    if repeated:
        raise SettingsError(
            f"several bands are named {', '.join(repeated)}",
            subject="bands",
            hint="name all bands in order with --bands",
        )
    if nodata is not None:
        bands = [band if band in scl else replace(band, nodata=nodata) for band in bands]
    return bands


def _bands_of(product: Product, *, alone: bool) -> list[Band]:
    """A raster's bands. With several rasters, a single unnamed band gets its file's name."""
    validate(product)
    bands, left_out = limited(list(product.bands.values()))
    if left_out:
        log.warning("%s: %s", product.path, left_out)
    if product.kind is None and len(bands) == 1 and bands[0].name == "1" and not alone:
        bands = [replace(bands[0], name=Path(product.path).stem)]
    return bands


def _parcels(
    path: Path, layer: str | None, id_column: str, encoding: str | None
) -> tuple[list[str | None], np.ndarray, pyproj.CRS]:
    """Identifiers, geometries and CRS of all features."""
    from dias_cbm.parcel_files.opening import open_layer

    source = open_layer(path, layer, encoding)
    ids = id_columns(id_column, source.columns)
    columns = check_columns(path, source.name, ids, source.columns)
    if source.crs is None:
        raise ParcelFileError("has no CRS", subject=path, hint="add a .prj file")
    table, _ = source.attributes(columns)
    check_whole(source.cut_texts(), columns, path)
    pids = identifiers(table, ids, path)
    fid, wkb = source.geometries(0, len(pids))
    if fid.tolist() != table.column(0).to_pylist():
        raise ParcelFileError("is damaged, or changed while it was read", subject=path)
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    return pids, shapes, parse_crs(source.crs)


def _check_place(result: Zonal, bounds: np.ndarray, crs: object, parcels: Path) -> None:
    """Raise an error if no parcel lies on any raster: an empty table is a mistake, not a result."""
    if not result.inside.any():
        west, south, east, north = bounds
        raise ParcelFileError(
            "no parcel lies on any of the rasters",
            subject=parcels,
            hint=f"the parcels are at {west:.2f} {south:.2f} {east:.2f} {north:.2f} in {crs}",
        )


def _check_outlines(path: Path, shapes: np.ndarray, pids: list[str | None]) -> None:
    """Check that every outline can be repaired in a moment, if it is invalid.

    :raises ParcelFileError: names the first that crosses itself too often.
    """
    polygonal = np.isin(shapely.get_type_id(shapes), _POLYGONS)
    for number in np.flatnonzero(polygonal & ~shapely.is_valid(shapes)):
        if crosses_too_often(shapes[number]):
            raise ParcelFileError(
                f"parcel {pids[number]} (feature {number}) crosses itself more than"
                f" {MOST_CROSSINGS:,} times",
                subject=path,
                hint="mend it or leave it out",
            )


def _mended(geometries: np.ndarray) -> tuple[np.ndarray, int]:
    """Repair invalid polygons, in which areas that two parts or loops cover would cancel out."""
    polygonal = np.isin(shapely.get_type_id(geometries), _POLYGONS)
    invalid = polygonal & ~shapely.is_valid(geometries)
    if not invalid.any():
        return geometries, 0
    mended = geometries.copy()
    mended[invalid] = shapely.make_valid(geometries[invalid], method="structure")
    return mended, int(invalid.sum())


def _table(
    pids: list[str | None],
    result: Zonal,
    noted: np.ndarray | None,
    histograms: list[str | None] | None,
    rule: Rule,
) -> pyarrow.Table:
    layers, parcels, _ = result.statistics.shape
    rows = result.statistics.transpose(1, 0, 2).reshape(layers * parcels, len(STATISTICS))
    count = rows[:, COUNT]
    columns = {
        "pid": pyarrow.array([pid for pid in pids for _ in range(layers)], pyarrow.string()),
        "band": pyarrow.array(result.names * parcels, pyarrow.string()),
        "count": pyarrow.array(count if rule is Rule.COVERAGE else count.astype(np.int64)),
    }
    for position, name in enumerate(STATISTICS):
        if position != COUNT:
            columns[name] = pyarrow.array(rows[:, position], mask=np.isnan(rows[:, position]))
    table = pyarrow.table({name: columns[name] for name in COLUMNS})
    if histograms is not None:
        beside: list[str | None] = [None] * (layers - 1)
        hist = [one for text in histograms for one in (*beside, text)]
        table = table.append_column("hist", pyarrow.array(hist, pyarrow.string()))
    if noted is None:
        return table
    if histograms is not None:  # the class band has no note
        noted = np.vstack([noted, np.full((1, parcels), None)])
    return table.append_column("note", pyarrow.array(noted.T.ravel(), pyarrow.string()))
