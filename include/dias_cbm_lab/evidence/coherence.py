"""Accuracy figures of the coherence engine; ``cbm evidence coherence`` prints them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from dias_cbm.card.sar.coherence import make_coherence
from dias_cbm.card.sar.coherence_options import CoherenceOptions
from dias_cbm.card.sar.dem import Dem
from dias_cbm.errors import NotEnoughData
from dias_cbm_lab.evidence.coherence_study import (
    BASELINE,
    CLASSES,
    LATER,
    Study,
    looks_of,
    squares,
    stress_study,
)
from dias_cbm_lab.evidence.figure import Figure
from dias_cbm_lab.level1.point_targets import PLACES, engine_ramp, no_ramp, off
from dias_cbm_lab.level1.slc_annotation import cut, displaced
from dias_cbm_lab.level1.slc_pair import Ground
from dias_cbm_lab.level1.slc_products import write_pair

#: Bounds of a class's mean against Touzi's expectation.
IN_RADAR, ON_MAP = 0.025, 0.03
#: Bound below which 0.95 must fall when a processing step is left out.
_SPOILT = 0.88
#: The part of the real image that is simulated.
_SAMPLES = range(9000, 10_400)


def coherence(folder: Path, work: Path) -> list[Figure]:
    """All figures: point targets, a pair on synthetic annotation, a pair on real annotation.

    :param folder: searched for the SAFE folders of a pair, and for a terrain model of its first
        burst, ``dem-b1-*.tiff``.
    :raises NotEnoughData: it holds none.
    """
    # First, since a folder without a pair fails at once.
    real = real_study(folder, work / "real")
    figures = _targets()
    figures += _pair("own annotation", stress_study(work / "own"), work / "own made")
    figures += _pair("real annotation", real, work / "real made")
    return figures


def real_study(folder: Path, work: Path, samples: range = _SAMPLES) -> Study:
    """A pair on real annotation, orbits and terrain: part of one burst, with the same stress.

    :param samples: of the real image.
    """
    files = sorted(folder.rglob("S1*_SLC_*.SAFE/annotation/s1?-iw1-slc-vv-*.xml"))
    terrain = next(iter(sorted(folder.rglob("dem-b1-*-iw1-*.tif*"))), None)
    if len(files) < 2 or terrain is None:
        raise NotEnoughData("holds no SLC pair with a terrain model", subject=folder)
    work.mkdir(parents=True, exist_ok=True)
    one, other = (cut(file.read_bytes(), range(1), samples) for file in files[:2])
    key = ("IW1", "VV")
    with Dem(terrain) as model:
        ground = {"VV": Ground(model.heights, squares)}
        secondary = displaced(other, BASELINE, LATER)
        return Study(write_pair(work, {key: one}, {key: secondary}, ground), terrain)


def _targets() -> list[Figure]:
    amplitude, phase = np.array([off(place, engine_ramp()) for place in PLACES]).max(axis=0)
    spoilt = off(PLACES[0], no_ramp())[0]
    return [
        Figure("point targets moved: largest error, of the peak", float(amplitude), "", 0.03),
        Figure("point targets moved: largest error of phase", float(phase), "rad", 0.005),
        Figure("the same without deramping, of the peak", spoilt, ""),
    ]


def _pair(name: str, study: Study, target: Path) -> list[Figure]:
    plain = CoherenceOptions()
    figures = [
        Figure(f"{name}: {one.true:g} in radar geometry, off Touzi", one.error, "", IN_RADAR)
        for one in study.in_radar(plain)
    ]
    made = make_coherence(study.pair.reference, study.pair.secondary, dem=study.dem, target=target)
    bursts = list(study.bursts(plain))
    figures += [
        Figure(f"{name}: {one.true:g} on the map, off Touzi", one.error, "", ON_MAP)
        for one in study.on_map(made.path, looks_of(bursts[0].swath, plain))
    ]
    for what, options in (
        ("deramping", CoherenceOptions(deramp=False)),
        ("removing the phase of terrain", CoherenceOptions(remove_phase=False)),
    ):
        found = study.in_radar(options)[-1].found
        figures.append(Figure(f"{name}: {CLASSES[-1]:g} without {what}", found, "", _SPOILT))
    for one, other in pairwise(bursts):
        if one.image.image is other.image.image:
            step = round((other.image.time - one.image.time) / one.image.image.line_interval)
            upper, lower = one.values[0][step:], other.values[0][: one.values.shape[1] - step]
            both = (upper > 0) & (lower > 0)
            difference = float(upper[both].mean(dtype=float) - lower[both].mean(dtype=float))
            swath = one.image.image.swath
            figures.append(Figure(f"{name}: step at a seam of {swath}", difference, "", 0.01))
    return figures
