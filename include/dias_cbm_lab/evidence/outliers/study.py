"""The outlier step against its peers: one table over several seasons, and the bars it must meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

from dias_cbm_lab.evidence.outliers.measures import Measures
from dias_cbm_lab.evidence.outliers.schemes import SCHEMES, Result, results


@dataclass(frozen=True, slots=True)
class Line:
    """One scheme, averaged over the seasons.

    :param worst: lowest recall of a season.
    """

    scheme: str
    mean: Measures
    worst: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure that must be reached.

    :param at_least: whether the limit is the lowest that is allowed; otherwise the highest.
    """

    what: str
    value: float
    limit: float
    at_least: bool = True

    @property
    def holds(self) -> bool:
        """Whether the figure reaches the bar, to three decimals."""
        value = round(self.value, 3)
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True, slots=True)
class Study:
    """All rankings, their means, and the bars of the schemes that ran."""

    results: list[Result]
    lines: list[Line]
    bars: list[Bar]

    def as_json(self) -> dict[str, Any]:
        """All figures, for programs."""
        return {
            "seasons": [asdict(one) for one in self.results],
            "schemes": [asdict(one) for one in self.lines],
            "bars": [asdict(one) | {"holds": one.holds} for one in self.bars],
        }


@dataclass(frozen=True, slots=True)
class _Limits:
    recall: float
    average_precision: float
    worst: float
    cpu_s: float


#: For 8,000 parcels; the seconds are of one core that does nothing else.
_LIMITS = {"A": _Limits(0.765, 0.84, 0.75, 20), "A+B": _Limits(0.80, 0.87, 0.785, 40)}
_MOST_LOST = 0.02
_GROUPS_GAIN = 0.08


def study(parcels: int, seeds: list[int], schemes: list[str], show: Callable[[str], None]) -> Study:
    """Run schemes on simulated seasons.

    :param parcels: in each season.
    :param schemes: names of :data:`.schemes.SCHEMES`.
    :param show: is given a line after each ranking.
    """
    found = list(results(parcels, seeds, schemes, show))
    lines = [_line(scheme, found) for scheme in schemes]
    return Study(found, lines, _bars({line.scheme: line for line in lines}))


def _line(scheme: str, found: list[Result]) -> Line:
    own = [one for one in found if one.scheme == scheme]
    mean = {
        field.name: sum(getattr(one.measures, field.name) for one in own) / len(own)
        for field in fields(Measures)
    }
    worst = min(one.measures.recall for one in own)
    return Line(scheme, Measures(**mean), worst, sum(one.cpu_s for one in own) / len(own))


def _bars(lines: dict[str, Line]) -> list[Bar]:
    bars = []
    for scheme, limits in _LIMITS.items():
        if (line := lines.get(scheme)) is None:
            continue
        bars += [
            Bar(f"{scheme}: R@5 %, mean", line.mean.recall, limits.recall),
            Bar(f"{scheme}: R@5 %, worst season", line.worst, limits.worst),
            Bar(f"{scheme}: AUC-PR", line.mean.average_precision, limits.average_precision),
            Bar(f"{scheme}: CPU seconds", line.cpu_s, limits.cpu_s, at_least=False),
        ]
        if (lost := lines.get(f"{scheme}-lost")) is not None:
            drop = line.mean.recall - lost.mean.recall
            what = f"{scheme}: R@5 % that 10 % of lost windows cost"
            bars.append(Bar(what, drop, _MOST_LOST, at_least=False))
    if "A-across" in lines and "A-groups" in lines:
        gain = lines["A-groups"].mean.recall - lines["A-across"].mean.recall
        bars.append(Bar("A: errors across groups that groups find more", gain, _GROUPS_GAIN))
    return bars


def rows(lines: list[Line]) -> list[dict[str, str]]:
    """The lines as a table."""
    return [
        {
            "scheme": SCHEMES[line.scheme].description,
            "R@5 %": f"{line.mean.recall:.3f}",
            "worst": f"{line.worst:.3f}",
            "random": f"{line.mean.random:.2f}",
            "confusable": f"{line.mean.confusable:.2f}",
            "AUC-PR": f"{line.mean.average_precision:.3f}",
            "P@1 %": f"{line.mean.first:.2f}",
            "CPU s": f"{line.cpu_s:.1f}",
        }
        for line in lines
    ]
