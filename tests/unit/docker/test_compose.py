"""docker-compose.yaml and Dockerfile, read and checked: no Docker engine is needed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dias_cbm.config import reference
from dias_cbm.config.values import PREFIX

ROOT = Path(__file__).resolve().parents[3]
COMPONENTS = {"api-server", "scheduler", "dag-processor", "triggerer", "worker"}
SECRETS = ("PASSWORD", "SECRET", "FERNET_KEY", "_URL", "RESULT_BACKEND", "SQL_ALCHEMY_CONN")
#: Addresses without a password.
ADDRESSES = {
    "AIRFLOW__API__BASE_URL",
    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
    "CBM_AIRFLOW_URL",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",
}
_VARIABLE = re.compile(r"\$\{(\w+)(:?[?-])?[^}]*\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yaml").read_text())


@pytest.fixture(scope="module")
def dockerfile() -> list[str]:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def settings_variables() -> set[str]:
    return {*reference.variables(), f"{PREFIX}CONFIG"}


@pytest.mark.parametrize("component", [*sorted(COMPONENTS), "init"])
def test_a_component_gets_every_variable_that_the_code_reads(
    component: str, compose: dict[str, Any]
) -> None:
    environment = compose["services"][component]["environment"]
    given = {name for name in environment if name.startswith(PREFIX)}
    # The address of the database has the password in it.
    assert settings_variables() - given <= {"CBM_DATABASE_URL", "CBM_DATABASE_READER_URL"}
    files = {f"{name}_FILE" for name in ("CBM_DATABASE_URL", "CBM_DATABASE_READER_URL")}
    assert given <= settings_variables() | files
    # The services of the platforms are too many to name: they come from a file.
    files = compose["services"][component]["env_file"]
    assert {"path": "platforms.env", "required": False} in files


_OUR_DATABASE = {"cbm_database_url", "airflow_database_url"}
_QUEUE = {"airflow_broker_url", "airflow_results_url"}
#: Service -> the secrets that it needs; an account file counts as one.
NEEDED = {
    "postgis": {"postgres_password"},
    "redis": {"redis_password"},
    "init": {
        "cbm_superuser_url", "airflow_database_url",
        "cbm_worker_password", "cbm_reader_password", "cbm_airflow_password",
    },
    "api-server": _OUR_DATABASE | {
        "cbm_reader_url", "airflow_fernet_key", "airflow_jwt_secret", "airflow_api_secret_key",
        "airflow_connections",
    },
    "scheduler": _QUEUE | {"airflow_database_url", "airflow_jwt_secret"},
    "dag-processor": _OUR_DATABASE | {
        "airflow_fernet_key", "airflow_api_secret_key", "airflow_connections",
    },
    "triggerer": _OUR_DATABASE | {
        "airflow_fernet_key", "airflow_api_secret_key", "airflow_connections", "accounts.env",
    },
    "worker": _OUR_DATABASE | _QUEUE | {
        "airflow_api_secret_key", "airflow_connections", "accounts.env",
    },
}  # fmt: skip
#: Variables of .env; none is secret.
PUBLIC = {
    "CBM_AIRFLOW_PORT", "CBM_AIRFLOW_URL", "CBM_CONFIG", "CBM_DATA", "CBM_EODATA", "CBM_IMAGE",
    "CBM_MAIL_TO", "CBM_SECRETS", "CBM_CHIPS_CACHE_FOLDER", "CBM_STORE_CACHE_FOLDER",
    "IMAGE_CPU", "IMAGE_REVISION", "POSTGIS_IMAGE", "POSTGRES_MEMORY", "PYTHON_IMAGE",
    "REDIS_IMAGE", "START_WAIT_S", "WORKER_CONCURRENCY", "WORKER_GRACE", "WORKER_HEARTBEAT_FILE",
    "WORKER_MEMORY",
}  # fmt: skip


def targets(service: dict[str, Any]) -> dict[str, str]:
    """Secret -> the name of its file in the container."""
    given = [
        {"source": one, "target": one} if isinstance(one, str) else one
        for one in service.get("secrets", [])
    ]
    return {one["source"]: one["target"] for one in given}


def test_each_service_has_the_secrets_that_it_needs_and_no_others(compose: dict[str, Any]) -> None:
    files = {
        name: {one["path"] for one in service.get("env_file", [])} - {"platforms.env"}
        for name, service in compose["services"].items()
    }
    found = {
        name: set(targets(service)) | files[name] for name, service in compose["services"].items()
    }
    assert found == NEEDED


def test_a_service_reads_every_secret_that_it_is_given(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        text = yaml.safe_dump({key: value for key, value in service.items() if key != "secrets"})
        read = set(re.findall(r"/run/secrets/([\w.]+)", text))
        # `cbm db roles` finds these by the names of the roles.
        roles = {"cbm_worker", "cbm_reader", "cbm_airflow"} if name == "init" else set()
        assert set(targets(service).values()) == read | roles, name


def test_every_secret_is_a_file_that_the_script_makes(compose: dict[str, Any]) -> None:
    script = (ROOT / "deploy/secrets.sh").read_text()
    assert {name for service in NEEDED.values() for name in service} - {"accounts.env"} == set(
        compose["secrets"]
    )
    for name, one in compose["secrets"].items():
        file = f"{name}.json" if name == "airflow_connections" else name
        assert one == {"file": f"${{CBM_SECRETS:-./secrets}}/{file}"}
        assert re.search(rf"make {name}\b", script), name


def test_nothing_in_an_environment_is_secret(compose: dict[str, Any]) -> None:
    text = yaml.safe_dump(compose["services"])
    assert {variable for variable, _ in _VARIABLE.findall(text)} <= PUBLIC


def test_the_page_has_the_same_table_of_secrets() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (`.*`) \|$", (ROOT / "docs/docker.md").read_text(), re.M)
    found = {name: set(re.findall("`([^`]+)`", secrets)) for name, secrets in rows}
    assert {name: found.get(name) for name in NEEDED} == NEEDED


def test_files_with_secrets_are_not_kept_by_git() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    files = {"/.env", "/accounts.env", "/connections.json", "/platforms.env", "/secrets/"}
    assert files <= set(ignored)


def test_the_image_has_the_pages_but_not_what_builds_them(dockerfile: list[str]) -> None:
    client, packages, project, image = "\n".join(dockerfile).split("FROM ")[1:]
    made = "include/dias_cbm/window/static"
    assert "RUN python scripts/client.py build" in client
    assert f"COPY --from=client /opt/cbm/{made} {made}" in project
    assert "requirements-client.txt" not in packages + project + image
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    # Files built here may be older than their sources.
    assert {made, "**/node_modules"} <= set(ignored)


@pytest.mark.parametrize("name", ["postgis", "redis"])
def test_a_foreign_image_is_pinned_to_a_version(name: str, compose: dict[str, Any]) -> None:
    """A variable names the same image by its digest, which only a registry knows."""
    given = re.fullmatch(r"\$\{[A-Z]+_IMAGE:-([\w/]+):(.+)\}", compose["services"][name]["image"])
    assert given
    assert re.search(r"\d+[.-]\d+", given[2])


def test_every_image_can_be_named_by_its_digest(
    compose: dict[str, Any], dockerfile: list[str]
) -> None:
    bases = [line.split()[1] for line in dockerfile if line.startswith("FROM ")]
    assert set(bases) == {"${PYTHON_IMAGE}", "packages"}
    default = dockerfile[0].removeprefix("ARG PYTHON_IMAGE=")
    services = compose["services"].values()
    built = {one["build"]["args"]["PYTHON_IMAGE"] for one in services if "build" in one}
    assert built == {f"${{PYTHON_IMAGE:-{default}}}"}
    page = (ROOT / "docs/docker.md").read_text()
    pulled = [one["image"] for one in services if "build" not in one]
    for image in [*pulled, f"${{PYTHON_IMAGE:-{default}}}"]:
        variable, name = re.fullmatch(r"\$\{(\w+):-(.+)\}", image).groups()  # type: ignore[union-attr]
        assert f"pin {variable} {name}\n" in page


def test_the_base_image_is_the_python_that_the_versions_were_locked_for(
    dockerfile: list[str],
) -> None:
    locked = re.search(r"--python-version (\S+)", (ROOT / "Makefile").read_text())
    image = re.match(r"ARG PYTHON_IMAGE=python:(\d+\.\d+)\.\d+-", dockerfile[0])
    assert locked
    assert image
    assert image[1] == locked[1]


@pytest.mark.parametrize("file", ["docker-compose.yaml", "docker-stack.yaml"])
def test_what_the_image_sets_is_not_unset(file: str, dockerfile: list[str]) -> None:
    """A variable without a value takes that of the shell, and without one the image's is gone."""
    (folders,) = [line for line in dockerfile if line.startswith("ENV") and "CBM_" in line]
    of_image = dict(re.findall(r"(CBM_\w+)=(\S+)", folders))
    assert {"CBM_CHIPS_CACHE_FOLDER", "CBM_STORE_CACHE_FOLDER"} <= set(of_image)
    for name, service in yaml.safe_load((ROOT / file).read_text())["services"].items():
        for variable in set(service.get("environment", {})) & set(of_image):
            given = service["environment"][variable]
            assert given, f"{name}: {variable}"
            if "made" not in of_image[variable]:
                assert given == f"${{{variable}:-{of_image[variable]}}}"


