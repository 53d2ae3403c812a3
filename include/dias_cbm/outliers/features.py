"""The input of the outlier step: a season's parcels, their feature matrix and its coverage.

The means are read one block of parcels at a time, directly into the rows of the matrix.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import array_cursor
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData
from dias_cbm.outliers.layout import Layout
from dias_cbm.outliers.matrix import Matrix, Means

# Rows of means fetched at a time: 4 MB.
_FETCH = 500


@dataclass(frozen=True, slots=True)
class Parcels:
    """The parcels of a season, in slot order.

    :param blk: block of each parcel.
    :param crops: declared crop, empty text for none.
    :param holding: empty text for none; None if no attribute names the holding.
    """

    pids: list[str]
    blk: NDArray[np.int64]
    crops: NDArray[np.str_]
    area_ha: NDArray[np.float64]
    holding: NDArray[np.str_] | None


@dataclass(frozen=True, slots=True)
class Features:
    """The input of the model, with measures of its coverage.

    :param layout: the columns of the matrix.
    :param values: float32[parcels, columns], parcels in slot order; a large one is mapped to a
        temporary file.
    :param level: float32[series, windows]; added to the windows it gives values in dB, coherence
        and reflectance again.
    :param observations: observations per parcel, over all cards; those of a window in which no
        band has a value do not count.
    :param longest_gap: per parcel, the longest run of windows without any observation.
    """

    parcels: Parcels
    layout: Layout
    values: NDArray[np.float32]
    level: NDArray[np.float32]
    observations: NDArray[np.int64]
    longest_gap: NDArray[np.int64]


def load(connection: Connection, season: int, holding: str | None = None) -> Features:
    """Read the parcels and the five-day means of a season.

    :param season: id of the season.
    :param holding: attribute of the parcels that names their holding.
    :raises NotEnoughData: no parcels, no means, or no parcel has the attribute.
    """
    parcels = read_parcels(connection, season, holding)
    found, periods = read_means(connection, season)
    size = len(parcels.pids)
    matrix = Matrix(found, periods, size)
    observations = np.zeros(size, np.int64)
    longest_gap = np.full(size, len(periods), np.int64)
    for here, means, seen in _blocks(connection, season, matrix, parcels.blk):
        seen = np.where(matrix.add(here, means), seen, 0)
        observations[here] = seen.sum(axis=0)
        longest_gap[here] = longest_run(seen.T == 0)
    level = matrix.complete()
    return Features(parcels, matrix.layout, matrix.values, level, observations, longest_gap)


def read_parcels(connection: Connection, season: int, holding: str | None = None) -> Parcels:
    """The parcels of a season.

    :param holding: attribute of the parcels that names their holding.
    :raises NotEnoughData: the season has no parcels, or none of them has the attribute.
    """
    values = {"season": season, "holding": holding}
    with connection.cursor(binary=True) as cursor:
        blocks = cursor.execute(query("outliers/parcels"), values).fetchall()
    if not blocks:
        raise NotEnoughData("no parcels", subject=f"season {season}", hint="cbm parcels load")
    holdings = np.concatenate([block.holdings for block in blocks])
    if holding is not None and not (holdings != "").any():
        raise NotEnoughData(
            f"no parcel has the attribute {holding!r}",
            subject="outliers.holding_attribute",
            hint="name an attribute of the parcel file, or remove the setting",
        )
    return Parcels(
        pids=list(chain.from_iterable(block.pids for block in blocks)),
        blk=np.repeat([block.blk for block in blocks], [len(block.pids) for block in blocks]),
        crops=np.concatenate([block.crops for block in blocks]),
        area_ha=np.concatenate([block.area_m2 for block in blocks]) / 1e4,
        holding=None if holding is None else holdings,
    )


def read_means(connection: Connection, season: int) -> tuple[list[Means], range]:
    """Which five-day means a season has, and their windows from the first to the last.

    :raises NotEnoughData: none.
    """
    found = connection.execute(query("outliers/series"), {"season": season}).fetchall()
    used = [Means(row.card, row.band, row.direction) for row in found if row.used]
    if not used:
        raise NotEnoughData(
            "no five-day means", subject=f"season {season}", hint="extract scenes first"
        )
    return used, range(min(row.first for row in found), max(row.last for row in found) + 1)


def _blocks(
    connection: Connection, season: int, matrix: Matrix, blk: NDArray[np.int64]
) -> Iterator[tuple[slice, NDArray[Any], NDArray[Any]]]:
    """For each block its rows in the matrix, its means and its observations.

    :param blk: block of every parcel, in slot order.
    """
    numbers, starts, sizes = np.unique(blk, return_index=True, return_counts=True)
    place = {
        number: slice(start, start + size)
        for number, start, size in zip(
            numbers.tolist(), starts.tolist(), sizes.tolist(), strict=True
        )
    }
    with array_cursor(connection, "outliers/means", fetch=_FETCH) as cursor:
        cursor.execute(query("outliers/means"), {"season": season})
        for number, rows in groupby(cursor, attrgetter("blk")):
            here = place[number]
            yield here, *matrix.gather(rows, here.stop - here.start)


def longest_run(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Length of the longest run of True in each row."""
    longest = np.zeros(len(flags), dtype=np.int64)
    current = np.zeros(len(flags), dtype=np.int64)
    for column in flags.T:
        current = np.where(column, current + 1, 0)
        longest = np.maximum(longest, current)
    return longest
