"""A season of three crops that part in summer, and runs of outliers over it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from blocks import add_block, add_means, add_scene, add_season, add_signatures

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.outliers import explanations, features
from dias_cbm.outliers.doubts import Doubts
from dias_cbm.outliers.explanations import Explanations
from dias_cbm.seasons import Season

PARCELS, PERIODS = 300, range(20, 40)
CROPS = ("barley", "maize", "rye")
WRONG, SPLIT, SMALL, RARE = 21, 12, 13, 33
# Level of each band; how much maize and rye differ from barley in the second half of the season.
LEVELS = {("bs", "VV"): -10.0, ("bs", "VH"): -18.0, ("c6", "VV"): 0.4, ("s2", "B04"): 0.1}
DIFFERS = {("bs", "VV"): 2.0, ("bs", "VH"): 4.0, ("c6", "VV"): -0.15, ("s2", "B04"): 0.02}
NOISE = {"bs": 0.7, "c6": 0.04, "s2": 0.01}


def crop_of(parcel: int) -> int:
    return parcel % 3


@pytest.fixture
def season(connection: Connection) -> Season:
    """Three crops that part in summer, in two blocks; one parcel is declared as a wrong crop."""
    made = add_season(connection, "dk-2018")
    for blk, here in ((0, range(200)), (1, range(200, PARCELS))):
        add_block(connection, made, blk, [str(pid) for pid in here])
    for number, name in enumerate(CROPS):
        pids = [str(pid) for pid in range(PARCELS) if crop_of(pid) == number]
        connection.execute("update parcel set crop = %s where pid = any(%s)", (name, pids))
    # A parcel of barley that is declared as maize, a small one and one of a rare crop.
    for crop, pid, area in (("maize", WRONG, 10_000), (None, SMALL, 1_200), ("hemp", RARE, 10_000)):
        connection.execute(
            "update parcel set crop = coalesce(%s, crop), area_m2 = %s where pid = %s",
            (crop, area, str(pid)),
        )
    add_means(connection, _means(made))
    _signatures(connection, made)
    connection.commit()
    return seasons.get(connection, "dk-2018")


def _means(season: int) -> Any:
    generator = np.random.default_rng(4)
    crop = np.arange(PARCELS) % 3
    for (card, band), level in LEVELS.items():
        for direction in "AD*":  # of reflectance only * is used, of radar only A and D
            for period in PERIODS:
                apart = DIFFERS[card, band] * crop * (period >= 30)
                value = level + apart + generator.normal(0, NOISE[card], PARCELS)
                value += NOISE[card] * 3 * (direction == "D" and card != "s2")  # the other look
                mean = (10 ** (value / 10) if card == "bs" else value).astype(np.float32)
                gap = generator.random(PARCELS) < 0.15
                mean[gap] = np.nan
                for blk, here in ((0, slice(0, 200)), (1, slice(200, PARCELS))):
                    n = (~gap[here]).astype(np.int16)
                    yield season, card, period, blk, band, direction, mean[here], n


def _signatures(connection: Connection, season: int) -> None:
    """Six observations a block of 25 days: parcel SPLIT spreads in some weeks."""
    generator = np.random.default_rng(5)
    for number, period in enumerate(PERIODS):
        day = datetime(2018, 1, 1, 5, tzinfo=UTC) + timedelta(days=5 * period)
        scene = add_scene(connection, f"bs{number}", day)
        for blk, size in ((0, 200), (1, PARCELS - 200)):
            inner = 5 + generator.normal(0, 0.3, size)
            if blk == 0 and period >= 35:
                inner[SPLIT] += 4
            low = np.full(size, 0.01, np.float32)
            high = (low * 10 ** (inner / 10)).astype(np.float32)
            count = np.full(size, 90, np.float32)
            add_signatures(connection, season, scene, blk, "VH", count, low, p25=low, p75=high)


def doubts(loaded: features.Features, listed: list[int]) -> Doubts:
    names = np.array(CROPS)
    crops = loaded.parcels.crops
    declared = np.where(np.isin(crops, names), np.searchsorted(names, crops), -1)
    trusted = declared >= 0
    trusted[WRONG] = False
    return Doubts(
        crops=CROPS,
        declared=declared,
        other=np.where(declared == 0, 1, 0),
        trusted=trusted,
        listed=np.array(listed),
        group=np.array([0, 1, 0]),
        group_names=("cereals", "maize"),
    )


def new_run(connection: Connection, season: Season, red: list[int], *, model: str = "model") -> int:
    """A run with a verdict on each parcel; the red ones in order of rank."""
    row = connection.execute(
        "insert into outlier_run (season, model, features, labels, report, code, means)"
        " values (%s, %s, '{}', 'labels', '{}', '1.0', 'means') returning id",
        (season.id, model),
    ).fetchone()
    assert row is not None
    loaded = features.load(connection, season.id)
    rest = [parcel for parcel in range(PARCELS) if parcel not in (*red, RARE)]
    for rank, parcel in enumerate([*red, *rest], start=1):
        crop = str(loaded.parcels.crops[parcel])
        connection.execute(
            "insert into outlier (run, season, pid, declared, predicted, probability, rank, status,"
            " observations) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                row.id, season.id, str(parcel), crop, CROPS[crop_of(parcel)], rank / 1000, rank,
                "outlier" if parcel in red else "confirmed", int(loaded.observations[parcel]),
            ),
        )  # fmt: skip
    connection.execute(
        "insert into outlier (run, season, pid, declared, status, reason, observations)"
        " values (%s, %s, %s, 'hemp', 'inconclusive', 'rare_crop', 9)",
        (row.id, season.id, str(RARE)),
    )
    return int(row.id)


LISTED = [WRONG, SPLIT, SMALL]


@pytest.fixture
def run(connection: Connection, season: Season) -> int:
    made = new_run(connection, season, LISTED)
    explanations.store(connection, made, season, prepared(connection, season))
    connection.commit()
    return made


def prepared(connection: Connection, season: Season) -> Explanations:
    loaded = features.load(connection, season.id)
    return explanations.prepare(connection, season, loaded, doubts(loaded, LISTED))
