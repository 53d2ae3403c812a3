"""The outlier list as rows, CSV and GeoPackage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dias_cbm.csv_cells import write_rows
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData
from dias_cbm.geopackage import write_layer
from dias_cbm.whole_file import whole_file

COLUMNS = (
    "pid", "declared", "predicted", "probability", "predicted_probability", "rank", "status",
    "reason", "observations", "longest_gap_days", "area_ha", "model", "made_at",
    "wrong_at_least", "wrong_probability", "plausible", "sentence", "special_reason", "remark",
    "finding", "true_crop", "decided_by", "decided_at",
)  # fmt: skip


def rows(
    connection: Connection, season: str, *, status: str | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """The latest verdicts of a season, most suspicious declarations first.

    :param season: name of the season.
    :param status: confirmed, inconclusive or outlier; None for all.
    :raises NotEnoughData: the season has no outlier run.
    """
    parameters = {"season": season, "status": status, "limit": limit}
    found = connection.execute(query("outliers/list"), parameters).fetchall()
    if not found:
        _latest(connection, season)
    return [{name: getattr(row, name) for name in COLUMNS} for row in found]


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest run of a season.

    :param headline: its number, when it was made, and what its list should hold, in one line.
    :param crops: number of crops that it knows.
    """

    headline: str
    crops: int


def latest(connection: Connection, season: str) -> Latest:
    """The latest run of a season.

    :raises NotEnoughData: the season has no outlier run.
    """
    run = _latest(connection, season)
    budget = (run.in_words or [""])[0]
    made = f"run {run.id} of {run.made_at:%Y-%m-%d %H:%M %Z}"
    return Latest(made + (f": {budget}" if budget else ""), run.crops)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row for formats without lists: plausible crops in one text."""
    return row | {"plausible": "; ".join(row["plausible"] or ())}


def write_csv(connection: Connection, season: str, path: Path, status: str | None = None) -> int:
    """Write the list as CSV, complete or not at all.

    :returns: rows written.
    """
    found = rows(connection, season, status=status)
    return write_rows(path, COLUMNS, map(_flat, found))


def write_geopackage(
    connection: Connection, season: str, path: Path, status: str | None = None
) -> int:
    """Write the list with the parcels' geometries as GeoPackage, in the season's CRS.

    :returns: rows written.
    """
    import geopandas
    import shapely

    found = {row["pid"]: _flat(row) for row in rows(connection, season, status=status)}
    values = {"season": season, "pids": list(found)}
    shapes = connection.execute(query("outliers/shapes"), values).fetchall()
    geometry = shapely.from_wkb([row.geom for row in shapes])
    frame = geopandas.GeoDataFrame(
        [found[row.pid] for row in shapes],
        columns=COLUMNS,
        geometry=geometry,
        crs=shapes[0].srid if shapes else None,
    ).sort_values("rank", na_position="last")
    with whole_file(path) as aside:
        write_layer(frame, aside, "outliers")
    return len(frame)


def _latest(connection: Connection, season: str) -> Any:
    row = connection.execute(query("outliers/latest"), {"season": season}).fetchone()
    if row is None:
        raise NotEnoughData("no outlier run yet", subject=season, hint=f"cbm outliers run {season}")
    return row
