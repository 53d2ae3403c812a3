"""Coherence and backscatter of simulated images on real annotation, beside other processors'."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.backscatter import make_backscatter
from dias_cbm.card.sar.coherence_options import CoherenceOptions
from dias_cbm.card.sar.luts import read_calibration
from dias_cbm.products.open import open_product
from dias_cbm.products.readers.raster import opened
from dias_cbm.vertical_datum import VerticalDatum
from dias_cbm_lab.evidence.coherence import real_study
from dias_cbm_lab.evidence.coherence_study import CLASSES, Study
from dias_cbm_lab.evidence.figure import Figure
from dias_cbm_lab.evidence.peers import kept
from dias_cbm_lab.evidence.peers.eos_sar import WINDOW
from dias_cbm_lab.evidence.peers.simulated_grd import AREA, SimulatedGrd

Floats = NDArray[np.float64]


def simulated_pair(data: Path, work: Path) -> Study:
    """The pair whose coherence eos-sar made; ``data`` as for ``cbm evidence coherence``."""
    return real_study(data, work, kept.SAMPLES)


def coherence_figures(study: Study, **without: bool) -> list[Figure]:
    """Our coherence of the pair beside that of eos-sar.

    :param without: options of the engine.
    """
    (burst,) = study.bursts(CoherenceOptions(window=WINDOW, **without))
    theirs, version = kept.eos_sar()
    ours = burst.values[0][kept.LINES]
    both = (ours > 0) & (theirs > 0)
    what = f"eos-sar {version}, coherence, {int(both.sum())} pixels"
    (truth,) = study.pair.coherence.values()
    classes = [both & np.isclose(truth[kept.LINES], one) for one in CLASSES]
    return [
        Figure(f"{what}: correlation", _correlation(ours[both], theirs[both]), "", least=0.99),
        Figure(f"{what}: mean difference", _mean(ours - theirs, both), "", 0.005),
        *(
            Figure(f"{what}: mean difference where it is {one:g}", _mean(ours - theirs, where), "")
            for one, where in zip(CLASSES, classes, strict=True)
        ),
    ]


def same_pixel(study: SimulatedGrd, off: tuple[float, float] = (0.0, 0.0)) -> float:
    """Share of the map's pixels for which sarsen took the image's pixel that we place there.

    :param off: lines and samples by which ours are moved.
    """
    line, sample = study.places(kept.sarsen()[1])
    same = line == np.rint(study.line + off[0])
    return float((same & (sample == np.rint(study.sample + off[1]))).mean())


def backscatter(study: SimulatedGrd, work: Path) -> Floats:
    """Our gamma0 of the smooth image turned into beta0, in dB, on the study's grid."""
    made = make_backscatter(
        study.write(work),
        dem=study.dem,
        orbit=None,
        target=work / "made",
        datum=VerticalDatum.EGM96,
        area=AREA,
    )
    band = open_product(made.path).bands["VV"]
    with opened(Path(band.path)) as dataset:
        gamma0 = dataset.read(band.index).astype(float)
    line, sample = (np.rint(one).astype(int) for one in (study.line, study.sample))
    corner = line.min(), sample.min()
    window = (*corner, line.max() - corner[0] + 1, sample.max() - corner[1] + 1)
    gamma, beta = (
        read_calibration(study.table("calibration"), quantity).block(*window)
        for quantity in ("gamma", "betaNought")
    )
    ratio = (gamma / beta)[line - corner[0], sample - corner[1]].astype(float)
    return np.asarray(10 * np.log10(gamma0 * ratio**2))


def backscatter_figures(study: SimulatedGrd, ours: Floats) -> list[Figure]:
    """Our beta0, and the places of pixels, beside those of sarsen."""
    theirs, _, version = kept.sarsen()
    apart = (ours - theirs)[np.isfinite(ours)]
    what = f"sarsen {version}, backscatter, {apart.size} pixels"
    return [
        Figure(f"{what}: median difference", float(np.median(apart)), "dB", 0.01),
        Figure(f"{what}: deviation, theirs is the nearest pixel", float(apart.std()), "dB"),
        Figure(f"{what}: the same pixel of the image", same_pixel(study), "", least=0.98),
        Figure("the same, a tenth of a line off", same_pixel(study, (0.1, 0)), "", 0.95),
    ]


def figures(data: Path, work: Path) -> list[Figure]:
    """All of them.

    :param data: folder of real annotation, as for ``cbm evidence coherence``.
    :param work: a folder to work in.
    """
    grd = SimulatedGrd.over(data)
    return [
        *coherence_figures(simulated_pair(data, work / "pair")),
        *backscatter_figures(grd, backscatter(grd, work / "grd")),
    ]


def _correlation(one: NDArray, other: NDArray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def _mean(values: NDArray, where: NDArray[np.bool_]) -> float:
    return float(values[where].mean(dtype=float))
