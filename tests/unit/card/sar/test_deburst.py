"""Bursts of a pair: which are common, and which part of the image each gives."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT, Annotation, read_annotation
from dias_cbm.card.sar.bursts import BurstPair, common_bursts, mid_time, valid_lines, valid_samples
from dias_cbm.card.sar.deburst import UsedSwath, parts
from dias_cbm_lab.level1.slc_annotation import SWATHS, Pass, annotation, cut, displaced

PASS = Pass(np.datetime64("2021-04-07T05:30:00"), 37361, 9.5, 56.2)


@pytest.fixture(scope="module")
def swaths(tmp_path_factory: pytest.TempPathFactory) -> list[Annotation]:
    folder = tmp_path_factory.mktemp("annotation")
    return [read(folder, annotation(PASS, replace(one, bursts=3), "VV")) for one in SWATHS]


def read(folder: Path, content: bytes) -> Annotation:
    file = folder / "s1a-iw1-slc-vv.xml"
    file.write_bytes(content)
    return read_annotation(file)


def test_valid_samples_and_lines(swaths: list[Annotation]) -> None:
    burst = swaths[0].bursts[0]
    assert valid_lines(burst) == (15, 385)
    valid = valid_samples(burst)
    assert valid[0].tolist() == [0, 0]
    assert valid[15].tolist() == valid[384].tolist() == [30, 1170]


def test_parts_meet_and_do_not_overlap(swaths: list[Annotation]) -> None:
    near, far = parts([UsedSwath(image, [0, 1, 2]) for image in swaths])
    for image, of_swath in zip(swaths, (near, far), strict=True):
        for one, other in pairwise(of_swath):
            assert one.stop == other.start
        # In the middle of 70 common lines: 35 after the second burst's first valid one.
        start = image.bursts[1].azimuth_time
        assert of_swath[0].stop == pytest.approx(start + 50 * image.line_interval, abs=1e-6)
    assert {one.far for one in near} == {one.near for one in far}
    # 140 samples in common, 1030 to 1170 of the first swath.
    middle = swaths[0].slant_range_time + 1100 / swaths[0].range_sampling_rate
    assert near[0].far == pytest.approx(middle * SPEED_OF_LIGHT / 2, abs=0.1)


def test_beside_a_burst_that_is_not_used_a_part_ends_where_its_samples_do(
    swaths: list[Annotation],
) -> None:
    image = swaths[0]
    first, last = parts([UsedSwath(image, [0, 2])])[0]
    assert first.stop == pytest.approx(
        image.bursts[0].azimuth_time + 385 * image.line_interval, abs=1e-9
    )
    assert last.start > first.stop


def named(pairs: list[BurstPair], identifiers: list[int | None]) -> list[BurstPair]:
    return [one._replace(identifier=i) for one, i in zip(pairs, identifiers, strict=True)]


def test_common_bursts_by_geometry_and_by_identifier(swaths: list[Annotation]) -> None:
    reference = swaths[0]
    seen = np.array([mid_time(reference, k) for k in range(3)])
    every = [BurstPair(0, 0), BurstPair(1, 1), BurstPair(2, 2)]
    known = [burst.burst_id for burst in reference.bursts]
    assert common_bursts(reference, reference, seen) == named(every, known)
    silent = replace(reference, bursts=[replace(one, burst_id=None) for one in reference.bursts])
    assert common_bursts(silent, reference, seen) == every
    # The secondary begins one burst later.
    later = replace(reference, bursts=reference.bursts[1:])
    fewer = [BurstPair(1, 0), BurstPair(2, 1)]
    assert common_bursts(reference, later, seen) == named(fewer, known[1:])
    assert common_bursts(silent, later, seen) == fewer
    # Not synchronised, but of the same ground; from half of the 300 lines between bursts on, the
    # next one is nearer.
    assert common_bursts(silent, silent, seen + 140 * reference.line_interval) == every
    assert common_bursts(silent, silent, seen + 160 * reference.line_interval) == [
        BurstPair(0, 1),
        BurstPair(1, 2),
    ]
    assert common_bursts(silent, replace(silent, bursts=silent.bursts[:1]), seen) == every[:1]
    other = [replace(one, burst_id=(one.burst_id or 0) + 7) for one in reference.bursts]
    assert common_bursts(reference, replace(reference, bursts=other), seen) == []


def test_a_cut_annotation_keeps_its_geometry(tmp_path: Path) -> None:
    whole = annotation(PASS, replace(SWATHS[0], bursts=3), "VV")
    before, after = read(tmp_path, whole), read(tmp_path, cut(whole, range(1, 3), range(100, 600)))
    assert (after.lines, after.samples, len(after.bursts)) == (800, 500, 2)
    assert after.bursts[0].azimuth_time == before.bursts[1].azimuth_time == after.first_line_time
    assert valid_samples(after.bursts[0])[100].tolist() == [0, 500]
    assert after.grid.line.tolist() == (before.grid.line - 400).tolist()
    assert after.grid.sample.tolist() == (before.grid.sample - 100).tolist()
    moved = read(tmp_path, displaced(whole, 150.0, 0.43))
    shift = moved.state_vectors.positions - before.state_vectors.positions
    assert np.linalg.norm(shift, axis=1) == pytest.approx(150, abs=1e-3)
    later = moved.bursts[0].azimuth_time - before.bursts[0].azimuth_time
    assert later == pytest.approx(0.43 * before.line_interval, abs=1e-8)
