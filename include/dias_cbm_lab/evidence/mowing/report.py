"""The table of detectors, and the other figures of mowing; ``cbm evidence markers`` prints them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.errors import NotEnoughData
from dias_cbm.markers.mowing import best_day
from dias_cbm_lab.evidence.markers.bars import Bar
from dias_cbm_lab.evidence.mowing import calibration, colours, detectors
from dias_cbm_lab.evidence.mowing.colours import Coloured
from dias_cbm_lab.evidence.mowing.meadows import Meadows
from dias_cbm_lab.evidence.mowing.rivals import Found
from dias_cbm_lab.evidence.mowing.scoring import bootstrap, bounds, deciles, tally, true

#: Share of the observations that is lost for one of the figures, and how often it is drawn.
LOST, DRAWS = 0.3, 5
#: Fewest events of a decile whose probability is judged.
ENOUGH_EVENTS = 20

RULE, MODEL, SEN4CAP, FOREST = "rule", "model, other sites", "Sen4CAP L4B", "random forest"
_FORCE, _WHOLE = "FORCE-like", "Sen4CAP L4B, whole year"


@dataclass(frozen=True, slots=True)
class Line:
    """One detector.

    :param f1_5: F1 with the first look after an event at most 5 days from the dated cut.
    :param f1_10: the same, 10 days.
    :param low: of F1 within 10 days, lower of the 95 % bounds by a bootstrap over sites.
    :param high: the upper one.
    :param f1_interval: F1 with the dated cut at most 3 days outside of the interval.
    :param mae: mean absolute error in days, of those within 10 days.
    :param grazed_only: false events per plot-year that was grazed and not mown; None: none was.
    :param lost: F1 within 10 days with 30 % of the observations lost, mean of five draws (the
        model: of one); None: not run.
    """

    detector: str
    precision: float
    recall: float
    f1_5: float
    f1_10: float
    low: float
    high: float
    f1_interval: float
    mae: float
    grazed_only: float | None
    lost: float | None


@dataclass(frozen=True, slots=True)
class Dated:
    """One of our detectors by the best date that it reports, which others do not have."""

    detector: str
    f1_5: float
    f1_10: float
    mae: float


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
    """All figures of some meadows.

    :param false_reds: plot-years by scheme, of schemes that all meadows meet.
    """

    plot_years: int
    sites: int
    cuts: int
    lines: list[Line]
    best_dates: list[Dated]
    differences: list[Difference]
    calibration: list[Decile]
    colours: list[Coloured]
    false_reds: dict[str, int]

    def line(self, detector: str) -> Line:
        """The line of a detector."""
        return next(one for one in self.lines if one.detector == detector)

    def bars(self) -> list[Bar]:
        """The figures that have bars, as far as they could be measured.

        A detection's day is the first look after it, as others have it; where it is said, the best
        date that ours report.
        """
        rule, model = self.line(RULE), self.line(MODEL)
        low = {(one.one, one.other): one.low for one in self.differences}
        best = next(one for one in self.best_dates if one.detector == MODEL)
        bars = [
            Bar("mowing rule: F1 within 10 days", rule.f1_10, 0.73, 0.76),
            Bar("mowing rule: F1, interval and 3 days", rule.f1_interval, 0.76),
            Bar("mowing rule: F1, 30 % of looks lost", rule.lost or 0.0, 0.65, 0.70),
            Bar("mowing model: F1 within 10 days", model.f1_10, 0.765, 0.80),
            Bar("mowing model: F1 within 5 days", model.f1_5, 0.68, 0.72),
            Bar("mowing model: mean error in days", model.mae, 2.5, None, False),
            Bar("mowing model, best date: F1 within 10 days", best.f1_10, 0.765, 0.80),
            Bar("mowing model, best date: F1 within 5 days", best.f1_5, 0.68, 0.72),
            Bar("mowing model, best date: mean error in days", best.mae, 2.5, None, False),
            Bar("rule above Sen4CAP, lower bound", low[RULE, SEN4CAP], 0.05),
            Bar("model above Sen4CAP, lower bound", low[MODEL, SEN4CAP], 0.05),
            Bar("model above the forest, lower bound", low[MODEL, FOREST], None, 0.0),
        ]
        for name, line in (("rule", rule), ("model", model)):
            if line.grazed_only is not None:
                what = f"mowing {name}: false events, grazed only"
                bars.append(Bar(what, line.grazed_only, 0.46, 0.25, False))
            if (off := self._farthest(line.detector)) is not None:
                what = f"{name}: largest error of a decile's probability"
                bars.append(Bar(what, off, 0.1, 0.05, False))
        return bars + [bar for one in self.colours for bar in one.bars()]

    def _farthest(self, detector: str) -> float | None:
        """Largest error of the deciles that have enough events; None if none has."""
        mine = [one for one in self.calibration if one.detector == detector]
        errors = [abs(o.probability - o.true) for o in mine if o.events >= ENOUGH_EVENTS]
        return max(errors, default=None)

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def mowing(
    meadows: Sequence[Meadows], trained_on: Sequence[Meadows] | None = None
) -> MowingEvidence:
    """Compare the detectors on meadows.

    :param trained_on: meadows of other sites for what is trained; default: the same, by folds.
    :raises NotEnoughData: there are none, or a meadow is among both.
    """
    if not meadows:
        raise NotEnoughData("there are no plots", subject="meadows")
    _check_apart(meadows, trained_on or [])
    model = detectors.model(meadows, trained_on=trained_on)
    found = {
        RULE: detectors.rule(meadows),
        MODEL: detectors.found_by(model, meadows),
        SEN4CAP: detectors.sen4cap_mode(meadows),
        _WHOLE: detectors.sen4cap_mode(meadows, whole_year=True),
        _FORCE: detectors.force_mode(meadows),
        FOREST: detectors.found_by(detectors.forest(meadows, trained_on=trained_on), meadows),
    }
    fast: dict[str, Callable[[Sequence[Meadows]], Found]] = {
        RULE: detectors.rule, SEN4CAP: detectors.sen4cap_mode, _FORCE: detectors.force_mode,
    }  # fmt: skip
    dated = [cuts for one in meadows for cuts in one.mown]
    site = np.concatenate([one.site for one in meadows])
    grazed_only = np.concatenate([one.grazed for one in meadows]) & ~np.array([*map(bool, dated)])
    lost = {name: _with_lost(meadows, detector, dated) for name, detector in fast.items()}
    drawn = [one.without(LOST, 0) for one in meadows]
    lost[MODEL] = tally(detectors.found_by(model, drawn), dated, 10).f1
    tallies = {name: tally(mine, dated, 10) for name, mine in found.items()}
    sure = _probabilities(meadows, found, refit=trained_on is None)
    pairs = ((RULE, SEN4CAP), (MODEL, SEN4CAP), (RULE, FOREST), (MODEL, FOREST), (MODEL, RULE))
    return MowingEvidence(
        plot_years=len(dated),
        sites=len(np.unique(site)),
        cuts=sum(map(len, dated)),
        lines=[
            _line(name, mine, dated, site, grazed_only, lost.get(name))
            for name, mine in found.items()
        ],
        best_dates=[_dated(name, found[name], dated) for name in (RULE, MODEL)],
        differences=[
            Difference(one, other, *bootstrap(tallies[one], tallies[other], site))
            for one, other in pairs
        ],
        calibration=[
            Decile(name, *one)
            for name, probability in sure.items()
            for one in deciles(probability, true(found[name], dated))
        ],
        colours=[
            one
            for name, probability in sure.items()
            for one in colours.coloured(name, meadows, _with(found[name], probability))
        ],
        false_reds=colours.false_reds(meadows),
    )


def _check_apart(meadows: Sequence[Meadows], others: Sequence[Meadows]) -> None:
    mine, theirs = (
        {pid.rpartition(" ")[0] for o in m for pid in o.series.pids} for m in (meadows, others)
    )
    if both := sorted(mine & theirs):
        raise NotEnoughData(
            f"{len(both)} meadows are in the training data too", subject=both[0],
            hint="train on other sites",
        )  # fmt: skip


def _dated(name: str, found: Found, dated: list[list[int]]) -> Dated:
    """The scores of the best days in place of the first looks after the cuts."""
    best = [
        [one._replace(end=int(best_day(np.array(one.start), np.array(one.end)))) for one in mine]
        for mine in found
    ]
    ten = tally(best, dated, 10)
    return Dated(name, tally(best, dated, 5).f1, ten.f1, ten.mae)


def _line(
    name: str,
    found: Found,
    dated: list[list[int]],
    site: NDArray[np.int64],
    grazed_only: NDArray[np.bool_],
    lost: float | None,
) -> Line:
    ten = tally(found, dated, 10)
    hits = float(ten.hits.sum())
    low, high = bounds(ten, site)
    return Line(
        detector=name,
        precision=hits / max(int(ten.found.sum()), 1),
        recall=hits / max(int(ten.dated.sum()), 1),
        f1_5=tally(found, dated, 5).f1,
        f1_10=ten.f1,
        low=low,
        high=high,
        f1_interval=tally(found, dated, 3, interval=True).f1,
        mae=ten.mae,
        grazed_only=float(ten.found[grazed_only].mean()) if grazed_only.any() else None,
        lost=lost,
    )


def _with_lost(
    meadows: Sequence[Meadows],
    detector: Callable[[Sequence[Meadows]], Found],
    dated: list[list[int]],
) -> float:
    draws = ([one.without(LOST, seed) for one in meadows] for seed in range(DRAWS))
    return float(np.mean([tally(detector(drawn), dated, 10).f1 for drawn in draws]))


def _probabilities(
    meadows: Sequence[Meadows], found: dict[str, Found], *, refit: bool
) -> dict[str, NDArray[np.float64]]:
    """Of the cuts of the rule and of the model, in their order, without having seen their sites.

    :param refit: whether the rule's table is fitted again without each site, since the shipped one
        was fitted on these.
    """
    sure = {
        name: np.array([one.probability for mine in found[name] for one in mine])
        for name in (RULE, MODEL)
    }
    if refit:
        sure[RULE] = calibration.by_folds(calibration.Falls(meadows))
    return sure


def _with(found: Found, probability: NDArray[np.float64]) -> Found:
    """The same cuts with other probabilities."""
    rest = iter(probability.tolist())
    return [[one._replace(probability=next(rest)) for one in mine] for mine in found]


def lines(evidence: MowingEvidence) -> list[str]:
    """The figures as text."""
    text = [
        f"{evidence.plot_years} plot-years of {evidence.sites} sites, {evidence.cuts} dated cuts",
        "",
        f"{'detector':24}{'P':>6}{'R':>6}{'F1 5 d':>8}{'10 d':>7}"
        f"{'95 %':>14}{'interval':>10}{'MAE':>6}{'grazed only':>13}{'30 % lost':>11}",
    ]
    for one in evidence.lines:
        grazed, lost = (
            "" if value is None else f"{value:.{digits}f}"
            for value, digits in ((one.grazed_only, 2), (one.lost, 3))
        )
        text.append(
            f"{one.detector:24}{one.precision:6.2f}{one.recall:6.2f}{one.f1_5:8.3f}"
            f"{one.f1_10:7.3f}{f'{one.low:.3f}-{one.high:.3f}':>14}"
            f"{one.f1_interval:10.3f}{one.mae:6.2f}{grazed:>13}{lost:>11}"
        )
    text += ["", "by the best date that is reported, not the first look: F1 5 d, 10 d, MAE:"]
    text += [
        f"  {one.detector:22}{one.f1_5:8.3f}{one.f1_10:7.3f}{one.mae:6.2f}"
        for one in evidence.best_dates
    ]
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
    text += ["", "schemes by probabilities of other sites, in shares of the plot-years:"]
    text += [
        f"  {one.detector + ', ' + one.scheme:32} false green {one.false_green:.2%},"
        f" false red {one.false_red:.2%}, yellow {one.yellow:.2%}"
        for one in evidence.colours
    ]
    reds = ", ".join(f"{name} {number}" for name, number in evidence.false_reds.items())
    text.append(f"  false reds of schemes that every meadow meets: {reds}")
    return text
