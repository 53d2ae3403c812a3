"""Signatures as rows of blocks."""

import numpy as np

from dias_cbm.extraction.blocks import BlockLayout, histogram_rows, signature_rows
from dias_cbm.extraction.statistics import STATISTICS
from dias_cbm.extraction.stream import Zonal
from dias_cbm.ledger import Unit
from dias_cbm.precision import Precision
from dias_cbm.signature_counts import BlockCounts, UnitCounts

UNIT = Unit(3, 17, "32VNH")
# Five parcels, given in no order: two in block 4, three in block 9.
LAYOUT = BlockLayout(np.array([9, 4, 9, 4, 9], np.int32), np.array([2, 1, 1, 2, 3], np.int16))


def statistics(*means: float) -> np.ndarray:
    result = np.full((1, len(means), len(STATISTICS)), np.nan)
    result[0, :, 0] = [0 if np.isnan(mean) else 5 for mean in means]
    result[0, :, 1] = means
    return result


def test_values_go_to_their_parcel_s_place() -> None:
    zonal = Zonal(["VV"], statistics(92, 41, 91, 42, 93), np.ones((1, 5), bool), np.ones((1, 5)))
    rows = list(signature_rows(LAYOUT, zonal, UNIT, "bs", "centre", UnitCounts()))
    assert [row[:6] for row in rows] == [
        (3, "bs", 17, 4, "VV", "centre"),
        (3, "bs", 17, 9, "VV", "centre"),
    ]
    assert [row[7].tolist() for row in rows] == [[41, 42], [91, 92, 93]]
    assert all(values.dtype == np.float32 for row in rows for values in row[6:])


def test_rows_are_counted_as_they_are_written() -> None:
    inside = np.array([[True, True, False, True, True]])
    zonal = Zonal(["VV"], statistics(np.nan, 41, np.nan, 42, 93), inside, np.ones((1, 5)))
    counts = UnitCounts()
    assert list(signature_rows(LAYOUT, zonal, UNIT, "bs", "centre", counts))
    assert counts.block_records() == [2, 1]
    assert counts.parcels() == BlockCounts(valued=3, blank=1, outside=1)


def test_outside_is_no_count_empty_is_none() -> None:
    inside = np.array([[True, True, False, True, True]])
    zonal = Zonal(["VV"], statistics(np.nan, 41, np.nan, 42, 93), inside, np.ones((1, 5)))
    _, (*_, count, mean, _, _, _, _, _, _) = signature_rows(
        LAYOUT, zonal, UNIT, "bs", "centre", UnitCounts()
    )
    np.testing.assert_array_equal(count, [np.nan, 0, 5])
    np.testing.assert_array_equal(mean, [np.nan, np.nan, 93])


def test_a_block_outside_the_product_has_no_row() -> None:
    inside = np.array([[False, True, False, True, False]])
    zonal = Zonal(["VV"], statistics(np.nan, 41, np.nan, 42, np.nan), inside, np.ones((1, 5)))
    rows = list(signature_rows(LAYOUT, zonal, UNIT, "bs", "centre", UnitCounts()))
    assert [row[3] for row in rows] == [4]


def test_of_a_quantised_season_all_but_count_is_rounded_and_rows_say_so() -> None:
    values = statistics(0.123456, np.nan, -0.123456, 7.77777, 0)
    values[0, :, 0] = [1001.0625, 0, 3, 4, 5]
    zonal = Zonal(["VV"], values.copy(), np.ones((1, 5), bool), np.ones((1, 5)))
    rows = list(
        signature_rows(LAYOUT, zonal, UNIT, "s2", "centre+clear", UnitCounts(), Precision.QUANTISED)
    )
    assert {row[5] for row in rows} == {"centre+clear+8bit"}
    assert [row[6].tolist() for row in rows] == [[0, 4], [3, 1001.0625, 5]]
    assert [row[7].tolist() for row in rows[1:]] == [[-0.12353515625, 0.12353515625, 0]]
    assert np.isnan(rows[0][7][0])
    assert rows[0][7][1] == 7.78125
    np.testing.assert_array_equal(zonal.statistics, values)


def test_histograms_have_a_row_per_class_that_occurs() -> None:
    counts = np.zeros((5, 12), np.int64)
    counts[1, 4], counts[3, 4], counts[3, 9] = 7, 2, 1
    rows = list(histogram_rows(LAYOUT, counts, np.array([0, 1, 0, 1, 0], bool), UNIT))
    assert [row[:4] for row in rows] == [(3, 17, 4, 4), (3, 17, 4, 9)]
    assert [row[4].tolist() for row in rows] == [[7, 2], [0, 1]]
