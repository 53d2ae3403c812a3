"""Sentences, literally."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from dias_cbm.outliers.curves import Curves
from dias_cbm.outliers.layout import Layout, Series
from dias_cbm.outliers.matrix import block_means
from dias_cbm.outliers.sentences import (
    Span,
    band_name,
    day_in_words,
    guilty_spans,
    sentence,
    size,
)

SERIES = (Series("bs", "VH"), Series("c6", "VV"), Series("s2", "B04"))
# 2018-02-25 to 2018-10-02: blocks begin on 25 Feb, 22 Mar, 16 Apr, 11 May, 5 Jun, 30 Jun, ...
LAYOUT = Layout(SERIES, range(11, 55))
WHEAT, MAIZE = 0, 1


def days(period: int) -> tuple[date, date]:
    first = date(2018, 1, 1) + timedelta(days=5 * period)
    return first, first + timedelta(days=5)


def matrix(windows: np.ndarray) -> np.ndarray:
    windows = windows.astype(np.float32)
    return np.concatenate([windows, block_means(windows)], axis=-1).reshape(*windows.shape[:-2], -1)


def curves(half: float = 1.0) -> Curves:
    """Wheat at 0 and maize at -4 in every series, with a band of ``half`` to both sides."""
    middle = matrix(np.stack([np.zeros((3, 44)), np.full((3, 44), -4.0)]))
    return Curves(
        LAYOUT,
        np.stack([middle - half, middle, middle + half]),
        np.ones_like(middle),
        np.full(middle.shape, 99, np.int32),
        np.array([99, 99]),
    )


def told(windows: np.ndarray, guilty: dict[tuple[int, int], float], half: float = 1.0) -> str:
    """The sentence on a parcel whose blocks have some blame."""
    blame = np.full((3, 9), -1, np.float32)
    for place, value in guilty.items():
        blame[place] = value
    spans = guilty_spans(matrix(windows), blame, curves(half), WHEAT, MAIZE, days)
    return sentence(spans, "winter wheat", "maize")


def parcel(**values: dict[int, float]) -> np.ndarray:
    """Zero, as typical of wheat, but in some blocks of some series."""
    windows = np.zeros((3, 44))
    for series, blocks in enumerate(values.get(name, {}) for name in ("vh", "coherence", "red")):
        for block, value in blocks.items():
            windows[series, 5 * block : 5 * block + 5] = value
    return windows


def test_neighbouring_blocks_become_one_span() -> None:
    text = told(parcel(vh={3: -4.2, 4: -3.8}), {(0, 3): 5.0, (0, 4): 4.0})
    assert text == (
        "From mid May to late June VH lies 4 dB below the declared winter wheat"
        " and within the band of maize."
    )


def test_a_span_whose_windows_hardly_differ_is_left_out() -> None:
    """The medians over 25 days are not those of the windows."""
    typical = curves()
    LAYOUT.blocks(typical.medians)[WHEAT] = 2.0
    blame = np.full((3, 9), -1, np.float32)
    blame[0, 3] = 5.0
    spans = guilty_spans(matrix(parcel(vh={3: 0.04})), blame, typical, WHEAT, MAIZE, days)
    assert spans == []


def test_the_most_guilty_span_comes_first() -> None:
    text = told(parcel(vh={1: -4}, coherence={7: -0.125}), {(0, 1): 2.0, (1, 7): 3.0}, half=2)
    assert text == (
        "From mid August to mid September VV coherence lies 0.12 below the declared winter wheat"
        " and is unlike maize too; from late March to mid April VH lies 4 dB below it"
        " and within the band of maize."
    )


def test_at_most_three_blocks_and_a_gap_parts_the_spans() -> None:
    text = told(
        parcel(vh={0: -2.5, 2: -3.5, 4: -4, 6: -4}),
        {(0, 0): 9.0, (0, 2): 8.0, (0, 4): 7.0, (0, 6): 6.0},
        half=0.4,
    )
    assert text == (
        "From late February to late March VH lies 2.5 dB below the declared winter wheat"
        " and is nearer to maize; from mid April to early May VH lies 3.5 dB below it"
        " and is nearer to maize; from early June to late June VH lies 4 dB below it"
        " and within the band of maize."
    )


def test_neighbours_on_two_sides_of_the_declared_crop_are_two_spans() -> None:
    text = told(parcel(red={3: 0.0312, 4: -4}), {(2, 3): 2.0, (2, 4): 3.0})
    assert text == (
        "From early June to late June red (B04) lies 4.000 below the declared winter wheat"
        " and within the band of maize; from mid May to early June red (B04) lies 0.031 above it"
        " and is unlike maize too."
    )


def test_the_last_block_ends_with_the_season() -> None:
    text = told(parcel(vh={8: -4}), {(0, 8): 2.0})
    assert text.startswith("From mid September to early October VH lies 4 dB below")


def test_windows_without_data_do_not_count() -> None:
    windows = parcel(vh={3: -4})
    windows[0, [15, 17]] = np.nan
    assert "VH lies 4 dB below the declared winter wheat and within" in told(windows, {(0, 3): 1.0})


def test_nothing_clear_is_said_so() -> None:
    nothing = "No week speaks clearly against the declared winter wheat."
    assert told(parcel(), {}) == nothing
    # A block to blame in which the parcel hardly differs.
    assert told(parcel(vh={3: -0.4}), {(0, 3): 1.0}) == nothing


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2018, 5, 1), "early May"),
        (date(2018, 5, 10), "early May"),
        (date(2018, 5, 11), "mid May"),
        (date(2018, 5, 20), "mid May"),
        (date(2018, 5, 21), "late May"),
        (date(2018, 12, 31), "late December"),
    ],
)
def test_days(day: date, words: str) -> None:
    assert day_in_words(day) == words


def test_bands_and_sizes() -> None:
    named = {
        ("bs", "VH"): "VH",
        ("bs", "VH-VV"): "the ratio VH/VV",
        ("c6", "VH"): "VH coherence",
        ("c12", "VV"): "VV coherence of 12 days",
        ("s2", "B08"): "near infrared (B08)",
        ("s2", "B01"): "B01",
        ("radarsat", "HV"): "HV",
    }
    assert {band: band_name(Series(*band)) for band in named} == named
    assert size(Series("bs", "VV"), -3.96) == "4 dB"
    assert size(Series("bs", "VV"), 10.04) == "10 dB"
    assert size(Series("bs", "VV"), 2.25) == "2.2 dB"
    assert size(Series("c6", "VV"), -0.118) == "0.12"
    assert size(Series("s2", "B04"), 0.0214) == "0.021"


def test_a_short_span_is_in_one_third_of_a_month() -> None:
    span = Span(SERIES[0], date(2018, 6, 1), date(2018, 6, 5), 1.5, inside=False, nearer=True)
    assert sentence([span], "rye", "oats") == (
        "In early June VH lies 1.5 dB above the declared rye and is nearer to oats."
    )
