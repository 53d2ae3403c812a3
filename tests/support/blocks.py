"""Seasons, blocks of parcels, scenes and signatures put straight into the database, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from shapely import MultiPolygon, box

from dias_cbm import ledger, seasons
from dias_cbm.averages.window_means import MEAN_COLUMNS
from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import copy_rows
from dias_cbm.extraction.blocks import SIGNATURE_COLUMNS
from dias_cbm.extraction.statistics import STATISTICS
from dias_cbm.ledger import LedgerScene
from dias_cbm.scenes import Kind, Scene, Status

AREA = MultiPolygon([box(8.0, 54.0, 13.0, 58.0)])


def add_season(
    connection: Connection,
    name: str = "test-2018",
    starts: date = date(2018, 1, 1),
    ends: date = date(2018, 12, 31),
    **options: Any,
) -> int:
    """A season over Denmark; its id."""
    season = seasons.create(connection, name, AREA, 25832, starts, ends, **options)
    connection.commit()
    return season.id


def add_block(
    connection: Connection, season: int, blk: int, pids: Sequence[str], tile: str = "32VNH"
) -> None:
    """A block of parcels, one hectare each."""
    connection.execute(
        "insert into parcel_block (season, blk, tile, parcels, extent)"
        " values (%s, %s, %s, %s, st_makeenvelope(9, 56, 9.5, 56.5, 4326))",
        (season, blk, tile, len(pids)),
    )
    for position, pid in enumerate(pids, start=1):
        connection.execute(
            "insert into parcel (season, pid, crop, area_m2, geom, centre)"
            " values (%s, %s, 'barley', 10000,"
            " st_multi(st_makeenvelope(5e5, 6.2e6, 500100, 6200100, 25832)),"
            " st_setsrid(st_point(9.2, 56.2), 4326))",
            (season, pid),
        )
        connection.execute(
            "insert into parcel_slot (season, pid, tile, blk, pos) values (%s, %s, %s, %s, %s)",
            (season, pid, tile, blk, position),
        )
    connection.commit()


def add_scene(
    connection: Connection,
    name: str,
    start: datetime,
    kind: Kind = Kind.CARD_BS,
    *,
    direction: str | None = "A",
    status: Status | None = None,
    **options: Any,
) -> LedgerScene:
    """A scene as a catalogue would list it, optionally moved on in the ledger; commits."""
    scene = Scene(
        platform="local",
        product_id=name,
        name=name,
        kind=kind,
        start=start.astimezone(UTC),
        end=start.astimezone(UTC) + timedelta(seconds=25),
        direction=direction,
        **{  # type: ignore[arg-type]
            "satellite": f"{kind.sensor}A",
            "footprint": AREA,
            "location": f"/eodata/{name}",
            "published": start,
            "online": True,
        }
        | options,
    )
    result = ledger.upsert(connection, [scene])
    scene_id = (result.new + result.changed + result.known + result.quarantined)[0]
    if status:
        ledger.change(connection, scene_id, expected=Status.INGESTED, to=status)
    connection.commit()
    return ledger.get(connection, scene_id)


def add_signatures(
    connection: Connection,
    season: int,
    scene: LedgerScene,
    blk: int,
    band: str,
    count: Sequence[float] | np.ndarray,
    mean: Sequence[float] | np.ndarray,
    **statistics: Sequence[float] | np.ndarray,
) -> None:
    """One block of signatures; statistics that are not given equal the mean."""
    values = {"count": np.asarray(count, "f4"), "mean": np.asarray(mean, "f4")} | statistics
    arrays = [np.asarray(values.get(name, values["mean"]), "f4") for name in STATISTICS]
    row = (season, str(scene.card), scene.id, blk, band, "centre", *arrays)
    copy_rows(connection, "signature_block", SIGNATURE_COLUMNS, [row])
    connection.commit()


def add_means(connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
    """Five-day means, one row per season, card, period, block, band and direction; no commit."""
    copy_rows(connection, "five_day_mean_block", MEAN_COLUMNS, rows)
