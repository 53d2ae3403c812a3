"""Fields of a simulated year: when they were sown, harvested and ploughed is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from marker_series import optical, parcels, told

from dias_cbm.markers.catch_crop import CatchCrop
from dias_cbm.markers.events import Events, Status
from dias_cbm.markers.grassland import GrasslandConversion
from dias_cbm.markers.harvest import Harvest
from dias_cbm.markers.marker import Window
from dias_cbm.markers.ploughing import Ploughing
from dias_cbm.markers.series import ParcelSeries

FIELDS = 400
DAYS = np.arange(60, 330, 5)
WINDOW = Window(60, 330)
#: NDVI, BSI and NDTI of what is seen.
SOIL, STUBBLE, PLANTS = (0.15, 0.12, 0.05), (0.25, 0.1, 0.25), (0.8, -0.3, 0.3)


class Year(NamedTuple):
    """The series, and the days on which it happened.

    :param ploughed: of stubble, in the later half of the fields; -1: never.
    """

    series: ParcelSeries
    harvest: np.ndarray
    ploughed: np.ndarray
    caught: np.ndarray


@pytest.fixture(scope="module")
def year() -> Year:
    """Summer crops; a third is ploughed after the harvest, and a third has a catch crop."""
    rng = np.random.default_rng(15)
    emerged = rng.uniform(90, 120, FIELDS)
    harvest = rng.uniform(190, 230, FIELDS)
    third = np.arange(FIELDS) % 3
    ploughed = np.where(third == 1, harvest + rng.uniform(15, 60, FIELDS), -1)
    caught = np.where(third == 2, harvest + rng.uniform(15, 30, FIELDS), -1)
    growing = np.clip((DAYS - emerged[:, None]) / 50, 0, 1)
    ripening = np.clip((DAYS - harvest[:, None] + 25) / 25, 0, 1) * 0.4
    again = np.clip((DAYS - caught[:, None]) / 30, 0, 1) * (caught > 0)[:, None]
    cover = np.where(harvest[:, None] > DAYS, growing * (1 - ripening), again)
    cut = harvest[:, None] <= DAYS
    turned = (ploughed[:, None] <= DAYS) & (ploughed > 0)[:, None]
    ground = np.where((cut & ~turned)[:, :, None], STUBBLE, SOIL)
    values = cover[:, :, None] * np.array(PLANTS) + (1 - cover)[:, :, None] * ground
    values += rng.normal(0, 0.015, values.shape)
    clear = rng.random((FIELDS, len(DAYS))) < 0.5
    seen = optical(DAYS, clear, NDVI=values[..., 0], BSI=values[..., 1], NDTI=values[..., 2])
    return Year(parcels(seen), harvest, ploughed, caught)


def score(events: Events, truth: np.ndarray) -> float:
    """F1 of the events whose interval, 3 days wider, holds the truth (Sen4CAP's criterion)."""
    events = told(events)
    day = truth[events.parcel]
    right = (day > 0) & (day >= events.start - 3) & (day <= events.end + 3)
    hits = len(set(events.parcel[right].tolist()))
    return float(2 * hits / (len(events) + (truth > 0).sum()))


def test_harvest(year: Year) -> None:
    assert score(Harvest().run(year.series, WINDOW, {})[1], year.harvest) >= 0.85


def test_ploughing_of_stubble(year: Year) -> None:
    assert score(Ploughing().run(year.series, WINDOW, {})[1], year.ploughed) >= 0.85


def test_catch_crops(year: Year) -> None:
    states, events = CatchCrop().run(year.series, WINDOW, {})
    sown = year.caught > 0
    found = np.zeros(FIELDS, bool)
    found[events.parcel] = True
    assert not (found & ~sown).any()
    # Those that came up late in the window have no eight weeks in it.
    early = sown & (year.caught < 250)
    assert found[early].mean() >= 0.6
    assert not (states.status[early] == Status.NOT_VALID).any()  # the others stay open


def test_fields_that_were_never_turned_are_not_ploughed(year: Year) -> None:
    _, events = Ploughing().run(year.series, WINDOW, {})
    assert set(year.ploughed[events.parcel] > 0) == {True}
    before_harvest = Window(140, 185)
    assert not len(GrasslandConversion().run(year.series, before_harvest, {})[1])
