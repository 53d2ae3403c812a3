"""Calibration and noise tables: bilinear by hand, both forms of noise, and real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dias_cbm.card.sar.luts import RangeVectors, read_calibration, read_noise
from dias_cbm.errors import CorruptProduct


def test_bilinear_by_hand() -> None:
    table = RangeVectors(
        np.array([0.0, 10.0]),
        np.array([0.0, 4.0, 8.0]),
        np.array([[1.0, 5.0, 5.0], [3.0, 7.0, 11.0]]),
    )
    block = table.block(5, 2, 2, 4)
    # Line 5 is halfway: vectors (1, 5, 5) and (3, 7, 11) give (2, 6, 8).
    assert block[0] == pytest.approx([4.0, 5.0, 6.0, 6.5])
    assert table.block(-5, 8, 1, 3)[0] == pytest.approx([5.0, 5.0, 5.0])
    assert table.block(99, 8, 1, 1)[0, 0] == pytest.approx(11.0)


def test_blocks_do_not_depend_on_where_they_are_cut() -> None:
    rng = np.random.default_rng(3)
    table = RangeVectors(np.array([0.0, 30, 70]), np.arange(0.0, 101, 20), rng.random((3, 6)))
    whole = table.block(0, 0, 90, 100)
    assert np.array_equal(table.block(17, 33, 40, 21), whole[17:57, 33:54])


def test_old_form_of_noise(tmp_path: Path) -> None:
    file = tmp_path / "noise.xml"
    file.write_text(
        "<noise><noiseVectorList><noiseVector><line>0</line><pixel>0 10</pixel>"
        "<noiseLut>2.0 4.0</noiseLut></noiseVector></noiseVectorList></noise>"
    )
    noise = read_noise(file)
    assert noise.azimuth == ()
    assert noise.block(3, 5, 1, 1)[0, 0] == pytest.approx(3.0)


def test_azimuth_noise_holds_in_its_own_part(tmp_path: Path) -> None:
    file = tmp_path / "noise.xml"
    file.write_text(
        "<noise><noiseRangeVectorList><noiseRangeVector><line>0</line><pixel>0 10</pixel>"
        "<noiseRangeLut>2 2</noiseRangeLut></noiseRangeVector></noiseRangeVectorList>"
        "<noiseAzimuthVectorList><noiseAzimuthVector><firstAzimuthLine>2</firstAzimuthLine>"
        "<firstRangeSample>4</firstRangeSample><lastAzimuthLine>3</lastAzimuthLine>"
        "<lastRangeSample>5</lastRangeSample><line>2 3</line><noiseAzimuthLut>1.5 2.5"
        "</noiseAzimuthLut></noiseAzimuthVector></noiseAzimuthVectorList></noise>"
    )
    block = read_noise(file).block(1, 3, 4, 4)
    expected = np.full((4, 4), 2.0)
    expected[1, 1:3], expected[2, 1:3] = 3.0, 5.0
    assert block == pytest.approx(expected)


@pytest.mark.real_data
def test_real_tables(real_data: Path) -> None:
    (folder,) = (real_data / "s1" / "sarsen_grd").glob("*.SAFE/annotation/calibration")
    gamma = read_calibration(next(folder.glob("calibration-*")))
    noise = read_noise(next(folder.glob("noise-*")))
    # The first numbers of the files, typed off.
    assert gamma.block(0, 40, 1, 1)[0, 0] == pytest.approx(615.4041)
    assert noise.block(0, 40, 1, 1)[0, 0] == pytest.approx(2330.88 * 1.091791)
    assert noise.block(10, 40, 1, 1)[0, 0] == pytest.approx(
        (2330.88 + (2354.034 - 2330.88) * 10 / 668) * 1.094198
    )
    assert len(noise.azimuth) == 3


@pytest.mark.parametrize("bound", ["x", "nan", "1e999"])
def test_a_bound_of_azimuth_noise_that_is_no_number(tmp_path: Path, bound: str) -> None:
    file = tmp_path / "noise.xml"
    file.write_text(
        "<noise><noiseRangeVectorList><noiseRangeVector><line>0</line><pixel>0 10</pixel>"
        "<noiseRangeLut>2 2</noiseRangeLut></noiseRangeVector></noiseRangeVectorList>"
        f"<noiseAzimuthVectorList><noiseAzimuthVector><lastAzimuthLine>{bound}</lastAzimuthLine>"
        "<line>2 3</line><noiseAzimuthLut>1.5 2.5"
        "</noiseAzimuthLut></noiseAzimuthVector></noiseAzimuthVectorList></noise>"
    )
    with pytest.raises(CorruptProduct, match="lastAzimuthLine"):
        read_noise(file)


def test_missing_and_broken_tables(tmp_path: Path) -> None:
    with pytest.raises(CorruptProduct, match="no noise file"):
        read_noise(None)
    file = tmp_path / "calibration.xml"
    file.write_text(
        "<c><calibrationVectorList><calibrationVector><line>0</line><pixel>0 10</pixel>"
        "<gamma>2</gamma></calibrationVector></calibrationVectorList></c>"
    )
    with pytest.raises(CorruptProduct, match=r"calibration\.xml.*does not fit"):
        read_calibration(file)
    file.write_text(file.read_text().replace("<gamma>2<", "<gamma>2 0<"))
    with pytest.raises(CorruptProduct, match="not positive"):
        read_calibration(file)
