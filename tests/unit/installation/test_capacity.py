"""What a deployment can carry, and what limits it first."""

from __future__ import annotations

import json

import pytest

from dias_cbm.cli.findings import plain
from dias_cbm.installation.airflow_names import pools_to_set
from dias_cbm.installation.capacity import Capacity, capacity, finding
from dias_cbm.installation.findings import State

CELERY = {
    "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
    "AIRFLOW__CELERY__WORKER_CONCURRENCY": "2",
}


def test_the_smallest_limit_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    few = capacity(None, environ=CELERY)
    assert (few.first, few.limits["slots of workers"]) == ("slots of workers", 2)
    monkeypatch.setenv("CBM_AIRFLOW_WORKERS", "50")
    many = capacity(None, environ=CELERY)
    assert list(many.limits) == ["pools", "api workers", "parallelism", "slots of workers"]
    assert many.connections == 4 + 5 + 6 + 50 * (3 + 2 * 2)
    scaled = CELERY | {"AIRFLOW__CORE__PARALLELISM": "256", "AIRFLOW__API__WORKERS": "8"}
    set_in_airflow = {"cbm_card": 100, "cbm_database": 100, "default_pool": 128}
    best = capacity(None, set_in_airflow, environ=scaled)
    assert (best.first, best.limits["pools"]) == ("slots of workers", 204)


def test_too_few_connections_are_broken_and_counted_for_programs() -> None:
    found = Capacity(50, 2, {"connections": 41, "pools": 204}, 364, 97, 12, 11, False)
    said = finding(found)
    assert said.state is State.BROKEN
    assert "41 tasks at a time, limited first by connections" in said.detail
    assert "364 connections of 97 (12 are open), enough for 11 workers of 2 slots" in said.detail
    (figures,) = [one["figures"] for one in plain([said])]
    assert json.loads(json.dumps(figures))["first"] == "connections"


def test_pools_that_are_there_keep_their_size_unless_it_is_a_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert set(pools_to_set([])) == {"cbm_catalogue", "cbm_card", "cbm_database"}
    monkeypatch.setenv("CBM_AIRFLOW_POOL_CARD", "32")
    there = ["cbm_card", "cbm_database", "default_pool"]
    slots = {name: slots for name, (slots, _) in pools_to_set(there).items()}
    assert slots == {"cbm_card": 32, "cbm_catalogue": 4}
