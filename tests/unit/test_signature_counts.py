"""What a unit of extraction holds, in numbers."""

import numpy as np

from dias_cbm.signature_counts import BlockCounts, UnitCounts, counts_of

NAN = np.nan


def test_a_parcel_has_a_value_none_or_lies_outside() -> None:
    assert counts_of(np.array([3, 0.25, 0, NAN, NAN, NAN], np.float32)) == BlockCounts(2, 1, 3)
    assert counts_of(np.empty(0, np.float32)) == BlockCounts(0, 0, 0)


def test_rows_are_in_order_of_block_and_band_however_they_come() -> None:
    unit = UnitCounts()
    for blk, band, count in ((7, "VV", [1, 1, 0]), (7, "VH", [1, 0, 0]), (4, "VV", [NAN, 2])):
        unit.add(blk, band, np.array(count, np.float32))
    assert unit.block_records() == [1, 1, 2]
    # Block 7 by VH, its first band.
    assert unit.parcels() == BlockCounts(valued=2, blank=2, outside=1)
    assert unit.bands() == (1, 2)


def test_bands_of_a_block_without_a_value_do_not_count() -> None:
    unit = UnitCounts()
    assert unit.bands() == (0, 0)
    unit.add(1, "VV", np.array([0, NAN], np.float32))
    assert unit.bands() == (0, 0)
    for band in ("VH", "VV"):
        unit.add(2, band, np.array([1], np.float32))
    assert unit.bands() == (2, 2)
