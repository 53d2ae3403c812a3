"""The suspicion of every declaration, from a feature matrix and the declared crops alone.

Two passes: the first finds the declarations that fit worst, the second learns without them, since
wrong declarations would teach the models to confirm them. The ranking adds three scores that see
different things: how much likelier the best other crop is, how much the declaration looks like a
swapped one, and how little a network that trains on all declarations comes to agree with it.
"""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.errors import NotEnoughData
from dias_cbm.outliers import network, swaps
from dias_cbm.outliers.layout import Layout
from dias_cbm.outliers.swaps import SelfTest, SwapScores, standing
from dias_cbm.outliers.trees import Trees

log = logging.getLogger(__name__)

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

#: A declaration is scored only if so many parcels of its crop are in the other folds.
LEAST_TAUGHT = 5


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """How declarations are scored.

    :param learners: ``trees``, ``trees+kernels`` (the mean of both), or ``auto``: both are tried,
        and the kernels stay if they find more of the swaps.
    :param review_share: share of the parcels that can be reviewed; the learners are chosen for it.
    :param doubtful_share: share of the declarations that the second pass does not learn from.
    :param seed: of everything that is drawn.
    """

    learners: str = "auto"
    review_share: float = 0.05
    doubtful_share: float = 0.06
    seed: int = 20180101


@dataclass(frozen=True, slots=True)
class Choice:
    """Which learners were used, and why.

    :param learners: e.g. ``("trees", "kernels")``.
    :param reason: one sentence.
    """

    learners: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Scores:
    """The result of :func:`score`; n parcels, K crops.

    :param probability: float32[n, K], of each crop, by models that did not train on the parcel.
    :param log_odds: float32[n], log of how much likelier the best other crop is than the declared;
        with groups, the best other group. NaN where not scored, like the next five.
    :param swap_odds: float64[n], log of how much likelier the declaration is among swapped ones.
    :param aum: float32[n], margin of the declared crop over training; low is suspicious.
    :param suspicion: float64[n], the ranking; the highest is the most suspicious.
    :param wrong_at_least: float32[n], lower bound of the probability that the declaration is wrong.
    :param error_share: lower bound of the share of wrong declarations.
    :param swaps: what the swaps say, among the scored parcels.
    :param group: int64[K], group of each crop.
    :param doubtful: bool[n], declarations that the second pass did not learn from.
    :param choice: the learners, and why these.
    :param models: name of each model and its content: LightGBM's text, compressed by zlib, and the
        parameters of networks.
    """

    probability: Floats
    log_odds: Floats
    swap_odds: NDArray[np.float64]
    aum: Floats
    suspicion: NDArray[np.float64]
    wrong_at_least: Floats
    error_share: float
    swaps: SwapScores
    group: Ints
    self_test: SelfTest
    doubtful: NDArray[np.bool_]
    choice: Choice
    models: dict[str, bytes]

    @property
    def learners(self) -> tuple[str, ...]:
        """The learners whose probabilities were averaged."""
        return self.choice.learners

    def power(self, share: float) -> Floats:
        """Share of wrong declarations of each crop that a list would show, by swaps.

        :param share: of the scored parcels, that are on the list.
        :returns: float32[K]; NaN where unknown.
        """
        return self.swaps.power(share, int(self.group.max()) + 1)[self.group]


def score(
    values: Floats,
    layout: Layout,
    declared: Ints,
    classes: int,
    fold: Ints,
    options: ScoreOptions | None = None,
    group: Ints | None = None,
    show: Callable[[str], None] = log.info,
) -> Scores:
    """Rank declared crops by how little the signal agrees with them.

    Works on any arrays, without a database. A parcel is never judged by a model that trained on
    it, except for ``aum``, which looks at the training itself. The same input gives the same
    result on the same machine; on another one, bits may differ with the BLAS library.

    :param values: float32[n, columns]; for each series its windows, then the means of its blocks,
        as the layout says. NaN where nothing was observed.
    :param layout: which column is what: ``Layout((Series("s2", "NDVI"),), range(23))``.
    :param declared: int[n], declared crop of each parcel, 0 to K - 1; -1 where there is none, or
        where it is not to be learnt: such a parcel has probabilities and no suspicion.
    :param classes: K.
    :param fold: int[n], from :func:`dias_cbm.outliers.folds.assign_folds`; at least two folds.
    :param options: the defaults if None.
    :param group: int[K], group of each crop. The probabilities of a group are added up before
        every score, so that a confusion inside a group is not suspicious.
    :param show: is given lines about the progress.
    :raises NotEnoughData: fewer than two crops or groups can be learnt, or the scores do no better
        than chance on swapped declarations.
    """
    options = options or ScoreOptions()
    with _one_thread():
        return _Scorer(values, layout, declared, classes, fold, options, group, show).scores()


