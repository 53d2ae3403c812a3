"""Out-of-fold crop probabilities: a parcel is never scored by a model that trained on it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)

#: LightGBM handles NaN as a separate branch, so missing windows need no filling. One thread, since
#: several are far slower on a small busy machine.
PARAMETERS: dict[str, Any] = {
    "objective": "multiclass",
    "learning_rate": 0.1,
    "num_leaves": 15,
    "min_data_in_leaf": 10,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 20180101,
    "verbosity": -1,
}
ROUNDS = 90

#: Share of the training parcels, the least likely by the first pass, that the second pass leaves
#: out: otherwise wrong declarations would train the model to confirm them.
DOUBTFUL_SHARE = 0.06


@dataclass(frozen=True, slots=True)
class Prediction:
    """Class probabilities of each parcel, by a model that did not train on it.

    :param classes: crops, in the order of the columns.
    :param probability: float64[parcels, classes]; rows sum to 1.
    :param fold: the fold in which each parcel was left out.
    """

    classes: list[str]
    probability: NDArray[np.float64]
    fold: NDArray[np.int64]


def assign_folds(crops: NDArray[Any], folds: int, seed: int) -> NDArray[np.int64]:
    """Deal the parcels of each crop into folds, so that every fold sees every crop.

    :param crops: declared crop of each parcel.
    :returns: fold number of each parcel, 0-based.
    """
    generator = np.random.default_rng(seed)
    fold = np.empty(len(crops), dtype=np.int64)
    for crop in np.unique(crops):
        members = np.flatnonzero(crops == crop)
        start = generator.integers(folds)
        fold[generator.permutation(members)] = (np.arange(len(members)) + start) % folds
    return fold


def predict_out_of_fold(
    features: NDArray[np.float32], crops: NDArray[Any], trainable: NDArray[np.bool_], folds: int
) -> Prediction:
    """Score every parcel with a model that did not train on it, in two passes.

    :param features: [parcels, features]; NaN where nothing was observed.
    :param crops: declared crop of each parcel; text.
    :param trainable: parcels to learn from (a declared crop that is common enough, and data).
    :param folds: models per pass.
    """
    seed = PARAMETERS["seed"]
    classes, label = np.unique(crops[trainable], return_inverse=True)
    target = np.full(len(crops), -1, dtype=np.int64)
    target[trainable] = label
    fold = assign_folds(crops, folds, seed)
    probability = _pass(features, target, trainable, fold, len(classes))
    kept = trainable & ~_doubtful(probability, target, trainable)
    log.info("second pass without %d doubtful parcels", int((trainable & ~kept).sum()))
    probability = _pass(features, target, kept, fold, len(classes))
    return Prediction([str(name) for name in classes], probability, fold)


def _doubtful(
    probability: NDArray[np.float64], target: NDArray[np.int64], trainable: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    members = np.flatnonzero(trainable)
    confidence = probability[members, target[members]]
    worst = members[np.argsort(confidence, kind="stable")[: int(DOUBTFUL_SHARE * len(members))]]
    doubtful = np.zeros(len(target), dtype=bool)
    doubtful[worst] = True
    return doubtful


def _pass(
    features: NDArray[np.float32],
    target: NDArray[np.int64],
    learn: NDArray[np.bool_],
    fold: NDArray[np.int64],
    classes: int,
) -> NDArray[np.float64]:
    probability = np.empty((len(target), classes))
    for number in np.unique(fold):
        left_out = fold == number
        model = _train(features[learn & ~left_out], target[learn & ~left_out], classes)
        probability[left_out] = model.predict(features[left_out])
    return probability


def _train(features: NDArray[np.float32], target: NDArray[np.int64], classes: int) -> Any:
    import lightgbm

    data = lightgbm.Dataset(features, label=target, free_raw_data=True)
    return lightgbm.train({**PARAMETERS, "num_class": classes}, data, num_boost_round=ROUNDS)
