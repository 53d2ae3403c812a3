"""The picture of a band, whatever the names in it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from dias_cbm.peers.comparison import Band, Series
from dias_cbm.peers.picture import as_png
from dias_cbm.peers.windows import window_of

START = date(2018, 4, 1)


def series(card: str, band: str, direction: str, size: int) -> Series:
    generator = np.random.default_rng(1)
    windows = []
    for period in range(size):
        first = START + timedelta(days=5 * period)
        peers = generator.uniform(0.02, 0.06, 20).astype(np.float32)
        if period % 5 == 4:
            peers[:15] = np.nan
        own = float("nan") if period % 7 == 3 else 0.03 - 0.02 * (period > 12)
        windows.append(window_of(card, period, (first, first + timedelta(days=5)), own, peers))
    return Series(card, band, direction, tuple(windows), ())


def band(pid: str, name: str, *some: Series) -> Band:
    return Band("dk-2018", pid, name, 20, 800.0, ("One sentence.",), (), some)


@pytest.mark.parametrize("name", ["barley", "$x^", "\u4e2d\x1b[31m", "x" * 5000])
def test_a_picture(name: str) -> None:
    some = series("bs", "VH", "A", 30), series("c6", "VV", "D", 30), series("s2", "B08", "*", 1)
    assert as_png(band(name, name, *some)).startswith(b"\x89PNG")
