"""Model of mowing, trained on dated cuts: for each clear look, how likely a cut came just before.

A label is the first clear look on or after a dated cut. Three opinions are averaged: of boosters of
randomised trees that differ in their seed, of a linear model, and of the rule with its measured
odds. With few hundred labels they err on different looks, and the rule holds where the labels are
from elsewhere. Looks a few days apart share a cut: their probabilities add up. No model is shipped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.errors import MarkerError
from dias_cbm.markers.mowing_features import NAMES, features
from dias_cbm.markers.mowing_line import Line
from dias_cbm.markers.mowing_odds import probability
from dias_cbm.markers.mowing_rule import Drops, MowingOptions, cuts
from dias_cbm.markers.sequences import Sequences, strongest_apart
from dias_cbm.small_file import small_file

PARAMETERS: Mapping[str, Any] = {
    "objective": "binary", "learning_rate": 0.04, "num_leaves": 10, "min_data_in_leaf": 20,
    "feature_fraction": 0.3, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5.0,
    "extra_trees": True, "deterministic": True, "force_row_wise": True, "num_threads": 1,
    "verbosity": -1,
}  # fmt: skip
ROUNDS = 200
SEEDS = (0, 1, 2)
#: Least probability of a cut, of the look itself and of the looks around it together.
LEAST_OF_LOOK, LEAST = 0.1, 0.34
#: Days around a look whose probabilities add up to it; so many looks are at most in them.
_SHARED_DAYS, _SHARED_LOOKS = 8, 4
#: Probability by the sum of the looks', as it came true by folds of sites.
_SUMS, _TRUE = (0.34, 0.75, 0.9, 0.95, 1.0), (0.58, 0.73, 0.86, 0.97, 0.98)
#: Fewest dated cuts to train on.
FEWEST_LABELS = 30

#: Bytes of the largest model.
_LARGEST = 256 << 20
_FORMAT = "mowing 2"


@dataclass(frozen=True, slots=True)
class Sample:
    """Looks to train on.

    :param features: float32[k, f].
    :param cut: bool[k], whether it is the first after a cut.
    """

    features: NDArray[np.float32]
    cut: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        looks: Sequences,
        values: Mapping[str, NDArray[np.float32]],
        dated: Sequence[Sequence[int]],
        options: MowingOptions,
    ) -> Sample:
        """The looks of parcels whose cuts are dated.

        :param dated: days of the cuts of each of the n parcels; none: it was not mown.
        """
        label = np.zeros(len(looks), bool)
        first = np.searchsorted(looks.parcel, np.arange(len(dated) + 1))
        for parcel, mown in enumerate(dated):
            days = looks.day[first[parcel] : first[parcel + 1]]
            place = np.searchsorted(days, np.unique(mown)) if len(mown) else np.empty(0, np.int64)
            label[first[parcel] + place[place < len(days)]] = True
        active = looks.previous & options.active(looks.day)
        return cls(features(looks, values)[active], label[active])

    @classmethod
    def concat(cls, parts: Sequence[Sample]) -> Sample:
        """All looks of several samples."""
        return cls(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.cut for part in parts]),
        )


def _may_follow_a_cut(looks: Sequences, drops: Drops, options: MowingOptions) -> NDArray[np.bool_]:
    """Which looks may be the first after a cut: some green or moisture was lost."""
    lost = (drops.ndmi > 0) | (drops.ndvi > 0)
    return looks.previous & lost & options.active(looks.day)


@dataclass(frozen=True, slots=True)
class MowingModel:
    """A trained model.

    :param boosters: of LightGBM.
    :param line: the linear part.
    :param labels: dated cuts that it was trained on.
    """

    boosters: tuple[Any, ...]
    line: Line
    labels: int

    @classmethod
    def train(cls, sample: Sample) -> MowingModel:
        """Train on looks with labels.

        :raises MarkerError: there are too few dated cuts.
        """
        import lightgbm

        labels = int(sample.cut.sum())
        if labels < FEWEST_LABELS:
            raise MarkerError(
                f"{labels} dated cuts are too few to train on",
                subject="mowing model",
                hint=f"give {FEWEST_LABELS} or more, or use the rule",
            )
        boosters = []
        for seed in SEEDS:
            data = lightgbm.Dataset(sample.features, label=sample.cut.astype(np.float32))
            boosters.append(lightgbm.train({**PARAMETERS, "seed": seed}, data, ROUNDS))
        return cls(tuple(boosters), Line.fit(sample.features, sample.cut), labels)

    def cuts(
        self,
        looks: Sequences,
        drops: Drops,
        values: Mapping[str, NDArray[np.float32]],
        options: MowingOptions,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rows int64[m] of the first looks after a cut, and their probability float32[m]."""
        alone = np.zeros(len(looks))
        rows = np.flatnonzero(_may_follow_a_cut(looks, drops, options))
        if len(rows):
            inputs = features(looks, values)[rows]
            trees = np.mean([one.predict(inputs) for one in self.boosters], axis=0)
            ruled = np.zeros(len(looks))
            by_rule = cuts(looks, drops, options)
            ruled[by_rule] = probability(drops.ndmi[by_rule], drops.days[by_rule])
            alone[rows] = (trees + self.line.predict(inputs) + ruled[rows]) / 3
        around = np.nansum(looks.near(alone, _SHARED_DAYS, _SHARED_LOOKS), axis=0)
        together = np.minimum(alone + around, 1)
        rows = np.flatnonzero((alone > LEAST_OF_LOOK) & (together >= LEAST))
        kept = strongest_apart(looks.parcel[rows], looks.day[rows], alone[rows], options.apart)
        rows = rows[kept]
        return rows, np.interp(together[rows], _SUMS, _TRUE).astype(np.float32)

    def save(self, file: Path) -> None:
        """Write it as JSON."""
        content = {
            "format": _FORMAT,
            "features": NAMES,
            "labels": self.labels,
            "line": self.line.as_json(),
            "boosters": [one.model_to_string() for one in self.boosters],
        }
        file.write_text(json.dumps(content))


def load(file: Path) -> tuple[MowingModel, str]:
    """A model that was saved, and the first eight digits of its file's hash.

    :raises MarkerError: it cannot be read, or was made with other features.
    """
    from lightgbm import Booster
    from lightgbm.basic import LightGBMError

    try:
        text = small_file(file, _LARGEST)
        content = json.loads(text)
        if content["format"] != _FORMAT or tuple(content["features"]) != NAMES:
            raise MarkerError("is a model of another version", subject=file, hint="train it again")
        boosters = tuple(Booster(model_str=one) for one in content["boosters"])
        line = Line.of_json(content["line"], len(NAMES))
        return MowingModel(boosters, line, int(content["labels"])), sha256(text).hexdigest()[:8]
    except (OSError, ValueError, KeyError, TypeError, LightGBMError) as error:
        raise MarkerError(
            f"is not a model of mowing: {error}", subject=file, hint="see cbm markers train"
        ) from error
