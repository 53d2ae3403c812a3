"""The detectors that are compared, each run over all meadows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.events import Events
from dias_cbm.markers.mowing import MOWING, Mowing, seen
from dias_cbm.markers.mowing_features import NAMES, features
from dias_cbm.markers.mowing_model import MowingModel, Sample
from dias_cbm.markers.mowing_rule import Drops, MowingOptions
from dias_cbm.markers.sequences import Sequences
from dias_cbm_lab.evidence.mowing.meadows import Meadows
from dias_cbm_lab.evidence.mowing.rivals import Forest, Found, force_like, forest_columns, sen4cap
from dias_cbm_lab.evidence.mowing.scoring import Interval

FOLDS = 10
_OPTIONS = MowingOptions()

#: Rows of the first looks after a cut, and their probabilities.
Cuts = tuple[NDArray[np.int64], NDArray[np.floating[Any]]]


class Prepared:
    """The looks of meadows and their features."""

    def __init__(self, meadows: Meadows) -> None:
        self.meadows = meadows
        found = seen(meadows.series, meadows.window, {"minimum_looks": 1}, _OPTIONS)[1]
        self.looks: Sequences = found.looks
        self.drops: Drops = found.drops
        self.site: NDArray[np.int64] = meadows.site[found.looks.parcel]
        self.features = features(found.looks, meadows.series.optical.values)

    def sample(self, chosen: NDArray[np.bool_]) -> Sample:
        """The looks of some of its parcels, with labels."""
        values = self.meadows.series.optical.values
        whole = Sample.of(self.looks, values, self.meadows.mown, _OPTIONS)
        active = self.looks.previous & _OPTIONS.active(self.looks.day)
        mine = chosen[self.looks.parcel[active]]
        return Sample(whole.features[mine], whole.cut[mine])


#: Finds cuts in prepared meadows.
Detector = Callable[[Prepared], Cuts]


def rule(meadows: Sequence[Meadows]) -> Found:
    """The marker as it is shipped."""
    marker = Mowing()
    return [
        intervals
        for one in meadows
        for intervals in _of(marker.run(one.series, one.window, {})[1], len(one.series))
    ]


def sen4cap_mode(meadows: Sequence[Meadows], *, whole_year: bool = False) -> Found:
    """Sen4CAP's optical rule."""
    return [
        intervals for one in meadows for intervals in sen4cap(one.series, whole_year=whole_year)
    ]


def force_mode(meadows: Sequence[Meadows]) -> Found:
    """The FORCE-like detector."""
    return [intervals for one in meadows for intervals in force_like(one.series)]


class Fitted(NamedTuple):
    """A detector that was trained without some sites.

    :param sites: those that it may be used on.
    """

    sites: NDArray[np.int64]
    detector: Detector


def model(
    meadows: Sequence[Meadows], *, trained_on: Sequence[Meadows] | None = None
) -> list[Fitted]:
    """The marker's model, trained on other sites.

    :param trained_on: meadows of other sites; default: those of these meadows, by folds.
    """

    def detector(sample: Sample) -> Detector:
        made = MowingModel.train(sample)
        return lambda one: made.cuts(
            one.looks, one.drops, one.meadows.series.optical.values, _OPTIONS
        )

    return _fitted(detector, meadows, trained_on)


def forest(
    meadows: Sequence[Meadows], *, trained_on: Sequence[Meadows] | None = None
) -> list[Fitted]:
    """A random forest, trained on the same labels of other sites."""
    columns = forest_columns(NAMES)

    def detector(sample: Sample) -> Detector:
        made = Forest(sample.features[:, columns], sample.cut)

        def cuts(one: Prepared) -> Cuts:
            rows = np.flatnonzero(one.looks.previous & _OPTIONS.active(one.looks.day))
            return made.cuts(one.looks, rows, one.features[rows][:, columns])

        return cuts

    return _fitted(detector, meadows, trained_on)


def found_by(fitted: Sequence[Fitted], meadows: Sequence[Meadows]) -> Found:
    """What detectors find, each on the sites that it was trained without.

    :param meadows: those they were trained for, perhaps with fewer observations.
    """
    result: Found = []
    for one in map(Prepared, meadows):
        found: Found = [[] for _ in one.meadows.mown]
        for part in fitted:
            _enter(found, one, part.detector(one), part.sites)
        result += found
    return result


def _fitted(
    trained: Callable[[Sample], Detector],
    meadows: Sequence[Meadows],
    trained_on: Sequence[Meadows] | None,
) -> list[Fitted]:
    every = np.unique(np.concatenate([one.site for one in meadows]))
    prepared = [Prepared(one) for one in (meadows if trained_on is None else trained_on)]
    if trained_on is not None:
        whole = Sample.concat(
            [one.sample(np.ones(len(one.meadows.mown), bool)) for one in prepared]
        )
        return [Fitted(every, trained(whole))]
    parts = np.array_split(np.random.default_rng(0).permutation(every), min(FOLDS, len(every)))
    return [
        Fitted(
            part,
            trained(
                Sample.concat([one.sample(~np.isin(one.meadows.site, part)) for one in prepared])
            ),
        )
        for part in parts
    ]


def _enter(found: Found, one: Prepared, cuts: Cuts, sites: NDArray[np.int64]) -> None:
    """Add the cuts of these sites."""
    day, parcel = one.looks.day, one.looks.parcel
    rows, sureness = cuts
    for row, sure in zip(rows.tolist(), sureness.tolist(), strict=True):
        if one.site[row] in sites:
            found[parcel[row]].append(Interval(int(day[row - 1]), int(day[row]), sure))


def _of(events: Events, parcels: int) -> Found:
    result: Found = [[] for _ in range(parcels)]
    mown = events.select(events.kind == MOWING)
    for parcel, start, end, sure in zip(
        mown.parcel.tolist(), mown.start.tolist(), mown.end.tolist(), mown.confidence.tolist(),
        strict=True,
    ):  # fmt: skip
        result[parcel].append(Interval(start, end, sure))
    return result
