"""Who follows whom, and when each DAG runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import AssetOrTimeSchedule, TriggerRule

from dias_cbm.config.settings import settings
from dias_cbm_airflow.operators.names import MAP_LIMIT

DAILY = ["cbm_bs", "cbm_c6", "cbm_c12", "cbm_s2"]


def edges(dag: Any) -> dict[str, set[str]]:
    return {task.task_id: set(task.downstream_task_ids) for task in dag.tasks}


def uris(dag: Any, task_id: str) -> list[str]:
    return [asset.name for asset in dag.task_dict[task_id].outlets]


@pytest.mark.parametrize("dag_id", DAILY)
def test_a_day_of_observation(dagbag: Any, dag_id: str) -> None:
    assert edges(dagbag.dags[dag_id]) == {
        "await_acquisitions": {"make_card", "plan_extraction", "five_day_means"},
        "make_card": {"plan_extraction"},
        "plan_extraction": {"extract"},
        "extract": {"five_day_means"},
        "five_day_means": {"close_day"},
        "close_day": set(),
    }


@pytest.mark.parametrize("dag_id", DAILY)
def test_a_day_can_be_backfilled_and_is_run_at_its_beginning(dagbag: Any, dag_id: str) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    dag = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dagbag.dags[dag_id]))
    first, last = datetime(2018, 5, 1, tzinfo=UTC), datetime(2018, 5, 3, tzinfo=UTC)
    runs = list(dag.iter_dagrun_infos_between(first, last))
    assert [run.logical_date for run in runs] == [first + timedelta(days=n) for n in range(3)]
    assert all(run.run_after == run.logical_date for run in runs)


@pytest.mark.parametrize("dag_id", DAILY)
def test_a_day_that_waits_does_not_hold_up_the_next_ones(dagbag: Any, dag_id: str) -> None:
    card = dag_id.removeprefix("cbm_")
    longest = timedelta(days=1) + settings().latency(card)
    assert dagbag.dags[dag_id].max_active_runs > longest / timedelta(days=1) + 1


@pytest.mark.parametrize("dag_id", DAILY)
def test_signatures_and_means_are_published(dagbag: Any, dag_id: str) -> None:
    card = dag_id.removeprefix("cbm_")
    expected = [f"cbm://signatures/{card}", "cbm://means"]
    assert uris(dagbag.dags[dag_id], "five_day_means") == expected


@pytest.mark.parametrize("dag_id", [*DAILY, "cbm_gaps"])
def test_only_scenes_and_units_are_mapped(dagbag: Any, dag_id: str) -> None:
    tasks = dagbag.dags[dag_id].tasks
    assert {task.task_id for task in tasks if task.is_mapped} == {"make_card", "extract"}
    assert MAP_LIMIT < 200


@pytest.mark.parametrize("dag_id", [*DAILY, "cbm_gaps"])
def test_a_failure_stops_what_depends_on_it(dagbag: Any, dag_id: str) -> None:
    rules = {task.task_id: task.trigger_rule for task in dagbag.dags[dag_id].tasks}
    assert rules["plan_extraction"] == TriggerRule.ALL_SUCCESS
    assert rules["extract"] == TriggerRule.ALL_SUCCESS
    assert rules["five_day_means"] == TriggerRule.NONE_FAILED
    if dag_id in DAILY:
        assert rules["close_day"] == TriggerRule.NONE_FAILED


def test_gaps_go_the_same_way_and_end_in_a_mail(dagbag: Any) -> None:
    assert edges(dagbag.dags["cbm_gaps"]) == {
        "recheck_gaps": {"make_card", "plan_extraction", "five_day_means"},
        "make_card": {"plan_extraction"},
        "plan_extraction": {"extract"},
        "extract": {"five_day_means"},
        "five_day_means": {"send_digest", "work_done"},
        "send_digest": set(),
        "work_done": set(),
    }


def test_the_digest_goes_out_after_a_failure_and_does_not_hide_it(dagbag: Any) -> None:
    tasks = dagbag.dags["cbm_gaps"].task_dict
    assert tasks["send_digest"].trigger_rule == TriggerRule.ALL_DONE
    assert tasks["work_done"].trigger_rule == TriggerRule.NONE_FAILED


def test_outliers_follow_the_means(dagbag: Any) -> None:
    dag = dagbag.dags["cbm_outliers"]
    assert edges(dag) == {"seasons_due": {"find_outliers"}, "find_outliers": set()}
    assert isinstance(dag.timetable, AssetOrTimeSchedule)
    assert [asset.name for asset in dag.timetable.asset_condition.objects] == ["cbm://means"]
    assert dag.max_active_runs == 1


def test_markers_follow_the_means(dagbag: Any) -> None:
    dag = dagbag.dags["cbm_markers"]
    assert edges(dag) == {"seasons_to_mark": {"run_markers"}, "run_markers": set()}
    assert dag.task_dict["run_markers"].is_mapped
    assert isinstance(dag.timetable, AssetOrTimeSchedule)
    assert [asset.name for asset in dag.timetable.asset_condition.objects] == ["cbm://means"]
    assert dag.max_active_runs == 1


def test_rules_follow_the_markers(dagbag: Any) -> None:
    dag = dagbag.dags["cbm_rules"]
    assert edges(dag) == {"seasons_to_judge": {"run_rules"}, "run_rules": set()}
    assert dag.task_dict["run_rules"].is_mapped
    assert isinstance(dag.timetable, AssetOrTimeSchedule)
    (asset,) = dag.timetable.asset_condition.objects
    assert asset.name == "cbm://markers"
    assert asset in dagbag.dags["cbm_markers"].task_dict["run_markers"].outlets
    assert dag.max_active_runs == 1


def test_parcels_are_loaded_by_hand(dagbag: Any) -> None:
    dag = dagbag.dags["cbm_parcels"]
    assert edges(dag) == {"load_parcels": set()}
    assert dag.timetable.can_be_scheduled is False
    required = [
        name for name in dag.params if dag.params.get_param(name).schema["type"] == "string"
    ]
    assert required == ["file", "season", "id_column", "crop_column"]
