"""Parcels by the value of a statistic, against all records of the view."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import blocks
import numpy as np
import pytest

from dias_cbm import seasons
from dias_cbm.errors import SettingsError
from dias_cbm.peers import Statistic, with_statistic
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season

pytestmark = pytest.mark.integration

MAY = date(2018, 5, 1), date(2018, 5, 31)


@pytest.fixture
def season(connection: Any) -> Season:
    """Two blocks of 30 parcels with VH on four days, one of them in June."""
    number = blocks.add_season(connection)
    generator = np.random.default_rng(1)
    for blk in (1, 2):
        blocks.add_block(connection, number, blk, [f"{blk}-{place:02}" for place in range(30)])
    for month, day, hour in ((5, 1, 0), (5, 13, 6), (5, 31, 23), (6, 1, 0)):
        at = datetime(2018, month, day, hour, tzinfo=UTC)
        scene = blocks.add_scene(connection, f"{at}", at)
        for blk in (1, 2):
            mean = generator.uniform(0, 1, 30).round(1).astype("f4")
            mean[:3] = math.nan
            blocks.add_signatures(
                connection, number, scene, blk, "VH", np.ones(30), mean, p25=mean / 2
            )
    return seasons.get(connection, "test-2018")


@pytest.mark.parametrize("statistic", [Statistic.MEAN, Statistic.P25])
@pytest.mark.parametrize("between", [(0.1, 0.1), (0.35, 0.41), (0.0, 1.0), (2.0, 1e300)])
def test_equal_to_all_records(
    connection: Any, season: Season, statistic: Statistic, between: tuple[float, float]
) -> None:
    rows = connection.execute(
        f"select distinct pid from bs_signatures join dias_catalogue on id = obsid"
        f" where band = 'VH' and {statistic} between %s::real and least(%s, 1e30)::real"
        f" and obstime >= '2018-05-01Z' and obstime < '2018-06-01Z' order by pid",
        between,
    ).fetchall()
    found = with_statistic(connection, season, Card.BS, "VH", between, MAY, statistic=statistic)
    assert list(found) == [row.pid for row in rows]
    few = with_statistic(
        connection, season, Card.BS, "VH", between, MAY, statistic=statistic, most=2
    )
    assert few == found[:2]


def test_nothing_and_nonsense(connection: Any, season: Season) -> None:
    assert with_statistic(connection, season, Card.BS, "VV", (0, 1), MAY) == ()
    assert with_statistic(connection, season, Card.C6, "VH", (0, 1), MAY) == ()
    years = date(2001, 1, 1), date(2002, 1, 1)
    assert with_statistic(connection, season, Card.BS, "VH", (0, 1), years) == ()
    for between, days, most in [
        ((1, 0), MAY, 9), ((math.nan, 1), MAY, 9), ((0, 1), MAY[::-1], 9), ((0, 1), MAY, 0),
        ((0, 1), MAY, 1001),
    ]:  # fmt: skip
        with pytest.raises(SettingsError, match=r"empty|out of range"):
            with_statistic(connection, season, Card.BS, "VH", between, days, most=most)  # type: ignore[arg-type]
