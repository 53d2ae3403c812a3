"""A season of random signatures, and the five-day means that are stored of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from blocks import add_block, add_scene, add_season, add_signatures

from dias_cbm.db.connection import Connection
from dias_cbm.ledger import LedgerScene
from dias_cbm.scenes import Kind, Status

NAN = float("nan")


def means(connection: Connection) -> dict[tuple[Any, ...], tuple[float, int]]:
    rows = connection.execute(
        "select pid, card, band, period, direction, mean, n from five_day_means"
    ).fetchall()
    found = {tuple(row[:5]): (row.mean, row.n) for row in rows}
    assert len(found) == len(rows)
    return found


def stored(connection: Connection) -> list[Any]:
    return connection.execute(
        "select season, card, period, blk, band, direction, mean::text, n::text"
        " from five_day_mean_block order by 1, 2, 3, 4, 5, 6"
    ).fetchall()


def at(day: int, hour: int = 5, month: int = 5) -> datetime:
    return datetime(2018, month, day, hour, 40, tzinfo=UTC)


def random_season(connection: Connection, seed: int = 1) -> tuple[int, list[LedgerScene]]:
    """Three blocks of different size, forty scenes of three cards, holes of every kind."""
    rng = np.random.default_rng(seed)
    season = add_season(connection)
    sizes = {1: 7, 2: 3, 3: 1}
    for blk, size in sizes.items():
        add_block(connection, season, blk, [f"{blk}-{n}" for n in range(size)])
    scenes = []
    kinds = {Kind.CARD_BS: ("VV", "VH"), Kind.CARD_COH6: ("VV", "VH"), Kind.S2_L2A: ("B04", "B08")}
    for number in range(40):
        kind = list(kinds)[number % 3]
        scene = add_scene(
            connection,
            f"scene-{number}",
            datetime(2018, 3, 1, tzinfo=UTC) + timedelta(hours=float(rng.uniform(0, 1000))),
            kind,
            direction=[None, "A", "D"][int(rng.integers(3))],
            status=Status.EXTRACTED,
        )
        scenes.append(scene)
        for blk, size in sizes.items():
            if rng.random() < 0.2:
                continue
            for band in kinds[kind]:
                count = rng.choice([NAN, 0, 1, 50], size)
                mean = np.where(count > 0, rng.gamma(2, 0.05, size), NAN)
                add_signatures(connection, season, scene, blk, band, count, mean)
    return season, scenes
