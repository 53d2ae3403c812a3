"""Assembly: from a block's rows of signatures and histograms to matrices of parcels by dates.

Two optical scenes of one day (two tiles, or two orbits) make one column: each parcel has the scene
in which more of its pixels are clear. Two radar scenes of one pass are slices: each parcel has the
one that covers more of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.cards import PAIR_OF_CARD, Card
from dias_cbm.markers import indices
from dias_cbm.markers.series import Coherence, Matrix, Optical, Radar

SNOW_CLASS = 11

Vector = NDArray[np.float32]
Links = Mapping[tuple[int, int], tuple[NDArray[np.int64], NDArray[np.int64]]]


@dataclass(frozen=True, slots=True)
class SceneInfo:
    """What the ledger knows of a scene.

    :param day: of sensing in UTC, since 1970-01-01; of a pair, the later day.
    :param orbit: relative orbit; 0 if not known.
    :param direction: A or D; empty if not known.
    """

    day: int
    card: Card
    orbit: int
    direction: str


@dataclass(slots=True)
class SceneValues:
    """The values of one scene in a block of n parcels.

    :param count: valid pixels, float32[n]; NaN outside of the scene.
    :param values: by name, float32[n].
    :param classes: SCL class -> pixels, float32[n]; NaN outside of the scene.
    """

    count: Vector
    values: dict[str, Vector] = field(default_factory=dict)
    classes: dict[int, Vector] = field(default_factory=dict)


class Block:
    """Collects the rows of one block.

    :param place: position in the block's arrays of each of the n parcels, from 0.
    """

    def __init__(self, place: NDArray[np.int64]) -> None:
        self._place = place
        self._length = int(place.max()) + 1 if len(place) else 0
        self._plain = bool((place == np.arange(len(place))).all())
        self._scenes: dict[int, SceneValues] = {}

    def add_signatures(self, rows: Iterable[Any]) -> None:
        """Rows with ``obsid``, ``band``, ``count``, ``level`` or ``middle``, and other statistics.

        An array that was not read is None.
        """
        for row in rows:
            scene = self._scene(row.obsid)
            if row.count is not None:
                scene.count = self._fit(row.count)
            for name, array in _arrays(row):
                scene.values[name] = self._fit(array)

    def add_histograms(self, rows: Iterable[Any]) -> None:
        """Rows with ``obsid``, ``scl`` and ``count``."""
        for row in rows:
            self._scene(row.obsid).classes[row.scl] = self._fit(row.count)

    def add_margin(
        self, signatures: Iterable[Any], histograms: Iterable[Any], links: Links
    ) -> None:
        """Rows of other seasons' blocks, as above with ``season`` and ``other``: season and block.

        :param links: of this block: see :mod:`dias_cbm.markers.margins`.
        """
        index = np.full(self._length, -1, np.int64)
        index[self._place] = np.arange(len(self._place))
        targets = {key: (index[here], there) for key, (here, there) in links.items()}
        for row in signatures:
            scene, target = self._scene(row.obsid), targets[row.season, row.other]
            if row.count is not None:
                _fill(scene.count, row.count, target)
            for name, array in _arrays(row):
                _fill(scene.values.setdefault(name, self._nothing()), array, target)
        for row in histograms:
            classes = self._scene(row.obsid).classes
            target = targets[row.season, row.other]
            _fill(classes.setdefault(row.scl, self._nothing()), row.count, target)

    def _nothing(self) -> Vector:
        return np.full(len(self._place), np.nan, np.float32)

    def _scene(self, obsid: int) -> SceneValues:
        if obsid not in self._scenes:
            self._scenes[obsid] = SceneValues(self._nothing())
        return self._scenes[obsid]

    def _fit(self, array: NDArray[Any]) -> Vector:
        """The parcels of an array; it may end before the last of them."""
        if len(array) < self._length:
            array = np.pad(
                array.astype(np.float32), (0, self._length - len(array)), constant_values=np.nan
            )
        return array[: self._length] if self._plain else array[self._place]

    def _of(self, scenes: Mapping[int, SceneInfo], cards: Sequence[Card]) -> list[int]:
        """Scenes of some cards, by day."""
        mine = [obsid for obsid in self._scenes if scenes[obsid].card in cards]
        return sorted(mine, key=lambda obsid: (scenes[obsid].day, obsid))

    def optical(
        self,
        scenes: Mapping[int, SceneInfo],
        names: Iterable[str],
        clear_classes: Sequence[int],
    ) -> Optical:
        """The optical series, with the indices that can be computed.

        :param scenes: of every id among the rows.
        :param names: bands, statistics of bands and indices.
        """
        names = list(names)
        obsids = self._of(scenes, [Card.S2])
        wanted = list(dict.fromkeys([*names, *(b for n in names for b in indices.bands_of(n))]))
        columns = _Columns([scenes[obsid].day for obsid in obsids], len(self._place))
        present = [name for name in wanted if any(name in self._scenes[o].values for o in obsids)]
        matrices = {name: columns.matrix() for name in present}
        pixels, clear, snow = columns.matrix(), columns.matrix(), columns.matrix()
        for obsid in obsids:
            scene, column = self._scenes[obsid], columns.index[scenes[obsid].day]
            total, seen, snowy = _classes(scene.classes, clear_classes, len(self._place))
            better = columns.take(column, obsid, scene.count, seen)
            with np.errstate(divide="ignore", invalid="ignore"):
                _put(clear, column, better, seen / total)
                _put(snow, column, better, snowy / total)
            _put(pixels, column, better, scene.count)
            for name, matrix in matrices.items():
                if name in scene.values:
                    _put(matrix, column, better, scene.values[name])
                else:
                    matrix[column, better] = np.nan
        values = {name: _by_parcel(matrix) for name, matrix in matrices.items()}
        computed = indices.with_indices(values, names)
        return Optical(
            days=np.array(columns.keys, np.int32),
            values={name: computed[name] for name in wanted if name in computed},
            clear=_by_parcel(clear),
            pixels=_by_parcel(pixels),
            snow=_by_parcel(snow),
            obsid=_by_parcel(columns.obsid),
        )

    def radar(self, scenes: Mapping[int, SceneInfo], names: Iterable[str]) -> Radar:
        """The backscatter series; see :meth:`optical`."""
        obsids = self._of(scenes, [Card.BS])
        keys = {o: (scenes[o].day, scenes[o].orbit, scenes[o].direction) for o in obsids}
        columns, values = self._passes(keys, names)
        days, orbits, directions = zip(*columns.keys, strict=True) if columns.keys else ((),) * 3
        return Radar(
            np.array(days, np.int32),
            np.array(orbits, np.int32),
            np.array(directions, "U1"),
            values,
            _by_parcel(columns.obsid),
        )

    def coherence(self, scenes: Mapping[int, SceneInfo], names: Iterable[str]) -> Coherence:
        """The coherence series of all pairs; see :meth:`optical`."""
        obsids = self._of(scenes, list(PAIR_OF_CARD))
        keys = {
            o: (one.day, one.day - PAIR_OF_CARD[one.card].days, one.orbit)
            for o in obsids
            for one in [scenes[o]]
        }
        columns, values = self._passes(keys, names)
        last, first, orbits = zip(*columns.keys, strict=True) if columns.keys else ((),) * 3
        return Coherence(
            np.array(first, np.int32),
            np.array(last, np.int32),
            values,
            _by_parcel(columns.obsid),
            np.array(orbits, np.int32),
        )

    def _passes(
        self, keys: Mapping[int, Any], names: Iterable[str]
    ) -> tuple[_Columns, dict[str, Matrix]]:
        columns = _Columns(list(keys.values()), len(self._place))
        present = [name for name in names if any(name in self._scenes[o].values for o in keys)]
        matrices = {name: columns.matrix() for name in present}
        for obsid, key in keys.items():
            scene, column = self._scenes[obsid], columns.index[key]
            better = columns.take(column, obsid, scene.count, np.nan_to_num(scene.count))
            for name, matrix in matrices.items():
                if name in scene.values:
                    _put(matrix, column, better, scene.values[name])
                else:
                    matrix[column, better] = np.nan
        return columns, {name: _by_parcel(matrix) for name, matrix in matrices.items()}


class _Columns:
    """Columns of matrices, each filled by the best scene of each parcel.

    :param keys: of the columns, in order.
    :param index: key -> column.
    """

    def __init__(self, keys: Iterable[Any], parcels: int) -> None:
        self.keys = sorted(set(keys))
        self.index = {key: column for column, key in enumerate(self.keys)}
        self.obsid = np.zeros((len(self.keys), parcels), np.int32)
        self._best = np.full((len(self.keys), parcels), -1, np.float32)

    def matrix(self) -> Matrix:
        """A matrix of NaN, by column and parcel."""
        return np.full(self.obsid.shape, np.nan, np.float32)

    def take(self, column: int, obsid: int, count: Vector, merit: Vector) -> NDArray[np.bool_]:
        """Enter a scene where it is the best so far; returns where: bool[n]."""
        better = ~np.isnan(count) & (merit > self._best[column])
        self.obsid[column, better] = obsid
        self._best[column, better] = merit[better]
        return better


def _arrays(row: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays of a row of signatures that were read, by the name of their values."""
    for name in ("level", "middle", "mean", "std", "min", "max", "p25", "p50", "p75"):
        array = getattr(row, name)
        if array is not None:
            yield row.band if name in ("level", "middle") else f"{row.band}:{name}", array


def _fill(
    values: Vector, array: NDArray[Any], target: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> None:
    """Take values over from an array of another block; it may end before the last of them."""
    here, there = target
    inside = there < len(array)
    values[here[inside]] = array[there[inside]]


def _put(matrix: Matrix, column: int, where: NDArray[np.bool_], values: Vector) -> None:
    np.copyto(matrix[column], values, where=where)


def _by_parcel(matrix: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(matrix.T)


def _classes(
    classes: Mapping[int, Vector], clear_classes: Sequence[int], parcels: int
) -> tuple[Vector, Vector, Vector]:
    """Pixels of all classes, of clear ones, and of snow."""
    total, clear = np.zeros(parcels, np.float32), np.zeros(parcels, np.float32)
    snow = np.zeros(parcels, np.float32)
    for number, count in classes.items():
        pixels = np.nan_to_num(count)
        total += pixels
        if number in clear_classes:
            clear += pixels
        if number == SNOW_CLASS:
            snow += pixels
    return total, clear, snow
