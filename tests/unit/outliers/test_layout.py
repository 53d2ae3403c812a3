"""The layout of the feature matrix: names and views, by hand and on random sizes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.outliers.layout import WINDOWS_PER_BLOCK, Layout, Series

TWO = (Series("bs", "VH"), Series("c6", "VV"))


def test_names_by_hand() -> None:
    assert Layout(TWO, range(4, 10)).names() == [
        "bs VH p00 dB", "bs VH p01 dB", "bs VH p02 dB", "bs VH p03 dB", "bs VH p04 dB",
        "bs VH p05 dB", "bs VH from p00 dB", "bs VH from p05 dB",
        "c6 VV p00", "c6 VV p01", "c6 VV p02", "c6 VV p03", "c6 VV p04",
        "c6 VV p05", "c6 VV from p00", "c6 VV from p05",
    ]  # fmt: skip


@given(st.integers(1, 40), st.integers(0, 3))
def test_every_column_is_in_one_view_at_its_place(windows: int, parcels: int) -> None:
    layout = Layout(TWO, range(windows))
    names = layout.names()
    assert len(names) == layout.columns
    values = np.tile(np.arange(layout.columns, dtype=np.float32), (parcels, 1))
    seen, blocks = layout.windows(values), layout.blocks(values)
    assert seen.shape == (parcels, 2, windows)
    assert blocks.shape == (parcels, 2, -(-windows // WINDOWS_PER_BLOCK))
    for parcel in range(parcels):
        for series, unit in enumerate((" dB", "")):
            prefix = f"{TWO[series].card} {TWO[series].band}"
            for window in range(windows):
                name = names[int(seen[parcel, series, window])]
                assert name == f"{prefix} p{window:02d}{unit}"
            for block in range(blocks.shape[2]):
                name = names[int(blocks[parcel, series, block])]
                assert name == f"{prefix} from p{block * WINDOWS_PER_BLOCK:02d}{unit}"


def test_views_are_no_copies() -> None:
    layout = Layout(TWO, range(7))
    values = np.zeros((3, layout.columns), np.float32)
    layout.windows(values)[1, 1, 2] = 5
    layout.blocks(values)[2, 0, 1] = 6
    assert values[1, layout.names().index("c6 VV p02")] == 5
    assert values[2, layout.names().index("bs VH from p05 dB")] == 6


def test_another_matrix_is_refused() -> None:
    with pytest.raises(ValueError, match="18 columns"):
        Layout(TWO, range(7)).windows(np.zeros((3, 17), np.float32))
