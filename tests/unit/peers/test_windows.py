"""The band of the peers in each window, and the departures from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest

from dias_cbm.peers.windows import Departure, Side, Window, departures, window_of

PEERS = np.arange(1, 12, dtype=np.float32) / 100  # 0.01 to 0.11: 10 % 0.02, 50 % 0.06, 90 % 0.10


def days(period: int) -> tuple[date, date]:
    first = date(2018, 1, 1) + timedelta(days=5 * period)
    return first, first + timedelta(days=5)


def window(period: int, own: float, card: str = "bs", peers: np.ndarray = PEERS) -> Window:
    return window_of(card, period, days(period), own, peers)


def found(own: Sequence[float], card: str = "bs") -> list[Departure]:
    return list(departures(card, "VH", "A", [window(p, v, card) for p, v in enumerate(own)]))


def test_the_band_is_of_linear_values() -> None:
    one = window(25, 0.01)
    values, db = one.values, one.db
    assert (values.p10, values.p50, values.p90) == pytest.approx((0.02, 0.06, 0.10))
    assert db is not None
    assert (db.own, db.p50) == pytest.approx((-20, 10 * math.log10(0.06)))
    assert (one.first, one.last, one.n, one.side) == (
        date(2018, 5, 6), date(2018, 5, 10), 11, Side.BELOW,
    )  # fmt: skip


def test_percentiles_of_decibels_would_be_others() -> None:
    peers = np.array([0.01] * 9 + [1.0] * 1, np.float32)
    one = window(0, 0.05, peers=peers)
    assert one.values.p90 == pytest.approx(0.109)  # of decibels: 0.0158
    assert one.side is Side.INSIDE


@pytest.mark.parametrize(
    ("own", "side"),
    [(0.0199, Side.BELOW), (0.0201, Side.INSIDE), (0.0999, Side.INSIDE), (0.1001, Side.ABOVE)],
)
def test_sides(own: float, side: Side) -> None:
    assert window(0, own).side is side


def test_on_the_edge_is_inside() -> None:
    same = np.full(12, 0.25, np.float32)
    assert window(0, 0.25, peers=same).side is Side.INSIDE


def test_fewer_than_ten_peers_are_not_a_band() -> None:
    few = np.array([0.5] * 9 + [math.nan] * 20, np.float32)
    one = window(0, 0.1, peers=few)
    assert (one.n, one.side, one.values.p50) == (9, None, None)
    assert one.values.own == pytest.approx(0.1)


def test_without_a_value_there_is_no_side() -> None:
    one = window(0, math.nan)
    assert (one.side, one.values.own, one.n) == (None, None, 11)
    assert one.db is not None
    assert one.db.own is None


def test_power_of_nothing_has_no_decibels() -> None:
    one = window(0, -0.001)
    assert one.side is Side.BELOW
    assert one.db is not None
    assert one.db.own is None


def test_other_cards_have_no_decibels() -> None:
    assert window(0, 0.5, "c6").db is None


def test_a_departure_and_its_size() -> None:
    (one,) = found([0.05, 0.01, 0.01, 0.01, 0.05])
    assert (one.side, one.first, one.last) == (Side.BELOW, date(2018, 1, 6), date(2018, 1, 20))
    assert (one.windows, one.fewest, one.most) == (3, 11, 11)
    assert one.size == pytest.approx(10 * math.log10(2))


def test_the_size_is_of_the_median_ratio() -> None:
    (one,) = found([0.11, 0.20, 10.0])
    assert one.size == pytest.approx(10 * math.log10(2))


def test_two_windows_are_not_a_departure() -> None:
    assert found([0.01, 0.01, 0.05, 0.01, 0.01]) == []


def test_the_other_side_ends_it() -> None:
    assert found([0.01, 0.01, 0.2, 0.2]) == []


def test_what_is_not_known_is_passed_over_up_to_a_month() -> None:
    gap = [math.nan]
    (one,) = found([0.01, 0.01, *gap * 6, 0.01])
    assert one.windows == 3
    assert found([0.01, 0.01, *gap * 7, 0.01]) == []


def test_what_is_hardly_outside_is_not_told() -> None:
    assert found([0.0199] * 9) == []
    assert found([0.019] * 9, "c6") == []
    assert len(found([0.13] * 9, "c6")) == 1


def test_nothing_left_of_the_backscatter_has_no_size() -> None:
    assert found([0.0, -0.001, 0.0]) == []
