"""Series of simulated meadows and fields, day by day: what happened on them is as nature allows it.

Plants grow back in four weeks at the soonest, are cut or grazed, ripen, are harvested; soil is
turned and greens in three weeks at the soonest. A parcel is seen through clouds, with noise.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.marker import Window
from dias_cbm.markers.series import (
    Optical,
    ParcelSeries,
    day_number,
    no_coherence,
    no_radar,
)

#: Declaration year; the looks begin and end a little outside of it.
YEAR = 2018
WINDOW = Window(day_number(date(YEAR, 1, 1)), day_number(date(YEAR + 1, 1, 1)))
_FIRST, _LAST = WINDOW.start - 30, WINDOW.end + 30
_PIXELS = 100
#: NDVI, NDMI, BSI and NDTI of soil, stubble and dense plants.
_SOIL, _STUBBLE = (0.15, -0.1, 0.12, 0.05), (0.25, -0.12, 0.1, 0.25)
_PLANTS = (0.85, 0.4, -0.3, 0.3)

_Rows = NDArray[np.float64]


def parcels(n: int, seed: int, *, noise: float = 0.01) -> ParcelSeries:
    """Half meadows, half fields.

    :param noise: standard deviation of every index at a look.
    """
    random = np.random.default_rng(seed)
    cover, stubble = np.zeros((2, n, _LAST - _FIRST))
    for row in range(n):
        made = _meadow(random) if row % 2 else _field(random)
        cover[row], stubble[row] = made
    step = random.integers(2, 6)
    days = np.arange(_FIRST + random.integers(0, 5), _LAST, step, dtype=np.int32)
    seen = days - _FIRST
    ground = np.where(stubble[:, seen, None] > 0, _STUBBLE, _SOIL)
    values = cover[:, seen, None] * np.array(_PLANTS) + (1 - cover[:, seen, None]) * ground
    values += random.normal(0, noise, values.shape)
    clear = random.random((n, len(days))) < random.choice([0.3, 0.6, 0.9, 1.0], (n, 1))
    return _series(days, clear, values.astype(np.float32))


def _meadow(random: np.random.Generator) -> tuple[_Rows, _Rows]:
    """Share of the ground that is green on each day of a meadow; no stubble."""
    days = _LAST - _FIRST
    low, high = random.uniform(0.3, 0.5), random.uniform(0.75, 1)
    # From a cut to full height, at the soonest in four weeks.
    speed = (high - low) / random.uniform(28, 60)
    cuts = set(np.cumsum(random.integers(16, 90, random.integers(1, 6))) + random.integers(80, 150))
    depth = random.uniform(0.2, 1.0, days)
    grazed = np.zeros(days)
    for _ in range(random.integers(0, 3)):
        begin = random.integers(100, 300)
        grazed[begin : begin + random.integers(8, 40)] = random.uniform(0.01, 0.04)
    ploughed = random.integers(90, 330) if random.random() < 0.15 else -1
    cover = np.empty(days)
    now = random.uniform(low, high)
    for day in range(days):
        now = min(now + speed, high) - grazed[day]
        if day in cuts:
            now -= max(now - low, 0) * depth[day]
        if day == ploughed:
            now = -0.3
        floor = -1.0 if 0 <= day - ploughed < 60 and ploughed > 0 else low * 0.8
        now = max(now, floor)
        cover[day] = max(now, 0)
    return cover, np.zeros(days)


def _field(random: np.random.Generator) -> tuple[_Rows, _Rows]:
    """Share that is green, and where there is stubble, on each day of a field."""
    days = np.arange(_LAST - _FIRST)
    emerged = random.choice([-60.0, 110.0]) + random.uniform(-10, 30)
    harvest = random.uniform(200, 300)
    top = random.uniform(0.5, 1) if random.random() < 0.9 else random.uniform(0.05, 0.4)
    growing = np.clip((days - emerged) / random.uniform(40, 80), 0, 1)
    ripening = np.clip((days - harvest + 25) / 25, 0, 1) * random.uniform(0, 0.7)
    cover = np.where(days < harvest, growing * (1 - ripening) * top, 0)
    turned = harvest + random.uniform(0, 80) if random.random() < 0.6 else np.inf
    stubble = (days >= harvest) & (days < turned)
    if random.random() < 0.5:
        begin = (turned if np.isfinite(turned) else harvest) + random.uniform(5, 30)
        cover = np.maximum(cover, np.clip((days - begin) / 40, 0, 1) * random.uniform(0.3, 1))
    return cover, stubble.astype(float)


def _series(
    days: NDArray[np.int32], clear: NDArray[np.bool_], values: NDArray[np.float32]
) -> ParcelSeries:
    n = len(clear)
    ndvi, ndmi, bsi, ndti = (values[..., place] for place in range(4))
    seen = {"NDVI": ndvi, "NDMI": ndmi, "BSI": bsi, "NDTI": ndti, "NDWI": -ndvi}
    seen |= {
        f"NDVI:{name}": ndvi + add for name, add in (("p25", -0.03), ("p50", 0), ("p75", 0.03))
    }
    optical = Optical(
        days=days,
        values=seen,
        clear=clear.astype(np.float32),
        pixels=np.full(clear.shape, _PIXELS, np.float32),
        snow=np.zeros(clear.shape, np.float32),
        obsid=np.broadcast_to(np.arange(1, len(days) + 1, dtype=np.int32), clear.shape).copy(),
    )
    return ParcelSeries(
        season=str(YEAR),
        pids=[f"p{number}" for number in range(n)],
        area_m2=np.full(n, 1e4),
        crops=np.full(n, "grass"),
        attributes=[{}] * n,
        optical=optical,
        radar=no_radar(n),
        coherence=no_coherence(n),
    )
