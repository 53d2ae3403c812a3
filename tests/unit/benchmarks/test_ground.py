"""What the measured work stands on: settings, times of scenes, the size of the long run."""

from __future__ import annotations

import os
from datetime import UTC, date
from pathlib import Path

import pytest

from benchmarks.ground import plain_settings, spread
from benchmarks.long_run import Plan
from dias_cbm.config.settings import Settings, settings


def test_no_setting_of_the_caller_changes_what_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A copy, since what is removed from it must be there for the tests that follow.
    monkeypatch.setattr(os, "environ", os.environ.copy())
    for name in ("CBM_DATABASE_URL", "CBM_CONFIG", "CBM_PLATFORMS_LOCAL_STORE"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("CBM_EXTRACTION_PIXEL_RULE", "coverage")
    monkeypatch.setenv("CBM_EXTRACTION_STRIPE_ROWS", "7")
    plain_settings("postgresql://here/db", tmp_path)
    assert settings().extraction.pixel_rule == Settings().extraction.pixel_rule == "centre"
    assert settings().extraction.stripe_rows == Settings().extraction.stripe_rows
    assert settings().database.url == "postgresql://here/db"
    assert settings().known("local").store == f"files:{tmp_path}"


def test_scenes_are_spread_over_the_season_in_utc() -> None:
    times = spread(date(2018, 1, 1), 241, 365)
    assert len(set(times)) == 241
    assert times == sorted(times)
    assert all(time.tzinfo is UTC for time in times)
    assert times[0].date() == date(2018, 1, 1)
    assert date(2018, 12, 25) < times[-1].date() <= date(2018, 12, 31)
    # No window of five days stays empty.
    assert {(time.date() - date(2018, 1, 1)).days // 5 for time in times} == set(range(73))


def test_the_long_run_is_as_dense_as_the_nation() -> None:
    case = Plan(parcels=56_000, observations=241, distinct=12, processes=2, cold=False).case
    assert (case.width, case.height, case.scenes) == (12_600, 12_600, 12)
    assert case.parcels / (case.width * case.height) == pytest.approx(353e-6, rel=0.01)
