"""The rankings that are compared: the peers', ours, and the steps between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from dias_cbm.outliers import kernels, network, swaps
from dias_cbm.outliers.score import ScoreOptions, score
from dias_cbm.outliers.swaps import standing
from dias_cbm.outliers.trees import Trees
from dias_cbm_lab.evidence.outliers.case import CLASSES, Case, simulated_case
from dias_cbm_lab.evidence.outliers.crops import GROUP_OF
from dias_cbm_lab.evidence.outliers.measures import Measures, measure
from dias_cbm_lab.evidence.outliers.peers import discriminants, jrc_published, jrc_repaired
from dias_cbm_lab.evidence.outliers.planting import RIGHT

Floats = NDArray[Any]

#: Share of the windows that are lost in the schemes that say so.
LOST = 0.1

_SEED = ScoreOptions().seed


@dataclass(frozen=True, slots=True)
class Result:
    """One ranking of one season.

    :param cpu_s: of everything it needs, from the feature matrix on.
    """

    scheme: str
    seed: int
    measures: Measures
    cpu_s: float


class _Bench:
    """One season, with what several schemes share and what it cost."""

    def __init__(self, parcels: int, seed: int) -> None:
        self.parcels = parcels
        self.case = simulated_case(parcels, seed)
        self._lost: Case | None = None
        self._kept: dict[str, tuple[Any, float]] = {}

    def part(self, name: str, make: Callable[[], Any]) -> tuple[Any, float]:
        """The result of a step and its CPU seconds; made once."""
        if name not in self._kept:
            start = time.process_time()
            made = make()
            self._kept[name] = made, time.process_time() - start
        return self._kept[name]

    @property
    def lost(self) -> Case:
        """The same season with windows lost."""
        if self._lost is None:
            self._lost = simulated_case(self.parcels, self.case.seed, LOST)
        return self._lost

    def error(self, *, across: bool) -> NDArray[np.int64]:
        """Kind of each parcel's error.

        :param across: errors inside a group of crops are none.
        """
        true, declared, error = self.case.declarations
        return np.where(across & (GROUP_OF[true] == GROUP_OF[declared]), RIGHT, error)


_Ranking = tuple[Floats, float]
_Rank = Callable[[Floats, NDArray[np.int64]], Floats]


def _peer(make: Callable[[Case], Floats], rank: _Rank) -> Callable[[_Bench], _Ranking]:
    """A peer's ranking: from its probabilities and the declared crops."""

    def ranking(bench: _Bench) -> _Ranking:
        probability, cost = bench.part(make.__name__, lambda: make(bench.case))
        return rank(probability, bench.case.declarations.declared), cost

    return ranking


def _confidence(probability: Floats, declared: NDArray[np.int64]) -> Floats:
    """The least probable declaration first, as JRC does."""
    return -probability[np.arange(len(declared)), declared]


def _trees(bench: _Bench) -> _Ranking:
    probability, cost = _first_pass(bench)
    return swaps.log_odds(probability, bench.case.declarations.declared), cost


def _trees_and_swaps(bench: _Bench) -> _Ranking:
    _, cost = _first_pass(bench)
    found, more = _swaps(bench)
    return standing(found.log_odds) + standing(found.odds), cost + more


def _trees_swaps_and_margins(bench: _Bench) -> _Ranking:
    suspicion, cost = _trees_and_swaps(bench)
    margins, more = _margins(bench)
    return suspicion + standing(margins), cost + more


def _margins(bench: _Bench) -> _Ranking:
    """Low margins of training first."""

    def make() -> Floats:
        case = bench.case
        inputs = network.interpolated(case.windows).reshape(len(case.values), -1)
        recipe = network.MARGINS.sized(len(inputs))
        return -network.fit(inputs, case.declarations.declared, CLASSES, recipe, _SEED).margin

    return bench.part("margins", make)


