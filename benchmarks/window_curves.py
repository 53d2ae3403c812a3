"""Typical curves of the window's season, made and stored as a run of outliers makes them."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from benchmarks.window_season import Filled
from dias_cbm.db.connection import Connection
from dias_cbm.outliers import explanations, features
from dias_cbm.outliers.curves import members_of, typical_curves
from dias_cbm.outliers.direction_curves import direction_curves
from dias_cbm.outliers.explanations import Explanations


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds.

    :param reading: of the feature matrix, which a run needs anyway.
    :param curves: of all bands, directions joined, and of each band and direction.
    :param number: of curves.
    """

    reading: float
    curves: float
    number: int


def make(connection: Connection, filled: Filled) -> Took:
    """Make and store the curves of every crop; commits."""
    season = filled.season
    started = time.perf_counter()
    matrix = features.load(connection, season.id)
    read = time.perf_counter()
    rows = connection.execute(
        "select status <> 'outlier' as trusted from outlier"
        " join parcel_slot as slot using (season, pid) where run = %s order by slot.blk, slot.pos",
        (filled.run,),
    ).fetchall()
    trusted = np.array([row.trusted for row in rows], bool)
    crops, declared = np.unique(matrix.parcels.crops, return_inverse=True)
    chosen = declared, trusted, len(crops)
    before = time.perf_counter()
    joined = typical_curves(matrix.values, matrix.layout, *chosen)
    apart = direction_curves(
        connection, season.id, matrix.layout.periods, matrix.parcels.blk, members_of(*chosen)
    )
    took = time.perf_counter() - before
    names = [("crop", str(name)) for name in crops]
    made = Explanations(names, matrix.level, joined, apart)
    explanations.store(connection, filled.run, season, made)
    connection.commit()
    number = len(names) * (len(matrix.layout.series) + len(apart))
    return Took(read - started, took, number)
