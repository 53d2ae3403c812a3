"""A simulated Sentinel-1 season: five-day parcel means, for each orbit direction.

Mean curves of crops (:mod:`.crops`), shifted and stretched by sowing date and growth, with mowing,
tillage, ploughed grass and cover crops; row, soil and roughness as an autoregressive process that
fades under a canopy; rain and frost common to the parcels of a weather cell; incidence angle and
row direction; speckle by the parcel's looks; and mixtures: neighbours at the border of small
parcels, two crops in one parcel, failed crops.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm_lab.evidence.outliers.crops import (
    CODES,
    GRASS,
    MOWN,
    NUMBER,
    SHARE,
    SOWN_OVER_WEEKS,
    SPRING_SOWN,
    Signal,
    is_one_of,
    mean_curves,
)

Floats = NDArray[Any]
Generator = np.random.Generator

#: Windows of five days, 24 February to 1 October.
PERIODS = range(11, 55)
WINDOWS = len(PERIODS)
DIRECTIONS = "AD"
BANDS = (("bs", "VV"), ("bs", "VH"), ("coh6", "VV"), ("coh6", "VH"))

NORMAL, FAILED, TWO_CROPS, SMALL = range(4)

_DAY = np.array(PERIODS) * 5 + 2.5
_BARE_VV, _BARE_VH = -11.0, -20.0
_NOISE_FLOOR = 10 ** (-27 / 10) * 0.5
_LOOKS_PER_PIXEL = 4.4
_PIXEL_M2 = 20 * 22


class _Orbit(NamedTuple):
    """A relative orbit: the strip of the territory it sees, and its incidence angles there."""

    west: float
    east: float
    near_deg: float
    span_deg: float
    direction: int


_ORBITS = (
    _Orbit(0, 0.62, 33, 14, 0),
    _Orbit(0.38, 1, 31, 14, 0),
    _Orbit(0, 0.55, 34, 12, 1),
    _Orbit(0.3, 1, 32, 12, 1),
)


@dataclass(frozen=True, slots=True)
class Season:
    """A simulated season.

    :param crop: int[n]; what grows, a number of :data:`.crops.CODES`.
    :param area_ha: float[n].
    :param kind: int[n]; normal, failed, two crops, or small.
    :param means: float32[n, directions, bands, windows]: power and coherence, NaN where nothing
        was seen; see :data:`DIRECTIONS` and :data:`BANDS`.
    :param observations: int[n, directions, windows].
    """

    crop: NDArray[np.int64]
    area_ha: Floats
    kind: NDArray[np.int64]
    means: NDArray[np.float32]
    observations: NDArray[np.int16]


def simulate(parcels: int, seed: int, *, single_satellite: bool = False) -> Season:
    """Simulate a season.

    :param parcels: how many.
    :param single_satellite: every orbit is seen every 12 days rather than 6.
    """
    generator = np.random.default_rng(seed)
    crop = _sown(parcels, generator)
    x, y = generator.random(parcels), generator.random(parcels)
    area = _areas(crop, generator)
    signal, kind = _mixed(crop, y, area, generator)
    # As dB and back, as a forward model of the instrument sees it.
    in_db = signal._replace(vv=10 * np.log10(signal.vv), vh=10 * np.log10(signal.vh))
    means, observations = _seen(in_db, x, y, area, generator, seed, 12 if single_satellite else 6)
    return Season(crop, area, kind, means, observations)


def _sown(parcels: int, generator: Generator) -> NDArray[np.int64]:
    share = np.array(list(SHARE.values()))
    return generator.choice(len(CODES), parcels, p=share / share.sum())


def _areas(crop: NDArray[np.int64], generator: Generator) -> Floats:
    """Hectares; about one parcel in twenty has less than 0.3."""
    area = np.clip(np.exp(generator.normal(np.log(1.5), 0.95, len(crop))), 0.05, 60)
    return np.where(is_one_of(crop, GRASS), np.clip(area * 0.8, 0.05, 60), area)


def _mixed(
    crop: NDArray[np.int64], y: Floats, area: Floats, generator: Generator
) -> tuple[Signal, NDArray[np.int64]]:
    """Signal of parcels with what is mixed into them; VV and VH as power."""
    n = len(crop)
    own = _grown(crop, y, generator)
    other = _grown(_sown(n, generator), y, generator)
    two = generator.random(n) < 0.02
    share = np.where(two, generator.uniform(0.25, 0.5, n), 0)
    border = np.clip(0.10 / np.sqrt(area) * generator.uniform(0.2, 1.3, n), 0, 0.45)
    share = np.maximum(share, border)[:, None]
    kind = np.full(n, NORMAL)
    kind[two] = TWO_CROPS
    kind[(area < 0.3) & ~two] = SMALL
    mixed = Signal(*((1 - share) * a + share * b for a, b in zip(own, other, strict=True)))

    failed = generator.random(n) < 0.015
    kind[failed] = FAILED
    since = generator.uniform(120, 210, n)
    gone = np.clip((_DAY - since[:, None]) / 25, 0, 1) * failed[:, None]
    bare = (_power(-11), _power(-18.8), 0.3, 0.45)
    return Signal(*(a * (1 - gone) + b * gone for a, b in zip(mixed, bare, strict=True))), kind


def _grown(crop: NDArray[np.int64], y: Floats, generator: Generator) -> Signal:
    """Signal of parcels with one crop; VV and VH as power."""
    signal = _vegetation(crop, y, generator)
    signal = _mown(signal, crop, generator)
    signal = _new_grass(signal, crop, generator)
    signal = _cover_crops(signal, crop, generator)
    signal = _tilled(signal, generator)
    return signal._replace(vv=_power(signal.vv), vh=_power(signal.vh))


def _vegetation(crop: NDArray[np.int64], y: Floats, generator: Generator) -> Signal:
    """The crop's curve with the parcel's sowing date, pace and strength of growth."""
    n = len(crop)
    shift = generator.normal(0, 7, n) + 10 * (y - 0.5)
    late = np.where(is_one_of(crop, SOWN_OVER_WEEKS), generator.normal(0, 10, n), 0)
    pace = generator.normal(1, 0.05, n)
    day = 100 + (_DAY - 100 - (shift + late)[:, None]) / pace[:, None]
    vv, vh, canopy, coherence = mean_curves(crop, np.clip(day, 40, 300))
    strength = generator.normal(1, 0.15, n)[:, None]
    vv = vv + (strength - 1) * (vv - _BARE_VV) * canopy
    vh = vh + (strength - 1) * (vh - _BARE_VH) * canopy
    return Signal(vv, vh, canopy, coherence)


def _mown(signal: Signal, crop: NDArray[np.int64], generator: Generator) -> Signal:
    """Grass and fallow, mown up to six times: coherence jumps up, backscatter drops a little."""
    vv, vh, canopy, coherence = signal
    n = len(crop)
    times = np.zeros(n, np.int64)
    for code, mean in zip(MOWN, (2.0, 3.6, 0.7), strict=True):
        times = np.where(crop == NUMBER[code], generator.poisson(mean, n), times)
    for cut in range(6):
        since = _DAY - generator.uniform(125, 275, n)[:, None]
        fresh = np.exp(-np.clip(since, 0, None) / 14) * (since >= 0) * (times > cut)[:, None]
        coherence = coherence + 0.28 * fresh * generator.uniform(0.5, 1.2, n)[:, None]
        vh = vh - 1.0 * fresh
        vv = vv - 0.4 * fresh
    return Signal(vv, vh, canopy, coherence)


def _new_grass(signal: Signal, crop: NDArray[np.int64], generator: Generator) -> Signal:
    """Every third temporary grass is sown anew in spring: bare soil before."""
    n = len(crop)
    sown = (crop == NUMBER["GRT"]) & (generator.random(n) < 0.35)
    since = generator.uniform(70, 115, n)
    bare = np.clip(1 - (_DAY - since[:, None]) / 55, 0, 1) * sown[:, None]
    return Signal(
        signal.vv * (1 - bare) + -11.2 * bare,
        signal.vh * (1 - bare) + -20.2 * bare,
        signal.canopy * (1 - bare),
        signal.coherence * (1 - bare) + 0.48 * bare,
    )


def _cover_crops(signal: Signal, crop: NDArray[np.int64], generator: Generator) -> Signal:
    """Every third spring crop stands behind a winter cover, like grass until April."""
    n = len(crop)
    covered = is_one_of(crop, SPRING_SOWN) & (generator.random(n) < 0.35)
    ends = 95 + generator.normal(0, 10, n)[:, None]
    cover = np.clip((ends - _DAY) / 10, 0, 1) * covered[:, None]
    return Signal(
        signal.vv * (1 - cover) + -10.8 * cover,
        signal.vh * (1 - cover) + -17.6 * cover,
        np.maximum(signal.canopy, 0.8 * cover),
        signal.coherence * (1 - cover) + 0.34 * cover,
    )


def _tilled(signal: Signal, generator: Generator) -> Signal:
    """One tillage on bare soil: coherence drops, a rougher surface scatters more."""
    when = generator.uniform(60, 300, len(signal.vv))
    worked = np.exp(-np.abs(_DAY - when[:, None]) / 4) * (signal.canopy < 0.3)
    return Signal(
        signal.vv + 1.2 * worked,
        signal.vh + 0.8 * worked,
        signal.canopy,
        signal.coherence - 0.22 * worked,
    )


class _Fields(NamedTuple):
    """What makes one field differ from the next under the same crop; dB, and looks."""

    offset: Floats
    cross_offset: Floats
    rough: Floats
    cross_rough: Floats
    coherence: Floats
    looks: Floats


def _fields(canopy: Floats, area: Floats, generator: Generator) -> _Fields:
    n = len(area)
    offset = generator.normal(0, 0.6, (n, 1))
    cross_offset = generator.normal(0, 0.45, (n, 1))
    drawn, cross_drawn = (generator.normal(0, 1, (n, WINDOWS)) for _ in range(2))
    deviation = 0.55 + 1.35 * (1 - canopy)  # dB: 1.9 on bare soil, 0.55 under a closed canopy
    return _Fields(
        offset,
        cross_offset,
        deviation * _autoregressive(drawn, 0.75, 0.66),
        0.6 * deviation * _autoregressive(cross_drawn, 0.75, 0.66),
        _autoregressive(generator.normal(0, 1, (n, WINDOWS)), 0.6, 0.8),
        np.maximum(area * 1e4 * 0.8 / _PIXEL_M2 * _LOOKS_PER_PIXEL, 3.0),
    )


def _autoregressive(drawn: Floats, memory: float, fresh: float) -> NDArray[np.float32]:
    """First-order process along the windows."""
    series = np.zeros(drawn.shape, np.float32)
    series[:, 0] = drawn[:, 0]
    for window in range(1, drawn.shape[1]):
        series[:, window] = memory * series[:, window - 1] + fresh * drawn[:, window]
    return series


def _seen(
    signal: Signal,
    x: Floats,
    y: Floats,
    area: Floats,
    generator: Generator,
    seed: int,
    repeat: int,
) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """All passes of all orbits as means of five days.

    :param repeat: days between two passes of an orbit.
    """
    n = len(area)
    fields = _fields(signal.canopy, area, generator)
    cell = np.minimum((x * 4).astype(int), 3) * 4 + np.minimum((y * 4).astype(int), 3)
    total = np.zeros((n, len(DIRECTIONS), len(BANDS), WINDOWS), np.float32)
    number = np.zeros((n, len(DIRECTIONS), WINDOWS), np.int16)
    for orbit in _ORBITS:
        inside = (x >= orbit.west) & (x <= orbit.east)
        across = (x - orbit.west) / (orbit.east - orbit.west)
        incidence = orbit.near_deg + orbit.span_deg * across
        first = generator.integers(0, repeat)
        aspect = generator.normal(0, 0.35, n)
        for day in np.arange(PERIODS.start * 5 + first, PERIODS.stop * 5, repeat).tolist():
            window = day // 5 - PERIODS.start
            moisture, frost = _weather(seed, day, cell)
            here = Signal(*(one[:, window] for one in signal))
            bare = 1 - here.canopy
            ground = moisture * (0.3 + 0.7 * bare) - 0.9 + frost * (0.3 + 0.7 * bare)
            slant = aspect * (0.4 + 0.6 * bare) - (incidence - 38) * (0.06 + 0.10 * bare)
            values = _backscatter(here, fields, window, ground + slant, incidence, generator)
            valid = inside & (generator.random(n) > 0.01)
            wet = np.clip(moisture - 1, 0, None) * bare
            values += _coherence(here, fields, window, wet, generator)
            for band, value in enumerate(values):
                total[valid, orbit.direction, band, window] += value[valid]
            number[valid, orbit.direction, window] += 1
    return _mean(total, number), number


def _weather(seed: int, day: int, cell: NDArray[np.int64]) -> tuple[Floats, float]:
    """Soil moisture of each parcel's cell, and the dB of frost: the same for all orbits of a day.

    Rain comes in 16 cells.
    """
    weather = np.random.default_rng(seed * 7919 + day * 13)
    rain = weather.gamma(0.5, 1.2, 16)
    frost = -3.5 if weather.random() < 0.25 and day < 95 else 0.0
    return np.clip(rain[cell], 0, 4) * 0.9, frost


def _backscatter(
    here: Signal,
    fields: _Fields,
    window: int,
    common_db: Floats,
    incidence: Floats,
    generator: Generator,
) -> list[Floats]:
    """Power in VV and VH of one pass, with speckle."""
    db = fields.offset[:, 0] + fields.rough[:, window] + common_db
    cross = fields.cross_offset[:, 0] + fields.cross_rough[:, window] - (incidence - 38) * 0.03
    vv = _power(here.vv + db + _speckle_db(fields.looks, generator))
    vh = _power(here.vh + db * 0.9 + cross + _speckle_db(fields.looks, generator))
    return [vv, vh + _NOISE_FLOOR]


def _speckle_db(looks: Floats, generator: Generator) -> Floats:
    return 10 * np.log10(generator.gamma(looks, 1 / looks))


def _coherence(
    here: Signal, fields: _Fields, window: int, wet: Floats, generator: Generator
) -> list[Floats]:
    """Estimated coherence of one pass in VV and VH: biased up where low, and noisy by its looks."""
    true = np.clip(here.coherence + 0.06 * fields.coherence[:, window] - 0.05 * wet, 0.02, 0.92)
    looks = np.maximum(fields.looks / _LOOKS_PER_PIXEL * 1.2, 1.5)
    values = []
    for share in (1, 0.8):
        coherence = true * share
        biased = np.sqrt(coherence**2 + (1 - coherence**2) * 0.035)
        noise = generator.normal(0, 1, len(true)) * (1 - biased**2) / np.sqrt(2 * looks)
        values.append(np.clip(biased + noise, 0.02, 0.98))
    return values


def _mean(total: NDArray[np.float32], number: NDArray[np.int16]) -> NDArray[np.float32]:
    divisor = number.astype(np.float32)
    divisor[divisor == 0] = np.nan
    return total / divisor[:, :, None]


def _power(db: Any) -> Any:
    return 10 ** (db / 10)
