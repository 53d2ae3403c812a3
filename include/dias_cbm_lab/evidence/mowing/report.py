"""The table of detectors, and the other figures of mowing; ``cbm evidence mowing`` prints them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm_lab.evidence.mowing import calibration, detectors
from dias_cbm_lab.evidence.mowing.meadows import Meadows, read
from dias_cbm_lab.evidence.mowing.rivals import Found
from dias_cbm_lab.evidence.mowing.scoring import bootstrap, deciles, tally, true

#: Share of the observations that is lost for one of the figures, and how often it is drawn.
LOST, DRAWS = 0.3, 5

RULE, MODEL, SEN4CAP, FOREST = "rule", "model, other sites", "Sen4CAP L4B", "random forest"
_FORCE, _WHOLE = "FORCE-like", "Sen4CAP L4B, whole year"


@dataclass(frozen=True, slots=True)
class Line:
    """One detector.

    :param f1_5: F1 with the first look after an event at most 5 days from the dated cut.
    :param f1_10: the same, 10 days.
    :param f1_interval: F1 with the dated cut at most 3 days outside of the interval.
    :param mae: mean absolute error in days, of those within 10 days.
    :param grazed_only: false events per plot-year that was grazed and not mown.
    :param lost: F1 within 10 days with 30 % of the observations lost, mean of five draws (the
        model: of one); None: not run.
    """

    detector: str
    precision: float
    recall: float
    f1_5: float
    f1_10: float
    f1_interval: float
    mae: float
    grazed_only: float
    lost: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Difference of F1 within 10 days, with 95 % bounds by a bootstrap over sites."""

    one: str
    other: str
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Decile:
    """Events of one tenth of probability, by models and tables that have not seen their sites."""

    detector: str
    events: int
    probability: float
    true: float


@dataclass(frozen=True, slots=True)
class MowingEvidence:
    """All figures of one folder."""

    plot_years: int
    sites: int
    cuts: int
    lines: list[Line]
    differences: list[Difference]
    calibration: list[Decile]

    def line(self, detector: str) -> Line:
        """The line of a detector."""
        return next(one for one in self.lines if one.detector == detector)

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def mowing(folder: Path) -> MowingEvidence:
    """Compare the detectors on the meadows of a folder.

    :raises NotEnoughData: a file is missing.
    """
    meadows = read(folder)
    found = {
        RULE: detectors.rule(meadows),
        MODEL: detectors.model(meadows),
        SEN4CAP: detectors.sen4cap_mode(meadows),
        _WHOLE: detectors.sen4cap_mode(meadows, whole_year=True),
        _FORCE: detectors.force_mode(meadows),
        FOREST: detectors.forest(meadows),
    }
    fast: dict[str, Callable[[Sequence[Meadows]], Found]] = {
        RULE: detectors.rule, SEN4CAP: detectors.sen4cap_mode, _FORCE: detectors.force_mode,
    }  # fmt: skip
    dated = [cuts for one in meadows for cuts in one.mown]
    site = np.concatenate([one.site for one in meadows])
    grazed_only = np.concatenate([one.grazed for one in meadows]) & ~np.array([*map(bool, dated)])
    lost = {name: _with_lost(meadows, detector, dated) for name, detector in fast.items()}
    drawn = [one.without(LOST, 0) for one in meadows]
    lost[MODEL] = tally(detectors.model(meadows, drawn), dated, 10).f1
    tallies = {name: tally(mine, dated, 10) for name, mine in found.items()}
    pairs = ((RULE, SEN4CAP), (MODEL, SEN4CAP), (RULE, FOREST), (MODEL, FOREST), (MODEL, RULE))
    return MowingEvidence(
        plot_years=len(dated),
        sites=len(np.unique(site)),
        cuts=sum(map(len, dated)),
        lines=[
            _line(name, mine, dated, grazed_only, lost.get(name)) for name, mine in found.items()
        ],
        differences=[
            Difference(one, other, *bootstrap(tallies[one], tallies[other], site))
            for one, other in pairs
        ],
        calibration=_calibration(meadows, found[MODEL], dated),
    )


def _line(
    name: str,
    found: Found,
    dated: list[list[int]],
    grazed_only: NDArray[np.bool_],
    lost: float | None,
) -> Line:
    ten = tally(found, dated, 10)
    hits = float(ten.hits.sum())
    return Line(
        detector=name,
        precision=hits / max(int(ten.found.sum()), 1),
        recall=hits / max(int(ten.dated.sum()), 1),
        f1_5=tally(found, dated, 5).f1,
        f1_10=ten.f1,
        f1_interval=tally(found, dated, 3, interval=True).f1,
        mae=ten.mae,
        grazed_only=float(ten.found[grazed_only].mean()) if grazed_only.any() else 0.0,
        lost=lost,
    )


def _with_lost(
    meadows: Sequence[Meadows],
    detector: Callable[[Sequence[Meadows]], Found],
    dated: list[list[int]],
) -> float:
    draws = ([one.without(LOST, seed) for one in meadows] for seed in range(DRAWS))
    return float(np.mean([tally(detector(drawn), dated, 10).f1 for drawn in draws]))


def _calibration(
    meadows: Sequence[Meadows], by_model: Found, dated: list[list[int]]
) -> list[Decile]:
    falls = calibration.Falls(meadows)
    sure = np.array([one.probability for mine in by_model for one in mine])
    tenths = {
        RULE: deciles(calibration.by_folds(falls), falls.hit),
        MODEL: deciles(sure, true(by_model, dated)),
    }
    return [Decile(name, *one) for name, mine in tenths.items() for one in mine]


def lines(evidence: MowingEvidence) -> list[str]:
    """The figures as text."""
    text = [
        f"{evidence.plot_years} plot-years of {evidence.sites} sites, {evidence.cuts} dated cuts",
        "",
        f"{'detector':24}{'P':>6}{'R':>6}{'F1 5 d':>8}{'10 d':>7}{'interval':>10}{'MAE':>6}"
        f"{'grazed only':>13}{'30 % lost':>11}",
    ]
    for one in evidence.lines:
        lost = "" if one.lost is None else f"{one.lost:.3f}"
        text.append(
            f"{one.detector:24}{one.precision:6.2f}{one.recall:6.2f}{one.f1_5:8.3f}"
            f"{one.f1_10:7.3f}{one.f1_interval:10.3f}{one.mae:6.2f}{one.grazed_only:13.2f}"
            f"{lost:>11}"
        )
    text += ["", "F1 within 10 days, difference and 95 % bounds by sites:"]
    text += [
        f"  {one.one} - {one.other}: {one.difference:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
        for one in evidence.differences
    ]
    text += ["", "calibration on sites not trained on: events, mean probability, share of true:"]
    text += [
        f"  {one.detector:20}{one.events:5}{one.probability:7.2f}{one.true:7.2f}"
        for one in evidence.calibration
    ]
    return text
