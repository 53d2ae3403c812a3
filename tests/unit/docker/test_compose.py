"""docker-compose.yaml and Dockerfile, read and checked: no Docker engine is needed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dias_cbm.config.settings import defaults
from dias_cbm.config.values import PREFIX

ROOT = Path(__file__).resolve().parents[3]
COMPONENTS = {"api-server", "scheduler", "dag-processor", "triggerer", "worker"}
SECRETS = ("PASSWORD", "SECRET", "FERNET_KEY", "_URL", "RESULT_BACKEND", "SQL_ALCHEMY_CONN")
_VARIABLE = re.compile(r"\$\{(\w+)(:?[?-])?[^}]*\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yaml").read_text())


@pytest.fixture(scope="module")
def dockerfile() -> list[str]:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def settings_variables() -> set[str]:
    return {f"{PREFIX}{name.upper()}" for name in defaults()} | {f"{PREFIX}CONFIG"}


def test_the_services_are_those_of_the_documentation(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {*COMPONENTS, "postgis", "redis", "init"}


@pytest.mark.parametrize("component", [*sorted(COMPONENTS), "init"])
def test_a_component_gets_every_variable_that_the_code_reads(
    component: str, compose: dict[str, Any]
) -> None:
    environment = compose["services"][component]["environment"]
    given = {name for name in environment if name.startswith(PREFIX)}
    assert given == settings_variables()
    # The services of the platforms are too many to name: they come from a file.
    files = compose["services"][component]["env_file"]
    assert files == [{"path": "platforms.env", "required": False}]


@pytest.mark.parametrize("name", ["postgis", "redis"])
def test_a_foreign_image_is_pinned_to_a_version(name: str, compose: dict[str, Any]) -> None:
    image, _, tag = compose["services"][name]["image"].partition(":")
    assert image
    assert re.search(r"\d+[.-]\d+", tag)


def test_the_base_image_is_the_python_of_the_project(dockerfile: list[str]) -> None:
    assert re.fullmatch(r"FROM python:3\.11\.\d+-slim-bookworm", dockerfile[0])


def test_the_image_does_not_run_as_root(dockerfile: list[str]) -> None:
    assert dockerfile[-1] == "USER cbm"


def test_the_image_copies_only_what_exists_and_is_not_ignored(dockerfile: list[str]) -> None:
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    for line in dockerfile:
        if line.startswith("COPY"):
            for source in line.split()[1:-1]:
                assert source.split("/")[0] in allowed
                assert (ROOT / source).exists(), source


@pytest.mark.parametrize("name", ["postgis", "redis", *sorted(COMPONENTS)])
def test_a_service_has_a_health_check(name: str, compose: dict[str, Any]) -> None:
    check = compose["services"][name]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert check["retries"] > 1


def test_tasks_start_after_the_api_that_they_report_to(compose: dict[str, Any]) -> None:
    for name in COMPONENTS - {"api-server"}:
        waits = compose["services"][name]["depends_on"]
        assert waits["api-server"]["condition"] == "service_healthy"
    waits = compose["services"]["api-server"]["depends_on"]
    assert waits["init"]["condition"] == "service_completed_successfully"


def test_no_secret_has_a_default(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            if value is None or not any(word in name for word in SECRETS):
                continue
            for variable, operator in _VARIABLE.findall(str(value)):
                if re.search("PASSWORD|SECRET|KEY", variable):
                    assert operator == ":?", f"{name}: {variable} may be empty or has a default"


def test_passwords_are_never_written_out(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            if re.search("PASSWORD$|SECRET|FERNET_KEY|JWT", name):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), name
            written_out = _VARIABLE.sub("", str(value))
            assert not re.search(r"://[^/@]*:[^/@]+@", written_out), name


def test_published_ports_are_for_this_machine_only(compose: dict[str, Any]) -> None:
    published = [
        port for service in compose["services"].values() for port in service.get("ports", [])
    ]
    assert published == ["127.0.0.1:${CBM_AIRFLOW_PORT:-8080}:8080"]


def test_every_named_volume_and_configuration_is_declared(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if not source.startswith("$"):
                assert source in compose["volumes"], name
        for configuration in service.get("configs", []):
            assert configuration["source"] in compose["configs"], name


def test_a_worker_runs_the_executor_that_the_scheduler_uses(compose: dict[str, Any]) -> None:
    environment = compose["services"]["scheduler"]["environment"]
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert environment == compose["services"]["worker"]["environment"]
    assert compose["services"]["worker"]["command"] == ["airflow", "celery", "worker"]