class _Scorer:
    """One call of :func:`score`."""

    def __init__(
        self,
        values: Floats,
        layout: Layout,
        declared: Ints,
        classes: int,
        fold: Ints,
        options: ScoreOptions,
        group: Ints | None,
        show: Callable[[str], None],
    ) -> None:
        self._values, self._layout, self._classes = values, layout, classes
        self._declared = np.asarray(declared, np.int64)
        self._fold, self._options = fold, options
        self._group = np.arange(classes) if group is None else np.asarray(group, np.int64)
        self._started = time.monotonic()
        self._tell = show
        self._learn = self._declared >= 0
        self._rows = np.flatnonzero(self._learn & _taught(self._declared, fold, classes))
        # The class of the scores: the crop, or its group.
        self._class = self._group[self._declared[self._rows]]
        self._models: dict[str, bytes] = {}
        if len(np.unique(self._class)) < 2 or len(np.unique(fold[self._rows])) < 2:
            what = "crops" if group is None else "groups of crops"
            raise NotEnoughData(f"fewer than two {what} have parcels enough to learn from")

    def scores(self) -> Scores:
        """Both passes, and what follows from them."""
        trees = Trees(self._values, self._declared, self._classes, self._options.seed)
        first = trees.out_of_fold(self._learn, self._fold, show=self._show("first pass, "))
        aum = self._margins()
        doubtful = self._doubtful(self._swaps(first.probability), aum)
        del first
        kept = self._learn & ~doubtful
        self._show()(f"second pass, without {np.count_nonzero(doubtful)} doubtful parcels")
        second = trees.out_of_fold(kept, self._fold, show=self._show("second pass, "))
        for number, text in second.models.items():
            self._models[f"trees, fold {number}"] = zlib.compress(text.encode())
        del trees
        probability, found, choice = self._chosen(second.probability)
        return self._combined(probability, found, aum, doubtful, choice)

    def _combined(
        self,
        probability: Floats,
        found: SwapScores,
        aum: Floats,
        doubtful: NDArray[np.bool_],
        choice: Choice,
    ) -> Scores:
        if not found.self_test.passed:
            raise NotEnoughData(
                "no list is made: declarations fit their parcels no better than if parcels exchange"
                f" them (AUC {found.self_test.auc:.2f}, at least {found.self_test.low:.2f})",
                hint="check that the declarations belong to these parcels and this season",
            )
        # The kernel network sees what the margins see, so beside it they weigh less.
        weight = 0.5 if "kernels" in choice.learners else 1.0
        suspicion = standing(found.log_odds) + standing(found.odds) + weight * standing(-aum)
        return Scores(
            probability=probability,
            log_odds=self._spread(found.log_odds),
            swap_odds=self._spread(found.odds),
            aum=self._spread(aum),
            suspicion=self._spread(suspicion),
            wrong_at_least=self._spread(found.wrong_at_least()),
            error_share=found.error_share,
            swaps=found,
            group=self._group,
            self_test=found.self_test,
            doubtful=doubtful,
            choice=choice,
            models=self._models,
        )

    def _chosen(self, trees: Floats) -> tuple[Floats, SwapScores, Choice]:
        """Probabilities of the learners that the options ask for, or that the swaps choose."""
        asked = self._options.learners
        found = self._swaps(trees)
        if asked == "trees":
            return trees, found, Choice(("trees",), "set by outliers.learners")
        both, models = self._kernels()
        both += trees
        both /= 2
        better = self._swaps(both)
        gain, error = _gain(found, better, self._options.review_share)
        share = f"{abs(gain):.1%} of the swaps (standard error {error:.1%})"
        if asked == "auto" and gain <= 2 * error:
            reason = f"kernels would find {'more' if gain > 0 else 'less'} by {share}"
            return trees, found, Choice(("trees",), reason)
        self._models |= models
        reason = f"kernels find more by {share}" if asked == "auto" else "set by outliers.learners"
        return both, better, Choice(("trees", "kernels"), reason)

    def _kernels(self) -> tuple[Floats, dict[str, bytes]]:
        """Probabilities by the kernel network.

        It learns from doubtful declarations too: dropout and noise keep it from learning single
        ones by heart, and among them are the odd but right ones that it needs.
        """
        from dias_cbm.outliers.kernels import train_out_of_fold

        windows = self._layout.windows(self._values)
        trained = train_out_of_fold(
            windows, self._declared, self._classes, self._fold, self._options.seed
        )
        self._show()("kernels")
        return trained.probability, {"kernels": trained.network.to_bytes()}

    def _swaps(self, probability: Floats) -> SwapScores:
        grouped = _grouped(probability[self._rows], self._group)
        return swaps.swap_scores(grouped, self._class, self._fold[self._rows], self._options.seed)

    def _margins(self) -> Floats:
        """Margin over training of each scored parcel's class, in a network that sees them all."""
        windows = self._layout.windows(self._values)
        inputs = network.interpolated(windows).reshape(len(self._values), -1)
        labels = np.where(self._learn, self._group[self._declared], -1)
        recipe = network.MARGINS.sized(int(np.count_nonzero(self._learn)))
        groups = int(self._group.max()) + 1
        margin = network.fit(inputs, labels, groups, recipe, self._options.seed).margin
        self._show()("margins of training")
        return margin[self._rows]

    def _doubtful(self, found: SwapScores, aum: Floats) -> NDArray[np.bool_]:
        """The declarations that look most wrong; every crop keeps most of its parcels."""
        doubt = standing(found.odds) + standing(-aum)
        number = int(self._options.doubtful_share * len(doubt))
        doubtful = np.zeros(len(self._values), bool)
        doubtful[self._rows[np.argsort(-doubt, kind="stable")[:number]]] = True
        return doubtful

    def _spread(self, scored: NDArray[Any]) -> NDArray[Any]:
        """Values of the scored parcels among all parcels."""
        values = np.full(len(self._values), np.nan, scored.dtype)
        values[self._rows] = scored
        return values

    def _show(self, stage: str = "") -> Callable[[str], None]:
        def line(text: str) -> None:
            self._tell(f"{stage}{text}: {(time.monotonic() - self._started) / 60:.1f} min")

        return line


