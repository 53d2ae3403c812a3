"""Blocks as rows: parcels, holes, and blocks of a length that is not that of their parcels."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from dias_cbm.export.unfolded import Pids, Unfolded, flat

NAN = float("nan")
#: Block 1 has no parcel at its second position.
PIDS = Pids(
    {
        1: (pa.array(["a", "c"]), np.array([0, -1, 1], np.int32)),
        2: (pa.array(["d", "e"]), np.array([0, 1], np.int32)),
    }
)


def row(blk: int, *count: float) -> SimpleNamespace:
    return SimpleNamespace(blk=blk, count=np.array(count, np.float32))


def unfolded(*rows: SimpleNamespace) -> Unfolded:
    counts = flat(list(rows), "count")
    return Unfolded(list(rows), ~np.isnan(counts), [len(one.count) for one in rows], PIDS)


@pytest.mark.parametrize(
    ("rows", "pids", "counts"),
    [
        ([row(1, 5, NAN, 7)], ["a", "c"], [5, 7]),
        ([row(1, 5, 6, 7)], ["a", "c"], [5, 7]),
        ([row(2, 1, 2), row(1, NAN, NAN, 3), row(2, NAN, 4)], ["d", "e", "c", "e"], [1, 2, 3, 4]),
        ([row(1, 5)], ["a"], [5]),
        ([row(2, 1, 2, 3)], ["d", "e"], [1, 2]),
        ([row(1, 5), row(1, 6, 7, 8), row(1, 9)], ["a", "a", "c", "a"], [5, 6, 8, 9]),
        ([row(2, NAN, NAN)], [], []),
    ],
    ids=["outside", "no parcel", "several", "shorter", "longer", "of two lengths", "nothing"],
)
def test_a_row_for_every_parcel_with_data(
    rows: list[SimpleNamespace], pids: list[str], counts: list[float]
) -> None:
    found = unfolded(*rows)
    assert found.pid.to_pylist() == pids
    assert found.values("count").tolist() == counts
    numbers = found.repeated([None if one.blk == 2 else one.blk for one in rows], pa.int32())
    assert numbers.to_pylist() == [None if pid in "de" else 1 for pid in pids]
    assert found.same("x").to_pylist() == ["x"] * len(pids)
