"""What the files for Docker and Kubernetes ask of Airflow, tried on the one that is installed."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import airflow_environment  # noqa: F401 - before Airflow is imported
import pytest
import yaml
from airflow.cli.cli_parser import get_parser
from airflow.configuration import conf
from airflow_environment import ROOT

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


def test_the_health_check_of_a_worker_asks_an_app_that_is_there() -> None:
    words = shlex.split(SERVICES["worker"]["healthcheck"]["test"][1])
    module, _, name = words[words.index("--app") + 1].rpartition(".")
    assert hasattr(__import__(module, fromlist=[name]), name)
