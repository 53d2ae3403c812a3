from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from dias_cbm_airflow.operators.run_day import observation_day, only_scene, only_season


def context(day: str | None = None, **more: Any) -> Any:
    return {"params": {"day": day}, **more}


def test_the_logical_date_is_the_day() -> None:
    moment = datetime(2018, 5, 3, tzinfo=UTC)
    assert observation_day(context(logical_date=moment)) == date(2018, 5, 3)


def test_the_day_is_that_of_utc() -> None:
    moment = datetime(2018, 5, 3, 1, tzinfo=timezone(timedelta(hours=2)))
    assert observation_day(context(logical_date=moment)) == date(2018, 5, 2)


def test_the_param_goes_before_it() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert observation_day(context("2018-05-03", logical_date=moment)) == date(2018, 5, 3)


def test_a_run_without_any_date_says_so_and_is_not_tried_again() -> None:
    with pytest.raises(AirflowFailException, match="Param day"):
        observation_day(context())


def test_a_run_may_be_about_one_season_and_one_pass_or_product() -> None:
    assert only_season(context()) is None
    assert only_scene(context()) is None
    limited = {"day": None, "season": "dk-2018", "acquisition": 4, "product": None}
    assert only_season({"params": limited}) == ["dk-2018"]
    assert only_scene({"params": limited}) == (4, False)
    assert only_scene({"params": limited | {"product": 7}}) == (7, True)