def test_the_image_does_not_run_as_root(dockerfile: list[str]) -> None:
    assert [line for line in dockerfile if line.startswith("USER ")][-1] == "USER cbm"


def test_the_image_copies_only_what_exists_and_is_not_ignored(dockerfile: list[str]) -> None:
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    for line in dockerfile:
        # What another stage has made is not copied from here.
        if line.startswith("COPY") and "--from=" not in line:
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


def test_passwords_are_never_written_out(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for variable, value in service["environment"].items() if "environment" in service else ():
            if any(word in variable for word in SECRETS) and variable not in ADDRESSES:
                assert variable.endswith(("_FILE", "_CMD", "_BACKEND", "_KWARGS")), variable
            assert not re.search(r"://[^/@]*:[^/@]+@", str(value)), f"{name}: {variable}"


def test_published_ports_are_for_this_machine_only(compose: dict[str, Any]) -> None:
    published = [
        port for service in compose["services"].values() for port in service.get("ports", [])
    ]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_every_named_volume_and_configuration_is_declared(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if not source.startswith("$"):
                assert source in compose["volumes"], name
        for configuration in service.get("configs", []):
            assert configuration["source"] in compose["configs"], name


def test_all_components_have_the_same_environment_but_for_secrets(compose: dict[str, Any]) -> None:
    """A worker that lacks a variable fails tasks that the scheduler has started."""
    own = {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",
        "AIRFLOW__SECRETS__BACKEND",
        "AIRFLOW__SECRETS__BACKEND_KWARGS",
    }
    environments = [compose["services"][name]["environment"] for name in sorted(COMPONENTS)]
    common = [
        {
            key: value
            for key, value in one.items()
            if key not in own and "/run/secrets/" not in str(value)
        }
        for one in environments
    ]
    assert all(one == common[0] for one in common)


def test_one_secret_has_one_value_everywhere(compose: dict[str, Any]) -> None:
    found: dict[str, set[str]] = {}
    for name in COMPONENTS | {"init"}:
        for key, value in compose["services"][name]["environment"].items():
            found.setdefault(key, set()).add(str(value))
    # The one that migrates and makes roles is a superuser, the others are not.
    assert found.pop("CBM_DATABASE_URL_FILE") == {
        "/run/secrets/cbm_database_url",
        "/run/secrets/cbm_superuser_url",
    }
    assert {key: values for key, values in found.items() if len(values) > 1} == {}


def lines(service: dict[str, Any]) -> list[list[str]]:
    """The commands that a service runs, its health check included, word by word."""
    command, check = service["command"], service["healthcheck"].get("test", ["CMD"])
    script = command[2].splitlines() if command[0] == "bash" else [shlex.join(command)]
    # What else a shell runs is of the system.
    script += [] if check[0] == "CMD-SHELL" else [shlex.join(check[1:])]
    return [shlex.split(line) for line in script if line]


@pytest.mark.parametrize("component", [*sorted(COMPONENTS), "init"])
def test_what_a_component_runs_is_there(component: str, compose: dict[str, Any]) -> None:
    for program, *arguments in lines(compose["services"][component]):
        installed = Path(sys.executable).with_name(program)
        assert installed.exists(), program
        if program == "python":
            assert (ROOT / arguments[0]).is_file(), arguments[0]
        if program == "cbm":
            subprocess.run([installed, *arguments, "--help"], check=True, capture_output=True)