def _kernels(bench: _Bench) -> _Ranking:
    def make() -> Floats:
        case, declared = bench.case, bench.case.declarations.declared
        trained = kernels.train_out_of_fold(case.windows, declared, CLASSES, case.fold, _SEED)
        return swaps.log_odds(trained.probability, declared)

    return bench.part("kernels", make)


def _first_pass(bench: _Bench) -> tuple[Any, float]:
    case = bench.case

    def make() -> Floats:
        trees = Trees(case.values, case.declarations.declared, CLASSES, _SEED)
        return trees.out_of_fold(
            np.ones(len(case.values), bool), case.fold, show=_silent
        ).probability

    return bench.part("first pass", make)


def _swaps(bench: _Bench) -> tuple[Any, float]:
    probability, _ = _first_pass(bench)
    declared = bench.case.declarations.declared
    return bench.part(
        "swaps", lambda: swaps.swap_scores(probability, declared, bench.case.fold, _SEED)
    )


def _ours(
    learners: str, *, lost: bool = False, groups: bool = False
) -> Callable[[_Bench], _Ranking]:
    """The product's own ranking, by crops or by groups of crops."""

    def ranking(bench: _Bench) -> _Ranking:
        case = bench.lost if lost else bench.case

        def make() -> Floats:
            return score(
                case.values,
                case.layout,
                case.declarations.declared,
                CLASSES,
                case.fold,
                ScoreOptions(learners=learners),
                GROUP_OF if groups else None,
                show=_silent,
            ).suspicion

        return bench.part(f"{learners} {lost} {groups}", make)

    return ranking


def _silent(_: str) -> None:
    """Show nothing."""


class Scheme(NamedTuple):
    """A way to rank declarations.

    :param across: measured by the errors across groups of crops alone.
    """

    description: str
    ranking: Callable[[_Bench], _Ranking]
    across: bool = False


_A, _A_AND_B = "trees", "trees+kernels"

#: By name, in the order of the table.
SCHEMES = {
    "jrc-published": Scheme("JRC's network as published", _peer(jrc_published, _confidence)),
    "jrc-repaired": Scheme("JRC's network, repaired", _peer(jrc_repaired, _confidence)),
    "discriminants": Scheme("linear discriminants", _peer(discriminants, swaps.log_odds)),
    "margins": Scheme("margins of training alone", _margins),
    "kernels": Scheme("kernel network alone, log odds", _kernels),
    "trees": Scheme("trees, one pass, log odds", _trees),
    "trees+swaps": Scheme("  + swap score", _trees_and_swaps),
    "trees+swaps+margins": Scheme("  + margins of training", _trees_swaps_and_margins),
    "A": Scheme("A: + second pass without the doubtful", _ours(_A)),
    "A+B": Scheme("A + B: + kernel network", _ours(_A_AND_B)),
    "A-lost": Scheme("A, 10 % of windows lost", _ours(_A, lost=True)),
    "A+B-lost": Scheme("A + B, 10 % of windows lost", _ours(_A_AND_B, lost=True)),
    "A-across": Scheme("A, errors across groups of crops", _ours(_A), across=True),
    "A-groups": Scheme("A by groups, errors across them", _ours(_A, groups=True), across=True),
}


def results(
    parcels: int, seeds: list[int], schemes: list[str], show: Callable[[str], None] = _silent
) -> Iterator[Result]:
    """Rank simulated seasons by each scheme.

    :param schemes: names of :data:`SCHEMES`.
    :param show: is given a line after each ranking.
    """
    for seed in seeds:
        bench = _Bench(parcels, seed)
        for name in schemes:
            scheme = SCHEMES[name]
            with threadpool_limits(1):
                suspicion, cost = scheme.ranking(bench)
            measures = measure(suspicion, bench.error(across=scheme.across))
            show(f"seed {seed}, {name}: {measures.recall:.3f} found, {cost:.0f} s")
            yield Result(name, seed, measures, cost)
