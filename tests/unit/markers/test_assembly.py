"""Matrices from rows of blocks: by hand, and against a plain parcel-by-parcel reckoning."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.cards import Card
from dias_cbm.markers.assembly import Block, SceneInfo

NAN = float("nan")
STATISTICS = ("level", "middle", "mean", "std", "min", "max", "p25", "p50", "p75")
Row = namedtuple("Row", ("obsid", "band", "count", *STATISTICS), defaults=(None,) * 10)
Scl = namedtuple("Scl", ("obsid", "scl", "count"))


def vector(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def block(size: int, signatures: list[Row], histograms: list[Scl] | None = None) -> Block:
    made = Block(np.arange(size))
    made.add_signatures(signatures)
    made.add_histograms(histograms or [])
    return made


def test_two_tiles_of_a_day() -> None:
    scenes = {
        1: SceneInfo(100, Card.S2, 8, "D"),
        2: SceneInfo(100, Card.S2, 8, "D"),
        3: SceneInfo(95, Card.S2, 51, "D"),
    }
    found = block(
        3,
        [
            Row(1, "B04", vector(9, 9, NAN), vector(0.1, 0.1, NAN), std=vector(0.01, 0.01, NAN)),
            Row(2, "B04", vector(9, 9, 4), vector(0.2, 0.2, 0.2)),
            Row(2, "B08", None, vector(0.6, 0.6, 0.6)),
            # Its array ends before the last parcel.
            Row(3, "B04", vector(9, 9), vector(0.3, 0.3)),
        ],
        [
            Scl(1, 4, vector(9, 4, NAN)),
            Scl(2, 4, vector(5, 8, 1)), Scl(2, 9, vector(4, 0, 1)), Scl(2, 11, vector(0, 1, 2)),
        ],
    ).optical(scenes, ["B04", "B04:std", "NDVI", "NDMI"], (4, 5))  # fmt: skip
    assert found.days.tolist() == [95, 100]
    assert found.obsid.tolist() == [[3, 1], [3, 2], [0, 2]]
    np.testing.assert_array_equal(
        found.values["B04"], np.array([[0.3, 0.1], [0.3, 0.2], [NAN, 0.2]], np.float32)
    )
    np.testing.assert_array_equal(
        found.values["B04:std"], np.array([[NAN, 0.01], [NAN, NAN], [NAN, NAN]], np.float32)
    )
    assert found.values["NDVI"][:, 1].tolist() == pytest.approx([NAN, 0.5, 0.5], nan_ok=True)
    assert "NDMI" not in found.values
    # Without classes a scene is no look.
    np.testing.assert_array_equal(found.clear[:, 0], [NAN] * 3)
    assert found.clear[:, 1].tolist() == pytest.approx([1, 8 / 9, 0.25])
    assert found.snow[:, 1].tolist() == pytest.approx([0, 1 / 9, 0.5])
    np.testing.assert_array_equal(found.pixels, np.array([[9, 9], [9, 9], [NAN, 4]], np.float32))


def test_slices_and_pairs() -> None:
    scenes = {
        1: SceneInfo(100, Card.BS, 44, "D"),
        2: SceneInfo(100, Card.BS, 44, "D"),
        3: SceneInfo(100, Card.BS, 117, "A"),
        4: SceneInfo(106, Card.C6, 44, "D"),
        5: SceneInfo(106, Card.C12, 44, "D"),
    }
    made = block(
        2,
        [
            Row(1, "VV", vector(9, 2), vector(0.1, 0.1)),
            Row(2, "VV", vector(NAN, 7), vector(NAN, 0.2)),
            Row(3, "VV", vector(9, 9), vector(0.3, 0.3)),
            Row(4, "VV", vector(9, 9), vector(0.4, 0.4)),
            Row(5, "VV", vector(9, 9), vector(0.5, 0.5)),
        ],
    )
    radar = made.radar(scenes, ["VH", "VV"])
    columns = zip(radar.days.tolist(), radar.orbit.tolist(), radar.direction.tolist(), strict=True)
    assert list(columns) == [(100, 44, "D"), (100, 117, "A")]
    assert list(radar.values) == ["VV"]
    assert radar.obsid.tolist() == [[1, 3], [2, 3]]
    assert radar.values["VV"].tolist() == np.array([[0.1, 0.3], [0.2, 0.3]], "f4").tolist()
    pairs = made.coherence(scenes, ["VV"])
    assert (pairs.first.tolist(), pairs.last.tolist()) == ([94, 100], [106, 106])
    assert pairs.of_interval(6).obsid.tolist() == [[4], [4]]
    assert made.optical(scenes, ["NDVI"], (4,)).days.shape == (0,)


def test_positions_without_a_parcel_are_left_out() -> None:
    made = Block(np.array([0, 2]))
    made.add_signatures([Row(1, "VV", vector(1, 2, 3), vector(0.1, 0.2, 0.3))])
    radar = made.radar({1: SceneInfo(1, Card.BS, 0, "")}, ["VV"])
    assert radar.values["VV"].tolist() == np.array([[0.1], [0.3]], "f4").tolist()


numbers = st.sampled_from([0.0, 1.0, 2.0, 5.0, NAN])
scene = st.tuples(st.integers(1, 3), st.lists(st.tuples(numbers, numbers, numbers), min_size=2,
                                              max_size=2))  # fmt: skip


@given(st.lists(scene, max_size=6))
def test_equals_a_plain_reckoning(drawn: list[Any]) -> None:
    """Per parcel and day the scene with most clear pixels, the earlier id of equals."""
    scenes = {n: SceneInfo(day, Card.S2, 8, "D") for n, (day, _) in enumerate(drawn, 1)}
    signatures, histograms = [], []
    for n, (_, parcels) in enumerate(drawn, 1):
        count, clear, cloud = (vector(*(p[i] for p in parcels)) for i in range(3))
        signatures.append(Row(n, "B04", count, np.full(2, n, np.float32)))
        histograms += [Scl(n, 4, clear), Scl(n, 9, cloud)]
    found = block(2, signatures, histograms).optical(scenes, ["B04"], (4,))
    days = sorted({day for day, _ in drawn})
    assert found.days.tolist() == days
    for parcel in range(2):
        for column, day in enumerate(days):
            candidates = [
                (np.nan_to_num(values[parcel][1]), -n, values[parcel])
                for n, (when, values) in enumerate(drawn, 1)
                if when == day and not np.isnan(values[parcel][0])
            ]
            if not candidates:
                assert found.obsid[parcel, column] == 0
                assert np.isnan(found.values["B04"][parcel, column])
                continue
            clear, minus, values = max(candidates, key=lambda one: one[:2])
            assert found.obsid[parcel, column] == -minus == found.values["B04"][parcel, column]
            total = clear + np.nan_to_num(values[2])
            expected = clear / total if total else NAN
            assert float(found.clear[parcel, column]) == pytest.approx(expected, nan_ok=True)
