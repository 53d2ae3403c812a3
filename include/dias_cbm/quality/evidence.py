"""Evidence for the items of a sample: one folder each, for an inspector to take along."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dias_cbm.completeness import gaps as gap_table
from dias_cbm.completeness.gaps import Gap
from dias_cbm.completeness.why import IN_WORDS, parcel_gaps
from dias_cbm.csv_cells import cell
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.geopackage import write_layer
from dias_cbm.quality import verdicts
from dias_cbm.quality.findings import Judged
from dias_cbm.seasons import Season

SERIES = ("window_start", "window_end", "card", "band", "direction", "mean", "n")
STATES = (
    "marker", "version", "window_start", "window_end", "status", "reason", "confidence",
    "gap_confidence", "longest_gap_days", "observations",
)  # fmt: skip
EVENTS = (
    "marker", "kind", "start", "end", "best_day", "confidence", "before_obsid", "after_obsid",
    "evidence_obsids",
)  # fmt: skip
GAPS = ("expected_at", "card", "satellite", "rel_orbit", "cause", "meaning", "state", "evidence")


def write(
    connection: Connection, season: Season, items: Sequence[Judged], folder: Path
) -> list[Path]:
    """Write a folder per item, and ``sample.gpkg`` with their geometries.

    A folder holds the parcel (``parcel.json``), its five-day means (``series.csv``), what the
    markers answer and saw (``markers.csv``, ``events.csv``), the passes that are missing
    (``gaps.csv``), and in words what the system says of it (``verdict.txt``).

    :param folder: is there.
    :returns: the folders of the items.
    """
    known = gap_table.rows(connection, season)
    written = []
    for number, item in enumerate(items, 1):
        place = folder / f"{number:04d}_{_name(item.row.group)}_{_name(item.row.parcel)}"
        place.mkdir()
        _write_item(connection, season, item, known, place)
        written.append(place)
    _write_shapes(connection, season, items, folder / "sample.gpkg")
    return written


def _write_item(
    connection: Connection, season: Season, item: Judged, known: Sequence[Gap], place: Path
) -> None:
    values = {"season": season.id, "name": season.name, "pid": item.row.parcel}
    parcel = connection.execute(query("quality/parcel"), values).fetchone()
    about = {
        "group": item.row.group,
        "parcel": item.row.parcel,
        "holding": item.row.holding,
        "ranking": item.row.ranking,
        "covered": item.row.covered,
        "colour": item.colour or None,
        "in_season": parcel is not None,
    }
    if parcel is not None:
        about |= {name: getattr(parcel, name) for name in ("crop", "area_m2", "note")}
        about |= {"attributes": parcel.attributes, "geometry": parcel.geometry}
    (place / "parcel.json").write_text(json.dumps(about, indent=1, default=str) + "\n")
    series = connection.execute(query("quality/series"), values)
    _write_csv(place / "series.csv", SERIES, series)
    states = connection.execute(query("quality/marker_states"), values)
    _write_csv(place / "markers.csv", STATES, states)
    events = connection.execute(query("quality/marker_events"), values)
    _write_csv(place / "events.csv", EVENTS, events)
    mine = parcel_gaps(connection, season, item.row.parcel)
    missing = [_gap_cells(gap) for gap in known if gap.id in mine]
    _write_csv(place / "gaps.csv", GAPS, missing)
    lines = [_told(connection, season, item), outlier_sentence(connection, season, item.row.parcel)]
    lines.append(f"Passes that are or were missing: {len(missing)}; see gaps.csv.")
    (place / "verdict.txt").write_text("\n".join(lines) + "\n")


def _told(connection: Connection, season: Season, item: Judged) -> str:
    """The verdict of the rules on the item's scheme."""
    found = verdicts.of_season(connection, season.id, item.row.parcel)
    one = next((verdict for verdict in found if verdict.scheme == item.row.group), None)
    if one is not None:
        return one.sentence or f"Rules: {one.colour}."
    if item.colour:
        return f"Rules: {item.colour}, as the list of the sample says; no sentence is kept."
    return "Rules: there is no verdict on this parcel and group."


def outlier_sentence(connection: Connection, season: Season, pid: str) -> str:
    """What the latest outlier run says of a parcel, in one sentence."""
    values = {"season": season.id, "pid": pid}
    row = connection.execute(query("quality/outlier"), values).fetchone()
    if row is None:
        return "Outliers: the parcel was not judged."
    text = f"Outliers: {row.status}, declared {row.declared or 'nothing'}"
    if row.probability is not None:
        text += f" with probability {row.probability:.2f}"
    if row.predicted is not None and row.predicted_probability is not None:
        text += f", likeliest {row.predicted} with {row.predicted_probability:.2f}"
    if row.reason:
        text += f"; reason: {row.reason}"
    gap = "" if row.longest_gap_days is None else f", longest gap {row.longest_gap_days} days"
    return f"{text}; {row.observations} observations{gap}; run of {row.made_at:%Y-%m-%d}."


def _gap_cells(gap: Gap) -> tuple[Any, ...]:
    return (
        gap.expected_at.isoformat(), gap.card.value, gap.satellite, gap.rel_orbit, gap.cause.value,
        IN_WORDS[gap.cause], gap.state.value, gap.evidence,
    )  # fmt: skip


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([cell(value) for value in row] for row in rows)


def _write_shapes(
    connection: Connection, season: Season, items: Sequence[Judged], path: Path
) -> None:
    import geopandas
    import shapely

    pids = sorted({item.row.parcel for item in items})
    values = {"season": season.id, "pids": pids}
    rows = connection.execute(query("quality/shapes"), values).fetchall()
    shapes = {row.pid: shapely.from_wkb(row.geom) for row in rows}
    here = [item for item in items if item.row.parcel in shapes]
    frame = geopandas.GeoDataFrame(
        {
            "bucket": [item.row.group for item in here],
            "pid": [item.row.parcel for item in here],
            "holding": [item.row.holding for item in here],
            "colour": [item.colour for item in here],
            "finding": [item.finding.value if item.finding else "" for item in here],
        },
        geometry=[shapes[item.row.parcel] for item in here],
        crs=season.srid,
    )
    write_layer(frame, path, "sample")


def _name(text: str) -> str:
    """A text as part of a folder's name, which never leaves the folder it is in."""
    return re.sub(r"[^A-Za-z0-9-]", "_", text)[:60]
