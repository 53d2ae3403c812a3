"""Boosted trees: crop probabilities out of fold, by LightGBM.

A parcel is never scored by a model that trained on it. All models share one set of bins, computed
once from all rows: values are binned without a look at any label.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import lightgbm

log = logging.getLogger(__name__)

#: LightGBM handles NaN as a separate branch, so missing windows need no filling. One thread, since
#: several are far slower on a small busy machine. By columns with few bins, a tree costs a tenth of
#: what it costs by rows with 255; a sample of 50,000 rows is enough to find 63 bins.
PARAMETERS: dict[str, Any] = {
    "objective": "multiclass",
    "learning_rate": 0.1,
    "num_leaves": 15,
    "min_data_in_leaf": 10,
    "max_bin": 63,
    "bin_construct_sample_cnt": 50_000,
    "feature_fraction": 0.15,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "num_threads": 1,
    "deterministic": True,
    "force_col_wise": True,
    "verbosity": -1,
}
ROUNDS = 90

#: Each round draws this share of the training parcels, and never more than so many: beyond that a
#: tree gets dearer, hardly better, and the rounds see the other parcels anyway.
BAGGING_SHARE = 0.8
BAGGING_ROWS = 60_000

# Rows predicted at a time: 20 MB of 265 columns.
_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Class probabilities of each parcel, by a model that did not train on it.

    :param probability: float32[parcels, classes]; rows sum to 1.
    :param models: the model of each fold, as LightGBM's text.
    """

    probability: NDArray[np.float32]
    models: dict[int, str]


class Trees:
    """A feature matrix, binned for LightGBM.

    :param values: float32[parcels, columns]; NaN where nothing was observed.
    :param labels: class of each parcel; -1 where there is none.
    :param classes: number of classes.
    """

    def __init__(
        self, values: NDArray[np.float32], labels: NDArray[np.int64], classes: int, seed: int
    ) -> None:
        import lightgbm

        self._values = values
        self._classes = classes
        self._parameters = {**PARAMETERS, "seed": seed, "num_class": classes}
        label = np.maximum(labels, 0).astype(np.float32)
        data = lightgbm.Dataset(values, label, params=self._parameters, free_raw_data=True)
        self._data = data.construct()

    def out_of_fold(
        self,
        learn: NDArray[np.bool_],
        fold: NDArray[np.int64],
        rounds: int = ROUNDS,
        show: Callable[[str], None] = log.info,
    ) -> OutOfFold:
        """Score every parcel by a model trained on the other folds.

        :param learn: parcels to learn from; each has a label.
        :param fold: number of the fold in which each parcel is left out.
        :param show: is given a line after each fold.
        """
        probability = np.empty((len(fold), self._classes), np.float32)
        models = {}
        numbers = np.unique(fold).tolist()
        for done, number in enumerate(numbers, start=1):
            model = self._train(np.flatnonzero(learn & (fold != number)), rounds)
            self._predict(model, np.flatnonzero(fold == number), probability)
            models[number] = model.model_to_string()
            show(f"trees: fold {done} of {len(numbers)}")
        return OutOfFold(probability, models)

    def _train(self, rows: NDArray[np.int64], rounds: int) -> lightgbm.Booster:
        import lightgbm

        share = min(BAGGING_SHARE, BAGGING_ROWS / max(len(rows), 1))
        parameters = {**self._parameters, "bagging_fraction": share}
        # LightGBM takes an array as well; a list of so many numbers would cost more than it says.
        data = self._data.subset(cast(list[int], rows))
        return lightgbm.train(parameters, data, num_boost_round=rounds)

    def _predict(
        self, model: lightgbm.Booster, rows: NDArray[np.int64], into: NDArray[np.float32]
    ) -> None:
        for start in range(0, len(rows), _ROWS):
            here = rows[start : start + _ROWS]
            into[here] = model.predict(self._values[here], num_threads=1)
