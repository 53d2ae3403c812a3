"""The DAG of the markers: which seasons are due, and what the tasks do."""

from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from marker_season import MarkerSeason, marked

from dias_cbm.markers import registry, run
from dias_cbm.markers.due import is_due
from dias_cbm.markers.presence import Presence
from dias_cbm_airflow.operators.tasks.run_markers import run_markers, seasons_to_mark

pytestmark = pytest.mark.integration
__all__ = ["marked"]


def asked(run_type: str, **params: Any) -> list[str]:
    context = {
        "params": {"season": None, "force": False} | params,
        "dag_run": SimpleNamespace(run_type=run_type),
    }
    return list(seasons_to_mark.function(**context))


def test_a_season_is_due_when_something_is_new_and_at_most_daily(marked: MarkerSeason) -> None:
    def due(sql: str = "select 1") -> bool:
        marked.connection.execute(sql)
        marked.connection.commit()
        return is_due(marked.connection, marked.season.id)

    assert due()
    run.run(marked.connection, marked.season)
    assert not due()
    # A day later, nothing new: what was extracted is older than the run by more than two hours.
    assert not due(
        "update marker_run set made_at = now() - interval '25 hours';"
        " update extraction set finished_at = now() - interval '30 hours'"
    )
    assert due("update extraction set finished_at = now() where obsid = 1")
    assert not due("update extraction set finished_at = now() - interval '30 hours'")
    marked.gap(date(2018, 5, 6))
    assert due()
    # The season ends.
    assert not due("delete from gap")
    assert due("update marker_run set made_at = '2018-06-29T12:00Z'")


def test_after_an_update_the_markers_run_again(
    marked: MarkerSeason, monkeypatch: pytest.MonkeyPatch
) -> None:
    def due() -> bool:
        return is_due(marked.connection, marked.season.id)

    run.run(marked.connection, marked.season)
    monkeypatch.setattr(Presence, "version", "next")
    # That it is due can wait for a day.
    assert not due()
    marked.connection.execute(
        "update marker_run set made_at = now() - interval '25 hours';"
        " update extraction set finished_at = now() - interval '30 hours'"
    )
    assert due()
    monkeypatch.undo()
    assert not due()
    monkeypatch.setenv("CBM_EXTRACTION_CLEAR_CLASSES", "4,5")
    assert due()
    monkeypatch.undo()
    # A marker that was never run.
    monkeypatch.setattr(
        registry, "BUILT_IN", {**registry.BUILT_IN, "faulty": "marker_season:Faulty"}
    )
    assert due()


def test_started_by_hand_or_by_force_it_looks_for_changes(marked: MarkerSeason) -> None:
    assert asked("asset_triggered") == ["dk-2018"]
    told = run_markers.function("dk-2018")
    assert told["parcels"] == 6
    assert json.dumps(told)
    assert asked("asset_triggered") == []
    assert asked("asset_triggered", force=True) == ["dk-2018"]
    assert asked("manual", season="dk-2018") == ["dk-2018"]
    assert run_markers.function("dk-2018")["markers"] == []


def test_a_season_without_parcels_is_skipped(season: Any, connection: Any) -> None:
    connection.execute("delete from parcel_slot")
    connection.commit()
    with pytest.raises(AirflowSkipException, match="no parcels"):
        run_markers.function(season.name)
