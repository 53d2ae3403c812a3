"""JRC's statistics of five real parcels, through the averages into the views."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import jrc_series
import pytest
from blocks import add_block, add_season

from dias_cbm.averages import update
from dias_cbm.db.connection import Connection

pytestmark = [pytest.mark.integration, pytest.mark.real_data]

FIRST = datetime(2020, 1, 1, tzinfo=UTC)


def period(start: datetime) -> int:
    return int((start - FIRST).total_seconds() // (5 * 86400))


@pytest.fixture
def season(connection: Connection) -> int:
    made = add_season(connection, "salms-2020", date(2020, 1, 1), date(2020, 12, 31))
    add_block(connection, made, 1, jrc_series.PIDS)
    return made


@pytest.mark.parametrize("series", list(jrc_series.SERIES))
def test_series_come_back_as_means(
    connection: Connection, season: int, real_data: Path, series: str
) -> None:
    observations = jrc_series.read(real_data, series)
    assert len(observations) == {"s1_bs": 47, "s1_bsidx": 180, "s1_coh6": 48}.get(series, 71)
    expected: dict[tuple[str, str, int, str], list[float]] = {}
    for observation in observations:
        scene = jrc_series.insert(connection, season, observation)
        update(connection, season, str(observation.kind.card), obsids=[scene.id])
        directions = {"*", observation.direction} - {None}
        for band, parcels in observation.bands.items():
            for pid, values in parcels.items():
                for direction in directions if "mean" in values else ():
                    key = (pid, band, period(observation.start), str(direction))
                    expected.setdefault(key, []).append(values["mean"])
    rows = connection.execute(
        "select pid, band, period, direction, mean, n from five_day_means"
    ).fetchall()
    found = {(r.pid, r.band, r.period, r.direction): (r.mean, r.n) for r in rows}
    assert found.keys() == expected.keys()
    for key, means in expected.items():
        assert found[key] == (pytest.approx(fmean(means), rel=1e-6), len(means))


def test_signatures_read_as_jrc_stores_them(
    connection: Connection, season: int, real_data: Path
) -> None:
    observation = jrc_series.read(real_data, "s1_coh6")[0]
    scene = jrc_series.insert(connection, season, observation)
    row = connection.execute(
        "select * from c6_signatures where pid = '1' and band = 'VH' and obsid = %s", (scene.id,)
    ).fetchone()
    assert row.count == 15
    assert row.mean == pytest.approx(0.661455633976789, rel=1e-6)
    assert row.p50 == pytest.approx(0.66631166451787, rel=1e-6)
    assert row.max == pytest.approx(0.745130433522908, rel=1e-6)


def test_hole_of_week_13_stays_a_hole(connection: Connection, season: int, real_data: Path) -> None:
    # Between the first and the last week, only week 13 (23 to 29 March) is missing.
    assert set(range(3, 51)) - jrc_series.weeks(real_data, "s1_bs") == {13}
    for observation in jrc_series.read(real_data, "s1_bs"):
        jrc_series.insert(connection, season, observation)
    update(connection, season, "bs")
    rows = connection.execute(
        "select pid, array_agg(distinct period order by period) as periods from five_day_means"
        " where window_start >= '2020-03-16' and window_end <= '2020-04-10' group by pid"
    ).fetchall()
    # 20 March, then 4 April: windows 16 (21 to 25 March) and 17 (26 to 30 March) hold nothing.
    assert {row.pid: row.periods for row in rows} == {pid: [15, 18, 19] for pid in jrc_series.PIDS}


def test_single_passes_show_which_one_is_missing(
    connection: Connection, season: int, real_data: Path
) -> None:
    passes = jrc_series.read(real_data, "s1_bsidx")
    for observation in passes:
        jrc_series.insert(connection, season, observation)
    update(connection, season, "bs")
    rows = connection.execute(
        "select direction, n from five_day_means where pid = '1' and period = 17"
    ).fetchall()
    # The descending pass of 26 March is missing; the ascending ones of 28 and 29 March are there,
    # and do not stand in for it.
    assert {row.direction: row.n for row in rows} == {"A": 2, "*": 2}
    mornings = [o.start.date() for o in passes if o.direction == "D"]
    skipped = [(a, b) for a, b in pairwise(mornings) if (b - a).days > 7]
    assert (date(2020, 3, 20), date(2020, 4, 1)) in skipped
