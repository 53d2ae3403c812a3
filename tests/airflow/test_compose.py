"""What docker-compose.yaml asks of Airflow, tried on the Airflow that is installed."""

from __future__ import annotations

import shlex
from typing import Any

import airflow_environment  # noqa: F401 - before Airflow is imported
import pytest
import yaml
from airflow.cli.cli_parser import get_parser
from airflow.configuration import conf
from airflow_environment import ROOT

SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]


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


def test_airflow_knows_every_option() -> None:
    given = {name for service in SERVICES.values() for name in service["environment"]}
    options = [name.split("__")[1:] for name in given if name.startswith("AIRFLOW__")]
    assert len(options) > 5
    known = conf.configuration_description
    for section, option in options:
        assert option.lower() in known[section.lower()]["options"], (section, option)


def test_the_health_check_of_a_worker_asks_an_app_that_is_there() -> None:
    words = shlex.split(SERVICES["worker"]["healthcheck"]["test"][1])
    module, _, name = words[words.index("--app") + 1].rpartition(".")
    assert hasattr(__import__(module, fromlist=[name]), name)
