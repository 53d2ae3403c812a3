"""Holes in JRC's series of five real parcels of 2020: reported, and not filled."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import jrc_series
import pytest
from blocks import add_block, add_season

from dias_cbm import averages, seasons
from dias_cbm.completeness.expected import expected_passes
from dias_cbm.completeness.missing_windows import MissingWindow, missing_periods, missing_windows
from dias_cbm.completeness.scene_tiles import Sighting
from dias_cbm.db.connection import Connection
from dias_cbm.scenes import Card, Kind

pytestmark = pytest.mark.real_data

# JRC numbers its weeks by ISO: week 1 of 2020 begins on this Monday, so period 0 is week 1.
FIRST_WEEK = date(2019, 12, 30)


@pytest.mark.integration
def test_week_13_of_the_backscatter_is_the_hole(connection: Connection, real_data: Path) -> None:
    assert FIRST_WEEK.isocalendar()[:2] == (2020, 1)
    # JRC's series run from week 3 to week 50.
    made = add_season(
        connection, "salms", date(2020, 1, 13), date(2020, 12, 13), epoch=FIRST_WEEK, step_days=7
    )
    add_block(connection, made, 1, jrc_series.PIDS)
    for series in ("s1_bs", "s1_coh6"):
        for observation in jrc_series.read(real_data, series):
            jrc_series.insert(connection, made, observation)
    averages.update(connection, made, "bs")
    averages.update(connection, made, "c6")
    season = seasons.get(connection, "salms")
    assert missing_windows(connection, season, "bs") == [
        MissingWindow(Card.BS, 13 - 1, date(2020, 3, 23), date(2020, 3, 30), parcels=5, of=5)
    ]
    assert missing_windows(connection, season, "c6") == []
    assert [missing_periods(connection, season, "bs", pid) for pid in jrc_series.PIDS] == [[12]] * 5
    filled = connection.execute("select * from five_day_means where card = 'bs' and period = 12")
    assert filled.fetchall() == []


@pytest.mark.integration
def test_a_hole_of_some_parcels_is_counted(connection: Connection, real_data: Path) -> None:
    made = add_season(
        connection, "salms", date(2020, 1, 13), date(2020, 2, 2), epoch=FIRST_WEEK, step_days=7
    )
    add_block(connection, made, 1, jrc_series.PIDS)
    for observation in jrc_series.read(real_data, "s1_bs")[:3]:
        for band in observation.bands.values():
            del band["2"]
        jrc_series.insert(connection, made, observation)
    averages.update(connection, made, "bs")
    season = seasons.get(connection, "salms")
    found = missing_windows(connection, season, "bs")
    assert [(one.period, one.parcels, one.of) for one in found] == [(2, 1, 5), (3, 1, 5), (4, 1, 5)]
    assert missing_periods(connection, season, "bs", "1") == []
    assert missing_windows(connection, season, "s2")[0].parcels == 5, "a card never seen"
    assert len(missing_windows(connection, season, "s2", until=date(2020, 1, 20))) == 2


def test_the_lost_passes_of_a_real_year_are_found(real_data: Path) -> None:
    """All passes over the five parcels in 2020: three orbits, each flown by S1A and S1B."""
    first = datetime(2020, 1, 1, tzinfo=UTC)
    sightings = []
    for observation in jrc_series.read(real_data, "s1_bsidx"):
        start = observation.start
        orbit = {5: 1, 16: 2 if start.minute < 55 else 3}[start.hour]
        # The satellites of an orbit are six days apart; which is which does not matter here.
        satellite = "S1A" if (start - first) % timedelta(days=12) < timedelta(days=6) else "S1B"
        sightings.append(Sighting(0, Kind.CARD_BS, satellite, orbit, start, "31UFT", card=Card.BS))
    found = expected_passes(sightings, first, datetime(2021, 1, 1, tzinfo=UTC))
    seen = {row.obstime.date() for row in sightings}
    lost = sorted(one.at.date() for one in found if one.at.date() not in seen)
    assert len(found) == len(sightings) + len(lost)
    assert lost == [date(2020, 3, 2), date(2020, 3, 26), date(2020, 6, 21)]
