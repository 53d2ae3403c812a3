"""The tools and methods that others use for the same work, used as their users do.

JRC's way (cbm/extract/pgS1bsExtract.py): parcels in chunks of 2,000 from the database, rasterstats
per band, a data frame, CSV, ``copy_from`` into a table of one row per record, a commit per chunk.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import exactextract
import geopandas
import numpy as np
import pandas
import psycopg2  # type: ignore[import-untyped]
import rasterstats
from affine import Affine
from exactextract.raster import NumPyRasterSource
from psycopg2.extensions import (  # type: ignore[import-untyped]
    connection as Connection,  # noqa: N812
)

from benchmarks.generator import NODATA, SRID
from dias_cbm.extraction.statistics import STATISTICS

CHUNK = 2_000

NARROW_COLUMNS = ("pid", "obsid", "band", *STATISTICS)
NARROW_TABLE = (
    "create table {} (pid integer not null, obsid integer not null, band char(2) not null,"
    + ", ".join(f" {name} real" for name in STATISTICS)
    + ", primary key (pid, obsid, band))"
)

_RASTERSTATS = {
    "count": "count", "mean": "mean", "std": "std", "min": "min", "max": "max",
    "p25": "percentile_25", "p50": "percentile_50", "p75": "percentile_75",
}  # fmt: skip
_EXACTEXTRACT = (
    "count", "mean", "stdev", "min", "max", "quantile(q=0.25)", "quantile(q=0.5)",
    "quantile(q=0.75)",
)  # fmt: skip


def with_rasterstats(
    parcels: geopandas.GeoDataFrame, raster: Path | np.ndarray, transform: Affine | None = None
) -> Any:
    """The eight statistics by rasterstats.

    :param raster: a file, as JRC gives it, or one band as an array, and then its ``transform``.
    :returns: data frame with the columns of ``STATISTICS``.
    """
    source = raster if isinstance(raster, np.ndarray) else str(raster)
    found = rasterstats.zonal_stats(
        parcels, source, affine=transform, nodata=NODATA, stats=list(_RASTERSTATS.values())
    )
    frame = pandas.DataFrame(found)
    return frame[list(_RASTERSTATS.values())].set_axis(list(STATISTICS), axis=1)


def with_exactextract(parcels: geopandas.GeoDataFrame, image: np.ndarray, transform: Affine) -> Any:
    """The eight statistics by exactextract, feature by feature, from an image in memory."""
    rows, columns = image.shape
    left, top = transform.c, transform.f
    source = NumPyRasterSource(
        image,
        xmin=left,
        ymin=top + rows * transform.e,
        xmax=left + columns * transform.a,
        ymax=top,
        nodata=NODATA,
        srs_wkt=parcels.crs.to_wkt(),
    )
    return exactextract.exact_extract(
        source, parcels, list(_EXACTEXTRACT), strategy="feature-sequential", output="pandas"
    )


def connect(url: str) -> Connection:
    """A connection by psycopg2, the driver whose ``copy_from`` JRC uses."""
    return psycopg2.connect(url)


def read_chunk(
    connection: Connection, season: int, first: int, size: int
) -> geopandas.GeoDataFrame:
    """A chunk of parcels, those with the ``pid`` from ``first`` on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pid::integer, st_asbinary(geom) from parcel where season = %s"
            " and pid = any(%s)",
            (season, [str(pid) for pid in range(first, first + size)]),
        )
        pids, wkb = zip(*cursor.fetchall(), strict=True)
    geometries = geopandas.GeoSeries.from_wkb([bytes(one) for one in wkb], crs=SRID)
    return geopandas.GeoDataFrame({"pid": pids}, geometry=geometries)


def narrow_rows(pids: Any, statistics: Any, obsid: int, band: str) -> Any:
    """Statistics as rows of the narrow table; as with JRC, none for parcels without pixels."""
    frame = pandas.DataFrame(statistics, columns=list(STATISTICS))
    frame.insert(0, "pid", np.asarray(pids))
    frame.insert(1, "obsid", obsid)
    frame.insert(2, "band", band)
    return frame.dropna()


def write_chunk(connection: Connection, table: str, rows: Any) -> int:
    """Write a chunk as CSV by ``copy_from``, and commit."""
    text = io.StringIO()
    rows.to_csv(text, header=False, index=False)
    text.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_from(text, table, sep=",", columns=NARROW_COLUMNS)
    connection.commit()
    return len(rows)
