"""Load a parcel file into a season: validated, in blocks, all or nothing."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import shapely
from shapely import MultiPolygon

from dias_cbm import ledger
from dias_cbm.db.connection import Connection, compute_within
from dias_cbm.errors import ParcelFileError, SeasonError
from dias_cbm.geometry import transform
from dias_cbm.parcels import removal
from dias_cbm.parcels.check import check
from dias_cbm.parcels.place import AxisCheck
from dias_cbm.parcels.report import MAX_REJECTED, LoadReport
from dias_cbm.parcels.season import prepare
from dias_cbm.parcels.source import ParcelFile
from dias_cbm.parcels.writer import Loading


def load(
    connection: Connection,
    file: str | Path,
    season_name: str,
    *,
    id_column: str,
    crop_column: str,
    layer: str | None = None,
    replace: bool = False,
    area: MultiPolygon | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    max_rejected: float = MAX_REJECTED,
) -> LoadReport:
    """Load the parcels of a season, in one transaction.

    A season that does not exist is created: for the last four-digit year in its name, in the file's
    CRS, over ``area`` or the parcels' extent. Of features with the same identifier the first is
    loaded.

    :param file: anything OGR reads, or GeoParquet.
    :param id_column: one name, or several with commas between; ``fid`` is the feature number,
        unless an attribute has this name.
    :param crop_column: the declared crop.
    :param layer: needed only if the file has several.
    :param replace: replace the season's parcels and remove all results computed from them.
    :param area: of the season, in EPSG:4326; features that do not touch it are rejected.
    :param crs: CRS to assume if the file has none, e.g. ``EPSG:25832``.
    :param encoding: of texts that are not in UTF-8 or as the file declares.
    :param max_rejected: percentage of features above which nothing is loaded; features outside the
        area do not count.
    :raises ParcelFileError: the file cannot be used, or too few of its features can.
    :raises SeasonError: the season has parcels already, or its name contains no year.
    """
    started = time.monotonic()
    source = ParcelFile(
        file,
        id_column=id_column,
        crop_column=crop_column,
        layer=layer,
        crs=crs,
        encoding=encoding,
    )
    report = LoadReport(file=str(file), layer=source.layer, season=season_name, crs=source.crs_name)
    report.invalid_dates, report.cut_texts = source.invalid_dates, source.cut_texts
    with connection.transaction():
        compute_within(connection)
        season = prepare(connection, source, season_name, area, report)
        existing = removal.count_parcels(connection, season.id)
        if existing and not replace:
            raise SeasonError(
                f"has {existing:,} parcels already",
                subject=season_name,
                hint="--replace replaces them and removes their signatures and means",
            )
        removal.remove_parcels(connection, season.id)
        loading = Loading(connection, season, report, repeated=_repeated(source.pid))
        boundary = None if season.area_from_parcels else _boundary(season.area, season.srid)
        axes = AxisCheck(source.crs, None if season.area_from_parcels else season.area)
        for chunk in source.chunks():
            axes.take(chunk.wkb)
            loading.take(chunk, check(chunk.wkb, source.crs, season.srid, boundary))
        if single := axes.finish(source.path):
            report.messages.append(single)
        loading.check_rejected(max_rejected)
        report.curves_linearised = source.curves()
        loading.finish(source.crs)
        # Last, because it locks scenes that other tasks may be working on.
        removed = removal.remove_results(connection, season.id)
        reset = ledger.reset_season(connection, season.id)
        # No unit of the old parcels can end any more; what one wrote in between goes too.
        removal.remove_late(connection, season.id)
        if existing:
            removed |= {"units of extraction": reset.units}
            report.replaced = {"parcels": existing, **removed}
        report.scenes_reopened = reset.scenes
        report.seconds = round(time.monotonic() - started, 1)
        loading.record()
    return report


def _repeated(pids: list[str | None]) -> frozenset[str]:
    return frozenset(pid for pid, number in Counter(pids).items() if pid and number > 1)


def _boundary(area: MultiPolygon, srid: int) -> shapely.Geometry:
    """A season's area in the CRS of its parcels, with long edges following the projection.

    :raises ParcelFileError: the CRS does not reach the area.
    """
    dense = shapely.segmentize(area, 0.1)
    boundary = shapely.make_valid(shapely.transform(dense, lambda xy: transform(xy, 4326, srid)))
    if not shapely.is_valid(boundary) or boundary.is_empty:
        raise ParcelFileError(
            f"EPSG:{srid} is not defined over the season's area", hint="give another --area"
        )
    return boundary
