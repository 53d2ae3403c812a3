"""The report's checks of the window: what is asked for, and what is said if nobody answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from dias_cbm_lab.demo import window_checks
from dias_cbm_lab.demo.window_checks import Subject

SUBJECT = Subject("demo 1", 40, "7", None, {"bs": 3})
#: Nobody listens there.
NOWHERE = "http://127.0.0.1:9"


def test_a_window_that_does_not_answer_is_a_check_that_fails() -> None:
    (check,) = window_checks.checks(NOWHERE, "admin", "hush", SUBJECT)
    assert not check.ok
    assert "refused" in check.found
    assert "hush" not in f"{check}"


def test_addresses_inside_the_frame_and_on_their_own() -> None:
    assert window_checks.addresses(NOWHERE, "demo 1") == {
        "in_airflow": f"{NOWHERE}/plugin/cbm-seasons/cbm/seasons/demo%201",
        "alone": f"{NOWHERE}/cbm/seasons/demo%201",
    }
    assert window_checks.addresses(NOWHERE)["alone"] == f"{NOWHERE}/cbm/"


@pytest.mark.parametrize(
    ("zoom", "tiles"),
    [
        (0, {(0, 0)}),
        (8, {(134, 79)}),
        (12, {(2158, 1278), (2158, 1279), (2159, 1278), (2159, 1279)}),
    ],
)
def test_the_tiles_of_an_extent(zoom: int, tiles: set[tuple[int, int]]) -> None:
    extent = [9.73, 55.82, 9.80, 55.85]
    assert set(window_checks._tiles_of(extent, zoom)) == tiles


def test_an_empty_tile_has_no_parcels(tmp_path: Path) -> None:
    assert window_checks._column(b"", "cells", "parcels", tmp_path / "1.pbf") == []
