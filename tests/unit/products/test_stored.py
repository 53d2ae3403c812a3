"""Numbers as files hold them, and the blocks that are laid on a product."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dias_cbm.products.writers import layer as layers
from dias_cbm.products.writers.layer import Layer
from dias_cbm.products.writers.stored import runs_above_zero, stored


@given(
    values=hnp.arrays(np.float32, (3, 7), elements=st.floats(width=32)),
    nodata=st.floats(width=32, allow_nan=False),
)
def test_numbers_are_big_endian_and_nan_is_nodata(values: np.ndarray, nodata: float) -> None:
    found = np.empty(values.shape, np.uint32)
    stored(values, nodata, found)
    expected = np.where(np.isnan(values), np.float32(nodata), values)
    assert found.tobytes() == expected.astype(">f4").tobytes()


def test_a_part_of_an_image_is_stored_as_a_whole_one() -> None:
    values = np.random.default_rng(1).random((8, 9), np.float32)
    found = np.empty((4, 3), np.uint32)
    stored(values[1:5, 2:8:2], 0.0, found)
    assert found.tobytes() == values[1:5, 2:8:2].astype(">f4").tobytes()


def test_runs_are_found_along_rows() -> None:
    values = np.zeros((3, 9), np.float32)
    values[0], values[1, 2:5], values[1, 8], values[2, 3] = 1, 1, 1, np.nan
    assert runs_above_zero(values).tolist() == [[0, 0, 9], [1, 2, 5], [1, 8, 9]]


# Parts of one row, and of several.
@pytest.mark.parametrize("part", [20, 100, 64 << 10])
def test_what_is_above_zero_is_laid_and_nothing_else(
    tmp_path: Path, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "_PART", part)
    values = np.random.default_rng(1).random((10, 30), np.float32)
    values[values < 0.4] = 0
    values[3], values[4], values[5, 7], values[5, 8] = 0, 0.5, np.nan, -1
    layer = Layer(tmp_path / "layer", 20, 40, -2.0)
    layer.lay(4, 6, values)
    found = layer.read(0, 20)
    layer.close()
    expected = np.full((20, 40), -2, np.float32)
    expected[4:14, 6:36] = np.where(values > 0, values, -2)
    np.testing.assert_array_equal(found, expected)


def test_a_run_is_laid_by_one_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.zeros((2, 9), np.float32)
    values[0], values[1, 2:5], values[1, 8] = 1, 1, 1
    layer, calls = Layer(tmp_path / "layer", 2, 9, 0.0), []
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda *given: calls.append(given) or write(*given))
    layer.lay(0, 0, values)
    layer.close()
    assert [position for _, _, position in calls] == [0, 4 * 11, 4 * 17]


@pytest.mark.parametrize("kind", [">f4", np.float64, np.int16, np.uint8])
def test_numbers_of_other_kinds_are_kept_as_float32(tmp_path: Path, kind: str) -> None:
    values = np.arange(24).reshape(4, 6)
    layer = Layer(tmp_path / "layer", 8, 6, -1.0)
    layer.write(0, 0, values.astype(kind))
    layer.lay(4, 0, values.astype(kind))
    found = layer.read(0, 8)
    layer.close()
    np.testing.assert_array_equal(found[:4], values)
    np.testing.assert_array_equal(found[4:], np.where(values > 0, values, -1))


@pytest.mark.parametrize("place", [(-1, 0), (0, -1), (19, 0), (0, 39)])
def test_a_block_beyond_the_raster_is_refused(tmp_path: Path, place: tuple[int, int]) -> None:
    layer = Layer(tmp_path / "layer", 20, 40, 0.0)
    for put in (layer.write, layer.lay):
        with pytest.raises(ValueError, match="outside 20 x 40"):
            put(*place, np.ones((2, 2), np.float32))
        with pytest.raises(ValueError, match="rows and columns"):
            put(*place, np.ones(2, np.float32))
    layer.close()
    assert not any((tmp_path / "layer").read_bytes())
