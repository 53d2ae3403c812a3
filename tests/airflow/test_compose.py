"""What the files for Docker and Kubernetes ask of Airflow, tried on the one that is installed."""

from __future__ import annotations

import importlib
import os
import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import airflow_environment  # noqa: F401 - before Airflow is imported
import pytest
import yaml
from airflow.cli.cli_parser import get_parser
from airflow.configuration import conf
from airflow.models.pool import Pool
from airflow.utils.session import create_session
from airflow_environment import ROOT, airflow_database
from celery.signals import heartbeat_sent

from dias_cbm_airflow.operators.names import POOLS

__all__ = ["airflow_database"]

SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
FILES = ("docker-compose.yaml", "docker-stack.yaml", *sorted(
    path.relative_to(ROOT).as_posix() for path in (ROOT / "deploy").glob("compose.*.yaml")
))  # fmt: skip
CHARTS = sorted((ROOT / "deploy/helm").glob("*.yaml"))


def airflow_commands() -> list[list[str]]:
    """The arguments of every ``airflow`` that a service runs."""
    found = []
    for service in SERVICES.values():
        command = service.get("command", [""])
        script = command[-1].splitlines() if command[0] == "bash" else [shlex.join(command)]
        found += [line[1:] for line in map(shlex.split, script) if line[:1] == ["airflow"]]
    return found


@pytest.mark.parametrize("arguments", airflow_commands(), ids=" ".join)
def test_airflow_has_the_command(arguments: list[str]) -> None:
    assert callable(get_parser().parse_args(arguments).func)


class Reset(yaml.SafeLoader):
    """Reads compose's own tags as plain values."""


Reset.add_constructor("!reset", lambda loader, node: None)


def unknown(options: set[tuple[str, str]]) -> set[tuple[str, str]]:
    known = conf.configuration_description
    return {
        (section, option)
        for section, option in options
        if option not in known.get(section, {"options": ()})["options"]
    }


@pytest.mark.parametrize("file", FILES)
def test_airflow_knows_every_option(file: str) -> None:
    services = yaml.load((ROOT / file).read_text(), Reset)["services"]  # noqa: S506
    given = {name for service in services.values() for name in service.get("environment", ())}
    found = {
        tuple(name.removesuffix("_CMD").lower().split("__")[1:])
        for name in given
        if name.startswith("AIRFLOW__")
    }
    assert unknown(found) == set()
    for section, option in (name.lower().split("__")[1:] for name in given if name[-4:] == "_CMD"):
        assert conf.sensitive_config_values & {(section, option.removesuffix("_cmd"))}, option


@pytest.mark.parametrize("file", CHARTS, ids=lambda file: file.stem)
def test_airflow_knows_every_option_of_the_chart(file: Path) -> None:
    given = yaml.safe_load(file.read_text())["config"]
    found = {(section, option) for section, options in given.items() for option in options}
    assert len(found) > 5
    assert unknown(found) == set()


def test_a_celery_worker_can_be_started() -> None:
    """celery 5.7 lacks what the provider imports, and every worker ended at once."""
    provider = "airflow.providers.celery.executors"
    executor = importlib.import_module(f"{provider}.celery_executor")
    tools = importlib.import_module(f"{provider}.celery_executor_utils")
    assert executor.CeleryExecutor
    assert tools.create_celery_app


def test_a_worker_leaves_the_sign_of_life_that_its_health_check_looks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (command,) = SERVICES["worker"]["healthcheck"]["test"][1:]
    file = tmp_path / "heartbeat"
    check = ["sh", "-c", command.replace("$$", "$")]
    environment = os.environ | {"WORKER_HEARTBEAT_FILE": str(file)}
    assert subprocess.run(check, env=environment, capture_output=True, check=False).returncode
    monkeypatch.setenv("WORKER_HEARTBEAT_FILE", str(file))
    monkeypatch.setattr(sys, "argv", ["airflow", *SERVICES["worker"]["command"][1:]])
    runpy.run_path(str(ROOT / "include/airflow_local_settings.py"))
    heartbeat_sent.send(sender=None)
    subprocess.run(check, env=environment, check=True)
    os.utime(file, (0, 0))
    assert subprocess.run(check, env=environment, check=False).returncode


def test_pools_that_are_missing_are_made_and_the_others_left_alone(airflow_database: None) -> None:
    bring = runpy.run_path(str(ROOT / "scripts/pools.py"))["bring"]
    assert {*bring()} <= {*POOLS}
    with create_session() as session:
        pools = {pool: Pool.get_pool(pool, session=session) for pool in POOLS}
        assert {name: pool.slots for name, pool in pools.items()} == {
            name: slots for name, (slots, _) in POOLS.items()
        }
        pools["cbm_card"].slots = 7
        session.delete(pools["cbm_database"])
    assert bring() == ["cbm_database"]
    with create_session() as session:
        assert Pool.get_pool("cbm_card", session=session).slots == 7
        Pool.get_pool("cbm_card", session=session).slots = POOLS["cbm_card"][0]
