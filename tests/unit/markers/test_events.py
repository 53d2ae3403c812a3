"""States and events as arrays: select, sort, concat against lists of tuples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.markers.events import Events, Reason, States, Status

Row = tuple[int, str, int, int, int]


def events(rows: list[Row], evidence: int = 0, **values: Any) -> Events:
    columns = [[row[i] for row in rows] for i in range(5)]
    return Events(
        parcel=np.array(columns[0], np.int32),
        kind=np.array(columns[1], dtype="U12"),
        start=np.array(columns[2], np.int32),
        end=np.array(columns[3], np.int32),
        best=np.array(columns[4], np.int32),
        confidence=np.full(len(rows), 0.5, np.float32),
        before=np.arange(len(rows), dtype=np.int32),
        after=np.arange(len(rows), dtype=np.int32) + 1,
        evidence=np.full((len(rows), evidence), 7, np.int32),
        values=values,
    )


def rows_of(found: Events) -> list[Row]:
    columns = found.parcel, found.kind, found.start, found.end, found.best
    return list(zip(*(column.tolist() for column in columns), strict=True))


row = st.tuples(
    st.integers(0, 3), st.sampled_from(["mowing", "ploughing"]), st.integers(0, 9),
    st.integers(10, 20), st.integers(9, 12),
)  # fmt: skip


@given(st.lists(row, max_size=12))
def test_sort(rows: list[Row]) -> None:
    expected = sorted(rows, key=lambda one: (one[0], one[2], one[4], one[1]))
    key = [(one[0], one[2], one[4], one[1]) for one in rows_of(events(rows).sort())]
    assert key == [(one[0], one[2], one[4], one[1]) for one in expected]
    assert sorted(rows_of(events(rows).sort())) == sorted(rows)


@given(st.lists(st.lists(row, max_size=5), max_size=4), st.data())
def test_concat_and_select(lists: list[list[Row]], data: st.DataObject) -> None:
    joined = Events.concat([events(rows, width) for width, rows in enumerate(lists)])
    every = [one for rows in lists for one in rows]
    assert rows_of(joined) == every
    assert joined.evidence.shape[0] == len(every)
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=len(every), max_size=len(every))))
    kept = joined.select(keep.astype(bool))
    assert rows_of(kept) == [one for one, yes in zip(every, keep, strict=True) if yes]


def test_concat_fills_what_one_part_lacks() -> None:
    one = events(
        [(0, "mowing", 1, 5, 4)], 2, drop=np.array([0.2], np.float32), cuts=np.array([3], np.int32)
    )
    two = events([(1, "bare", 1, 9, 5)], 1, provisional=np.array([True]), note=np.array(["wet"]))
    joined = Events.concat([one, Events.none(), two])
    assert joined.evidence.tolist() == [[7, 7], [7, 0]]
    np.testing.assert_array_equal(joined.values["drop"], np.array([0.2, np.nan], np.float32))
    np.testing.assert_array_equal(joined.values["cuts"], [3, np.nan])
    assert joined.values["provisional"].tolist() == [False, True]
    assert joined.values["note"].tolist() == ["", "wet"]
    assert len(Events.concat([])) == len(Events.none()) == 0


def test_states_answer_every_parcel() -> None:
    states = States.blank(3)
    assert states.status.tolist() == [Status.NOT_VALID] * 3
    states.confidence[:] = 0.9
    states.not_executed(np.array([True, False, False]), Reason.TOO_SMALL)
    states.not_executed(np.array([True, True, False]), Reason.SNOW)
    assert states.status.tolist() == [Status.NOT_EXECUTED, Status.NOT_EXECUTED, Status.NOT_VALID]
    assert states.reason.tolist() == [Reason.TOO_SMALL, Reason.SNOW, Reason.NONE]
    assert states.confidence.tolist() == pytest.approx([np.nan, np.nan, 0.9], nan_ok=True)
    assert len(states) == 3
