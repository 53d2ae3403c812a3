"""Exports of the newest answers, block by block: CSV, Parquet and GeoPackage.

Columns of states: ``pid, crop, area_ha, marker, version, window_start, window_end, status, reason,
confidence, gap_confidence, longest_gap_days, observations, values, missing``; of events: ``pid,
marker, kind, start, end, best, confidence, before, after, evidence, values``. ``values`` and
``missing`` are JSON; scenes are ids of the ledger. A window's end is excluded.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dias_cbm.csv_cells import cell
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData
from dias_cbm.geopackage import write_layer
from dias_cbm.markers import store
from dias_cbm.markers.event_values import texts
from dias_cbm.markers.events import Reason, Status
from dias_cbm.markers.series import day_of
from dias_cbm.markers.store import Answer, StoredBlock
from dias_cbm.seasons import Season
from dias_cbm.whole_file import whole_file

SUFFIXES = (".csv", ".parquet", ".gpkg")

Columns = dict[str, list[Any]]

_STATUS = {one.value: one.name for one in Status}
_REASON = {one.value: one.name.lower() if one else None for one in Reason}


def write(
    connection: Connection,
    season: Season,
    path: Path,
    *,
    markers: Iterable[str] | None = None,
    events: bool = False,
) -> int:
    """Write the newest answers of a season to a file, complete or not at all.

    :param path: its suffix decides the format: see :data:`SUFFIXES`.
    :param markers: names; all if None.
    :param events: events, not states.
    :returns: rows written.
    :raises NotEnoughData: no marker has been run.
    """
    columns_of = _events if events else _states
    write_blocks: Callable[..., int] = {
        ".csv": _csv,
        ".parquet": _parquet,
        ".gpkg": _geopackage,
    }[path.suffix.lower()]
    blocks = store.read(connection, season.id, markers=markers)
    first = next(blocks, None)
    if first is None:
        raise NotEnoughData(
            "no marker has been run yet", subject=season.name, hint=f"cbm markers run {season.name}"
        )
    tables = ((block, columns_of(block)) for block in _again(first, blocks))
    layer = "events" if events else "markers"
    with whole_file(path) as aside:
        return write_blocks(connection, season, aside, tables, layer)


def _again(first: StoredBlock, rest: Iterator[StoredBlock]) -> Iterator[StoredBlock]:
    yield first
    yield from rest


def _states(block: StoredBlock) -> Columns:
    names = (
        "pid", "crop", "area_ha", "marker", "version", "window_start", "window_end", "status",
        "reason", "confidence", "gap_confidence", "longest_gap_days", "observations", "values",
        "missing",
    )  # fmt: skip
    columns: Columns = {name: [] for name in names}
    for marker, answer in block.answers.items():
        states, parcels = answer.states, len(answer.states)
        missing = json.dumps(list(answer.input.missing))
        reasons = states.reason.tolist()
        parts: Columns = {
            "pid": list(block.pids),
            "crop": [str(crop) or None for crop in block.crops],
            "area_ha": (block.area_m2 / 1e4).tolist(),
            "status": [_STATUS[one] for one in states.status.tolist()],
            "reason": [_REASON[one] for one in reasons],
            "confidence": _or_none(states.confidence),
            "gap_confidence": _or_none(states.gap_confidence),
            "longest_gap_days": states.longest_gap.tolist(),
            "observations": states.observations.tolist(),
            "values": texts(states.values, parcels),
            "missing": [missing if one == Reason.GAP_OPEN else None for one in reasons],
            **_same(marker, answer, parcels),
        }
        for name, part in parts.items():
            columns[name] += part
    return columns


def _same(marker: str, answer: Answer, parcels: int) -> Columns:
    one = {
        "marker": marker,
        "version": answer.version,
        "window_start": day_of(answer.window.start),
        "window_end": day_of(answer.window.end),
    }
    return {name: [value] * parcels for name, value in one.items()}


def _events(block: StoredBlock) -> Columns:
    names = (
        "pid", "marker", "kind", "start", "end", "best", "confidence", "before", "after",
        "evidence", "values",
    )  # fmt: skip
    columns: Columns = {name: [] for name in names}
    for marker, answer in block.answers.items():
        events = answer.events
        parts: Columns = {
            "pid": [block.pids[index] for index in events.parcel.tolist()],
            "marker": [marker] * len(events),
            "kind": events.kind.tolist(),
            "start": [day_of(day) for day in events.start.tolist()],
            "end": [day_of(day) for day in events.end.tolist()],
            "best": [day_of(day) for day in events.best.tolist()],
            "confidence": _or_none(events.confidence),
            "before": [scene or None for scene in events.before.tolist()],
            "after": [scene or None for scene in events.after.tolist()],
            "evidence": [" ".join(str(s) for s in row if s) for row in events.evidence.tolist()],
            "values": texts(events.values, len(events)),
        }
        for name, part in parts.items():
            columns[name] += part
    return columns


def _or_none(values: np.ndarray) -> list[float | None]:
    return [None if value != value else round(value, 6) for value in values.tolist()]


Tables = Iterable[tuple[StoredBlock, Columns]]


def _csv(connection: Connection, season: Season, path: Path, tables: Tables, layer: str) -> int:
    written = 0
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        for number, (_, columns) in enumerate(tables):
            if number == 0:
                writer.writerow(columns)
            rows = zip(*columns.values(), strict=True)
            writer.writerows([cell(value) for value in row] for row in rows)
            written += len(columns["pid"])
    return written


def _parquet(connection: Connection, season: Season, path: Path, tables: Tables, layer: str) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    written = 0
    with pq.ParquetWriter(path, _schema(layer), compression="zstd") as writer:
        for _, columns in tables:
            writer.write_table(pa.table(columns, schema=_schema(layer)))
            written += len(columns["pid"])
    return written


def _schema(layer: str) -> Any:
    import pyarrow as pa

    text, real, whole, day = pa.string(), pa.float32(), pa.int32(), pa.date32()
    if layer == "events":
        fields = {
            "pid": text, "marker": text, "kind": text, "start": day, "end": day, "best": day,
            "confidence": real, "before": whole, "after": whole, "evidence": text, "values": text,
        }  # fmt: skip
    else:
        fields = {
            "pid": text, "crop": text, "area_ha": pa.float64(), "marker": text, "version": text,
            "window_start": day, "window_end": day, "status": text, "reason": text,
            "confidence": real, "gap_confidence": real, "longest_gap_days": whole,
            "observations": whole, "values": text, "missing": text,
        }  # fmt: skip
    return pa.schema(fields)


def _geopackage(
    connection: Connection, season: Season, path: Path, tables: Tables, layer: str
) -> int:
    import geopandas
    import pandas as pd
    import shapely

    written = 0
    for number, (block, columns) in enumerate(tables):
        shapes = connection.execute(
            query("markers/shapes"), {"season": season.id, "blk": block.blk}
        ).fetchall()
        by_pid = dict(zip(block.pids, shapely.from_wkb([row.geom for row in shapes]), strict=True))
        frame = geopandas.GeoDataFrame(
            pd.DataFrame(columns).astype({"confidence": float}),
            geometry=[by_pid[pid] for pid in columns["pid"]],
            crs=season.srid,
        )
        if len(frame) or number == 0:
            write_layer(frame, path, layer, mode="a" if number else "w")
        written += len(frame)
    return written
