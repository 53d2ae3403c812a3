"""The DAGs around the signatures: parcels before them, outliers after them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from dias_cbm.outliers.due import is_due
from dias_cbm_airflow.operators.tasks.find_outliers import find_outliers, seasons_due
from dias_cbm_airflow.operators.tasks.load_parcels import load_parcels

pytestmark = pytest.mark.integration


def listed(connection: Any, season: Any, age: str) -> None:
    connection.execute(
        "insert into outlier_run (season, made_at, model, features, labels, report)"
        " values (%s, now() - %s::interval, 'm', '{}', 'l', '{}')",
        (season.id, age),
    )


def extracted(connection: Any, season: Any, age: str) -> None:
    row = connection.execute(
        "insert into dias_catalogue (platform, product_id, reference, obstime, endtime, sensor,"
        " kind) values ('local', %s, 'x', now(), now(), 'S1A', 'CARD_BS') returning id",
        (age,),
    ).fetchone()
    connection.execute(
        "insert into extraction (season, obsid, tile, status, finished_at)"
        " values (%s, %s, '32VNH', 'extracted', now() - %s::interval)",
        (season.id, row.id, age),
    )


def test_nothing_is_due_before_anything_is_extracted(season: Any, connection: Any) -> None:
    assert not is_due(connection, season.id)


@pytest.mark.parametrize(
    ("list_age", "extraction_age", "due"),
    [
        (None, "1 day", True),
        ("25 hours", "1 hour", True),
        ("5 hours", "1 hour", False),  # at most one a day
        ("25 hours", "30 hours", False),  # nothing new
        ("25 hours", "26 hours", True),  # its means may be newer than the list
    ],
)
def test_a_list_is_due(
    season: Any, connection: Any, list_age: str | None, extraction_age: str, due: bool
) -> None:
    if list_age:
        listed(connection, season, list_age)
    extracted(connection, season, extraction_age)
    assert is_due(connection, season.id) is due


def asked(run_type: str, **params: Any) -> list[str]:
    context = {
        "params": {"season": None, "force": False} | params,
        "dag_run": SimpleNamespace(run_type=run_type),
    }
    return list(seasons_due.function(**context))


def test_a_run_by_hand_or_by_force_judges_what_is_not_due(season: Any) -> None:
    assert asked("asset_triggered") == []
    assert asked("asset_triggered", force=True) == [season.name]
    assert asked("manual") == [season.name]
    assert asked("manual", season=season.name) == [season.name]


def test_too_little_to_learn_from_is_skipped(season: Any) -> None:
    with pytest.raises(AirflowSkipException, match="no five-day means"):
        find_outliers.function(season.name)


def load(**params: Any) -> dict[str, Any]:
    given = {
        "layer": None,
        "crs": None,
        "replace": False,
        "id_column": "pid",
        "crop_column": "crop",
        "encoding": None,
        "max_rejected": 5.0,
    }
    return dict(load_parcels.function(params=given | params))


def test_parcels_are_loaded_by_params(platform: None, demo_season: Any, connection: Any) -> None:
    report = load(file=str(demo_season.parcels), season="dk-2018")
    assert report["loaded"] == 120
    assert json.dumps(report)
    assert connection.execute("select count(*) as n from parcel").fetchone().n == 120


def test_a_file_that_cannot_be_used_is_not_tried_again(platform: None, tmp_path: Path) -> None:
    with pytest.raises(AirflowFailException, match=r"missing\.gpkg"):
        load(file=str(tmp_path / "missing.gpkg"), season="dk-2018")


def test_the_parcels_dag_takes_its_params(
    airflow_database: None, dagbag: Any, platform: None, demo_season: Any, connection: Any
) -> None:
    conf = {
        "file": str(demo_season.parcels),
        "season": "dk-2018",
        "id_column": "pid",
        "crop_column": "crop",
    }
    done = dagbag.dags["cbm_parcels"].test(logical_date=datetime.now(UTC), run_conf=conf)
    assert str(done.state) == "success"
    assert connection.execute("select count(*) as n from parcel").fetchone().n == 120
