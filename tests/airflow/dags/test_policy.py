"""What every DAG of this system has to keep to."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow_environment import ROOT

from dias_cbm_airflow.operators import names
from dias_cbm_lab.demo import services

DAG_IDS = sorted(path.stem for path in (ROOT / "dags").glob("cbm_*.py"))
HEADINGS = ["What it does", "Upstream", "Downstream", "Params", "When it fails"]


def tasks(dag: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each task's name and arguments, whether it is mapped or not."""
    arguments = (
        "owner",
        "retries",
        "retry_exponential_backoff",
        "max_retry_delay",
        "execution_timeout",
        "pool",
        "on_failure_callback",
    )
    for task in dag.tasks:
        partial = getattr(task, "partial_kwargs", None)
        yield (
            f"{dag.dag_id}.{task.task_id}",
            {
                name: getattr(task, name) if partial is None else partial.get(name)
                for name in arguments
            },
        )


@pytest.fixture(params=DAG_IDS)
def dag(request: pytest.FixtureRequest, dagbag: Any) -> Any:
    return dagbag.dags[request.param]


def test_every_file_gives_one_dag_of_its_name(dagbag: Any) -> None:
    assert dagbag.import_errors == {}
    assert sorted(dagbag.dags) == DAG_IDS


def test_dag_files_are_short() -> None:
    for path in (ROOT / "dags").glob("cbm_*.py"):
        code = path.read_text().split('"""', 2)[2].strip().splitlines()
        assert len(code) <= 45, path.name


def test_owner(dag: Any) -> None:
    assert {arguments["owner"] for _, arguments in tasks(dag)} == {names.OWNER}


def test_tags_are_known(dag: Any) -> None:
    assert names.Tag.CBM.value in dag.tags
    assert set(dag.tags) <= {tag.value for tag in names.Tag}


def test_start_date_is_static_and_aware(dag: Any) -> None:
    assert dag.start_date == datetime.fromisoformat("2014-04-03T00:00:00+00:00")
    assert dag.catchup is False


def test_tasks_retry_with_growing_pauses(dag: Any) -> None:
    for name, arguments in tasks(dag):
        assert arguments["retries"] > 0, name
        assert arguments["retry_exponential_backoff"] > 1, name
        assert arguments["max_retry_delay"] <= timedelta(hours=1), name


def test_tasks_have_a_timeout(dag: Any) -> None:
    for name, arguments in tasks(dag):
        assert timedelta(0) < arguments["execution_timeout"] <= timedelta(hours=6), name


def test_final_failure_is_mailed(dag: Any) -> None:
    assert dag.on_failure_callback.__name__ == "tell_of_failed_run"
    for name, arguments in tasks(dag):
        callbacks = arguments["on_failure_callback"]
        called = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
        assert [callback.__name__ for callback in called] == ["send_failure_mail"], name


@pytest.fixture(scope="module")
def pools() -> set[str]:
    """The pools that both an installation and the demo make."""
    command = [sys.executable, str(ROOT / "scripts" / "pools.py")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {"default_pool", *(set(json.loads(printed)) & set(services._pools()))}


def test_pools_exist(dag: Any, pools: set[str]) -> None:
    assert {arguments["pool"] for _, arguments in tasks(dag)} <= pools


def test_documentation_has_its_headings(dag: Any) -> None:
    assert re.findall(r"^## (.+)$", dag.doc_md, re.MULTILINE) == HEADINGS


def test_documentation_names_every_param(dag: Any) -> None:
    section = dag.doc_md.partition("## Params")[2].partition("##")[0]
    for name in dag.params:
        assert f"`{name}`" in section


def test_params_are_typed(dag: Any) -> None:
    for name, param in dag.params.items():
        schema = dag.params.get_param(name).schema
        assert "type" in schema, name
        assert not isinstance(param, str), f"{name}: a string is true whatever it says"


def test_docs_have_no_machine_paths(dag: Any) -> None:
    assert str(Path.home()) not in dag.doc_md
