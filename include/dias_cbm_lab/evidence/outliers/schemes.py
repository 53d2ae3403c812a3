"""The rankings that are compared: the peers', ours, and the steps between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from dias_cbm.outliers import kernels, network, swaps
from dias_cbm.outliers.score import Learners, ScoreOptions, score
from dias_cbm.outliers.swaps import standing
from dias_cbm.outliers.trees import Trees
from dias_cbm_lab.evidence.outliers.case import CLASSES, Case, simulated_case
from dias_cbm_lab.evidence.outliers.measures import Measures, measure
from dias_cbm_lab.evidence.outliers.peers import discriminants, jrc_published, jrc_repaired

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


_Ranking = tuple[Floats, float]


def _by_confidence(make: Callable[[Case], Floats]) -> Callable[[_Bench], _Ranking]:
    """Ranked by the probability of the declared crop, the least first."""

    def ranking(bench: _Bench) -> _Ranking:
        start = time.process_time()
        probability = make(bench.case)
        declared = bench.case.declarations.declared
        own = probability[np.arange(len(declared)), declared]
        return -own, time.process_time() - start

    return ranking


def _discriminants(bench: _Bench) -> _Ranking:
    probability, cost = bench.part("discriminants", lambda: discriminants(bench.case))
    return swaps.log_odds(probability, bench.case.declarations.declared), cost


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


def _ours(learners: Learners, *, lost: bool = False) -> Callable[[_Bench], _Ranking]:
    """The product's own ranking."""

    def ranking(bench: _Bench) -> _Ranking:
        case = bench.lost if lost else bench.case
        start = time.process_time()
        scores = score(
            case.values,
            case.layout,
            case.declarations.declared,
            CLASSES,
            case.fold,
            ScoreOptions(learners=learners),
            show=_silent,
        )
        return scores.suspicion, time.process_time() - start

    return ranking


def _silent(_: str) -> None:
    """Show nothing."""


#: By name, in the order of the table.
SCHEMES: dict[str, Callable[[_Bench], _Ranking]] = {
    "jrc-published": _by_confidence(jrc_published),
    "jrc-repaired": _by_confidence(jrc_repaired),
    "discriminants": _discriminants,
    "margins": _margins,
    "kernels": _kernels,
    "trees": _trees,
    "trees+swaps": _trees_and_swaps,
    "trees+swaps+margins": _trees_swaps_and_margins,
    "A": _ours("trees"),
    "A+B": _ours("trees+kernels"),
    "A-lost": _ours("trees", lost=True),
    "A+B-lost": _ours("trees+kernels", lost=True),
}

DESCRIPTIONS = {
    "jrc-published": "JRC's network as published",
    "jrc-repaired": "JRC's network, repaired",
    "discriminants": "linear discriminants",
    "margins": "margins of training alone",
    "kernels": "kernel network alone, log odds",
    "trees": "trees, one pass, log odds",
    "trees+swaps": "  + swap score",
    "trees+swaps+margins": "  + margins of training",
    "A": "A: + second pass without the doubtful",
    "A+B": "A + B: + kernel network",
    "A-lost": "A, 10 % of windows lost",
    "A+B-lost": "A + B, 10 % of windows lost",
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
        error = bench.case.declarations.error
        for scheme in schemes:
            with threadpool_limits(1):
                suspicion, cost = SCHEMES[scheme](bench)
            measures = measure(suspicion, error)
            show(f"seed {seed}, {scheme}: {measures.recall:.3f} found, {cost:.0f} s")
            yield Result(scheme, seed, measures, cost)
