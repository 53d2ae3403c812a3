"""Evidence of mowing: scores by hand, others' detectors by hand, and a folder that lacks a file."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dias_cbm.errors import NotEnoughData
from dias_cbm.markers.series import Optical, ParcelSeries, no_coherence, no_radar
from dias_cbm_lab.evidence.mowing.colours import coloured
from dias_cbm_lab.evidence.mowing.meadows import Meadows, read
from dias_cbm_lab.evidence.mowing.rivals import force_like, sen4cap
from dias_cbm_lab.evidence.mowing.scoring import (
    Interval,
    Tally,
    bootstrap,
    bounds,
    deciles,
    f1,
    matched,
    tally,
    true,
)

MAY = 19844  # 2024-05-01


def series(*looks: tuple[int, float]) -> ParcelSeries:
    """A parcel of looks: days since 1 May, NDVI."""
    days = np.array([day for day, _ in looks], np.int32) + MAY
    ndvi = np.array([[value for _, value in looks]], np.float32)
    one = np.ones_like(ndvi)
    optical = Optical(days, {"NDVI": ndvi}, one, one * 50, one * 0, one.astype(np.int32))
    return ParcelSeries(
        "2024", ["a"], np.array([1e4]), np.array([""]), [{}], optical, no_radar(1), no_coherence(1)
    )


def test_the_nearest_match_comes_first_and_each_once() -> None:
    found = [Interval(90, 100), Interval(100, 106)]
    assert matched(found, [105], 10) == [(1, 0)]
    assert sorted(matched(found, [99, 105], 10)) == [(0, 0), (1, 1)]
    assert matched(found, [117], 10) == []
    # Three days outside of the interval, and four.
    assert matched([Interval(90, 100)], [103], 3, interval=True) == [(0, 0)]
    assert matched([Interval(90, 100)], [86], 3, interval=True) == []


def test_a_tally_by_hand() -> None:
    found = [[Interval(90, 100), Interval(120, 130)], [], [Interval(10, 20)]]
    dated = [[98, 200], [50], []]
    made = tally(found, dated, 10)
    assert (made.hits.tolist(), made.found.tolist()) == ([1, 0, 0], [2, 0, 1])
    assert made.dated.tolist() == [2, 1, 0]
    assert made.errors.tolist() == [2]
    assert made.f1 == pytest.approx(2 / 6)
    assert made.mae == 2
    assert true(found, dated).tolist() == [True, False, False]
    assert f1(0, 0, 0) == 0


def test_the_bootstrap_draws_sites() -> None:
    site = np.repeat(np.arange(20), 3)
    one = np.ones(60, np.int64)
    perfect = Tally(one, one, one, one * 0)
    half = perfect._replace(hits=np.arange(60) % 2)
    assert bootstrap(perfect, perfect, site) == (0, 0, 0)
    difference, low, high = bootstrap(perfect, half, site)
    assert difference == pytest.approx(0.5)
    assert 0.4 < low < difference < high < 0.6
    assert bounds(perfect, site) == (1, 1)
    low, high = bounds(half, site)
    assert 0.4 < low < 0.5 < high < 0.6


def test_deciles_by_hand() -> None:
    found = deciles(np.array([0.91, 0.95, 1.0, 0.12]), np.array([True, True, False, False]))
    assert found == [(1, 0.12, 0.0), (3, pytest.approx(2.86 / 3), pytest.approx(2 / 3))]


def test_sen4cap_by_hand() -> None:
    falls = ((0, 0.8), (5, 0.6), (10, 0.65), (20, 0.7), (40, 0.5), (45, 0.5))
    # From day 0 to 40: the surer one, which falls as much from less green, stays alone.
    (found,) = sen4cap(series(*falls))
    assert [(one.start - MAY, one.end - MAY) for one in found] == [(20, 40)]
    # From day 0 to 46 are 45 days or more: both stay.
    (found,) = sen4cap(series(*falls[:4], (46, 0.5), (50, 0.5)))
    assert sorted((one.start - MAY, one.end - MAY) for one in found) == [(0, 5), (20, 46)]
    # Too green after it; too little green before it; the last look decides nothing.
    for looks in (
        ((0, 0.95), (5, 0.8), (10, 0.8)),
        ((0, 0.45), (5, 0.3), (10, 0.3)),
        ((0, 0.8), (5, 0.6)),
    ):
        assert sen4cap(series(*looks)) == [[]]
    # An interval is at most thirty days.
    (found,) = sen4cap(series((0, 0.8), (40, 0.5), (45, 0.5)))
    assert [(one.start - MAY, one.end - MAY) for one in found] == [(10, 40)]


def test_force_like_sees_a_fall_from_the_envelope() -> None:
    looks = [(5 * i, 0.8) for i in range(20)]
    looks[8:11] = [(40, 0.5), (45, 0.6), (50, 0.7)]
    (found,) = force_like(series(*looks))
    assert [(one.start - MAY, one.end - MAY) for one in found] == [(35, 40)]


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("dated", [True, False])
def test_colours_by_hand(cut: bool, dated: bool) -> None:
    looks = [(5 * n - 60, 0.8) for n in range(40)]
    fall = 20
    if cut:
        looks[fall:] = [(day, 0.4) for day, _ in looks[fall:]]
    seen = series(*looks)
    optical = replace(
        seen.optical, values={**seen.optical.values, "NDMI": seen.optical.values["NDVI"] - 0.4}
    )
    before, after = (MAY + looks[n][0] for n in (fall - 1, fall))
    meadow = Meadows(
        2024, np.array([0]), replace(seen, optical=optical), [[after] if dated else []],
        np.array([False]),
    )  # fmt: skip
    found = [[Interval(before, after, 0.9)] if cut else []]
    mown, not_mown = coloured("rule", [meadow], found)
    assert (mown.false_green, mown.false_red) == (cut and not dated, dated and not cut)
    assert mown.yellow == 0
    assert not_mown.false_red == (cut and not dated)
    assert [one.met for one in mown.bars()] == [not mown.false_green, not mown.false_red, True]
    assert not_mown.bars() == []


def test_a_folder_without_a_file(tmp_path: Path) -> None:
    (tmp_path / "plots.csv").write_text("plot,site,year\n")
    with pytest.raises(NotEnoughData, match=r"holds no events\.csv"):
        read(tmp_path)


def test_meadows_are_read_by_year(tmp_path: Path) -> None:
    (tmp_path / "plots.csv").write_text("plot,site,year\na,s,2020\na,s,2021\nb,t,2020\n")
    (tmp_path / "events.csv").write_text(
        "plot,year,type,date\na,2020,mowing,2020-06-01\nb,2020,grazing,2020-07-01\n"
    )
    header = "plot,year,date,B02,B03,B04,B08,B11,ndvi\n"
    (tmp_path / "series.csv.gz").write_bytes(
        gzip.compress(
            (
                header
                + "a,2020,2020-05-01,.03,.06,.04,.4,.2,.8\nb,2020,2020-05-03,.03,.06,.04,.4,.2,.7\n"
                + "a,2021,2021-05-01,.03,.06,.04,.4,.2,.8\n"
            ).encode()
        )
    )
    first, second = read(tmp_path)
    assert (first.year, first.series.pids) == (2020, ["a 2020", "b 2020"])
    assert first.grazed.tolist() == [False, True]
    assert first.mown == [[18414], []]
    assert np.isfinite(first.series.optical.values["NDMI"]).tolist() == [
        [True, False],
        [False, True],
    ]
    assert second.site.tolist() == [0]
    whole = first.without(0, 1)
    assert np.array_equal(whole.series.optical.clear, first.series.optical.clear, equal_nan=True)
    assert not np.isfinite(first.without(1, 1).series.optical.clear).any()
