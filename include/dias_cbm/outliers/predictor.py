"""The models of a run, asked again: probabilities of changed parcels, each out of its fold."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.explain import Predict

_TREES = "trees, fold "


def tree_predictor(models: Mapping[str, bytes], fold: NDArray[np.integer]) -> Predict | None:
    """The boosted trees of a run as a function for occlusion; None if the run has none.

    Networks are left out, even where they have a vote in the score: their inputs cost far more.

    :param models: name and content, as ``Scores.models`` and the table ``outlier_model`` hold them.
    :param fold: fold of every parcel of the season's matrix.
    """
    import lightgbm

    boosters = {
        int(name.removeprefix(_TREES)): lightgbm.Booster(model_str=zlib.decompress(text).decode())
        for name, text in models.items()
        if name.startswith(_TREES)
    }
    if not boosters:
        return None

    def predict(values: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.floating]:
        probability: NDArray[np.floating] | None = None
        for number in np.unique(fold[rows]).tolist():
            here = fold[rows] == number
            found = np.asarray(boosters[number].predict(values[here], num_threads=1))
            if probability is None:
                probability = np.empty((len(values), found.shape[1]), np.float32)
            probability[here] = found
        if probability is None:
            raise ValueError("no parcel to predict")
        return probability

    return predict
