"""Typical curves of crops in the database, and what they are made of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from blocks import add_scene, add_signatures
from explained_season import PARCELS, PERIODS, SPLIT, WRONG, prepared, run, season

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.outliers import features
from dias_cbm.outliers.spread import inner_halves
from dias_cbm.outliers.stored_curves import joined, run_curves
from dias_cbm.seasons import Season

__all__ = ["run", "season"]
pytestmark = pytest.mark.integration


def test_curves_per_direction_are_those_of_the_means(
    connection: Connection, season: Season, run: int
) -> None:
    values = connection.execute(
        "select 10 * log(mean::double precision) as decibel from five_day_means"
        " join parcel using (pid) where card = 'bs' and band = 'VH' and direction = 'D'"
        " and period = 33 and crop = 'rye'"
    ).fetchall()
    curve = connection.execute(
        "select * from typical_curves where run = %s and kind = 'crop' and name = 'rye'"
        " and card = 'bs' and band = 'VH' and direction = 'D' and period = 33",
        (run,),
    ).fetchone()
    expected = np.percentile([row.decibel for row in values], [10, 50, 90])
    assert (curve.p10, curve.p50, curve.p90) == pytest.approx(tuple(expected), rel=1e-5)
    assert curve.n == len(values)
    assert curve.window_start == date(2018, 1, 1) + timedelta(days=165)
    assert curve.season == "dk-2018"


def test_every_band_direction_crop_and_group_has_a_curve(connection: Connection, run: int) -> None:
    rows = connection.execute("select * from typical_curve where run = %s", (run,)).fetchall()
    names = {(row.kind, row.name) for row in rows}
    # Maize is alone in its group.
    assert names == {("crop", "barley"), ("crop", "maize"), ("crop", "rye"), ("group", "cereals")}
    bands = {(row.card, row.band, row.direction) for row in rows}
    radar = [("bs", "VH"), ("bs", "VV"), ("bs", "VH-VV"), ("c6", "VV")]
    assert bands == {(*band, way) for band in radar for way in "AD*"} | {("s2", "B04", "*")}
    assert len(rows) == len(names) * len(bands)
    assert {len(row.p50) for row in rows} == {len(PERIODS)}
    # 10 % are below 50 % are below 90 %.
    assert all(np.all(np.diff([row.p10, row.p50, row.p90], axis=0) > 0) for row in rows)
    joint = next(
        row
        for row in rows
        if (row.name, row.card, row.band, row.direction) == ("barley", "bs", "VV", "*")
    )
    # -10 dB in A and 2.1 dB more in D.
    assert joint.p50 == pytest.approx([-8.95] * len(PERIODS), abs=0.4)


def test_a_parcel_read_alone_is_its_row_of_the_matrix(
    connection: Connection, season: Season, run: int
) -> None:
    loaded = features.load(connection, season.id)
    _, curves, levels = run_curves(connection, run)
    made = prepared(connection, season).curves
    assert curves.layout == loaded.layout
    np.testing.assert_allclose(curves.medians[:3], made.medians[:3], atol=1e-4)
    np.testing.assert_allclose(curves.variance, made.variance[:3], rtol=1e-5)
    for parcel in (0, WRONG, 200, PARCELS - 1):
        values = {"season": season.id, "pid": loaded.parcels.pids[parcel]}
        rows = connection.execute(query("outliers/means_of_parcel"), values).fetchall()
        found = joined(rows, levels, loaded.layout)
        np.testing.assert_allclose(found, loaded.values[parcel], atol=1e-4)


def test_inner_halves_are_those_of_the_signatures(connection: Connection, season: Season) -> None:
    loaded = features.load(connection, season.id)
    # A parcel of few pixels, and an observation after the last window with means.
    connection.execute("update signature_block set count[4] = 11 where blk = 0")
    late = add_scene(connection, "late", datetime(2018, 8, 1, 5, tzinfo=UTC))
    one = np.ones(200, np.float32)
    add_signatures(connection, season.id, late, 0, "VH", 40 * one, one, p25=one, p75=9 * one)
    spread, pixels = inner_halves(connection, season, PERIODS, loaded.parcels.blk)
    rows = connection.execute(
        "select 10 * log((p75 / p25)::double precision) as decibel, obstime from bs_signatures"
        " join dias_catalogue on id = obsid where pid = %s order by obstime",
        (str(SPLIT),),
    ).fetchall()
    expected = np.array([row.decibel for row in rows[:20]]).reshape(4, 5).mean(axis=1)
    np.testing.assert_allclose(spread[SPLIT], expected, rtol=1e-4)
    assert spread.shape == (PARCELS, 4)
    assert np.isnan(spread[3]).all()
    assert pixels[[2, 3, 299]].tolist() == [90, 40, 90]