def _taught(declared: Ints, fold: Ints, classes: int) -> NDArray[np.bool_]:
    """Whether enough parcels of a parcel's crop are in the other folds."""
    numbers, place = np.unique(fold, return_inverse=True)
    known = declared >= 0
    counts = np.zeros((len(numbers), classes), np.int64)
    np.add.at(counts, (place[known], declared[known]), 1)
    elsewhere = counts.sum(axis=0) - counts
    taught = np.zeros(len(declared), bool)
    taught[known] = elsewhere[place[known], declared[known]] >= LEAST_TAUGHT
    return taught


def _grouped(probability: Floats, group: Ints) -> Floats:
    """Probabilities added up over the crops of each group, float32[n, groups]."""
    total = np.zeros((len(probability), int(group.max()) + 1), np.float32)
    for crop, number in enumerate(group.tolist()):
        total[:, number] += probability[:, crop]
    return total


def _gain(less: SwapScores, more: SwapScores, share: float) -> tuple[float, float]:
    """How many more of the swaps are found, as a share of all swaps, and its standard error."""
    difference = more.found(share).astype(float) - less.found(share)
    return float(difference.mean()), float(difference.std() / np.sqrt(len(difference)))


def _one_thread() -> AbstractContextManager[Any]:
    """BLAS in one thread: the same bits whatever the number of cores, and no idle spinning."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(1)
    return limits
