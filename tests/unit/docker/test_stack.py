"""docker-stack.yaml: the compose file for many hosts, with secrets as files and one open port."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
#: What only a swarm has: logs that outlive a host, connections from a file, persons' logins, an
#: api-server for many tasks.
MORE = {
    "AIRFLOW__CORE__AUTH_MANAGER",
    "AIRFLOW__API__SECRET_KEY",
    "CBM_DATABASE_READER_URL",
    "CBM_PLATFORMS_MADE_STORE",
    "AIRFLOW__API__WORKERS",
    "AIRFLOW__CELERY__OPERATION_TIMEOUT",
    "AIRFLOW__LOGGING__DELETE_LOCAL_LOGS",
    "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER",
    "AIRFLOW__LOGGING__REMOTE_LOGGING",
    "AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID",
    "AIRFLOW__SECRETS__BACKEND",
    "AIRFLOW__SECRETS__BACKEND_KWARGS",
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT",
    "FORWARDED_ALLOW_IPS",
}
#: What it does without: nobody shares a password.
LESS = {
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS",
}
SECRET = re.compile("PASSWORD|SECRET|FERNET_KEY|_URL|RESULT_BACKEND|SQL_ALCHEMY_CONN")
PLAIN = {"CBM_AIRFLOW_URL", "AIRFLOW__API__BASE_URL", "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"}


@pytest.fixture(scope="module")
def stack() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-stack.yaml").read_text())


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yaml").read_text())


def default(text: str) -> str:
    """What a variable is if nobody sets it."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def plain(names: dict[str, Any]) -> set[str]:
    """Names of variables, whether they hold a value, its file, or a command that prints it."""
    return {
        name if "PASSWORDS_FILE" in name else re.sub("_(FILE|CMD)$", "", name) for name in names
    }


def test_it_has_the_services_of_the_compose_file_and_a_proxy(
    stack: dict[str, Any], compose: dict[str, Any]
) -> None:
    common = {name for name, one in compose["services"].items() if not one.get("profiles")}
    assert set(stack["services"]) == common | {"proxy"}
    for name in common:
        assert default(stack["services"][name]["image"]) == default(
            compose["services"][name]["image"]
        )


@pytest.mark.parametrize(
    "name", ["init", "api-server", "scheduler", "dag-processor", "triggerer", "worker"]
)
def test_a_component_has_the_same_variables(
    name: str, stack: dict[str, Any], compose: dict[str, Any]
) -> None:
    here = plain(stack["services"][name]["environment"])
    there = plain(compose["services"][name]["environment"])
    assert there - here <= LESS | MORE
    assert here - there <= MORE


def test_it_prepares_the_same_as_the_compose_file(
    stack: dict[str, Any], compose: dict[str, Any]
) -> None:
    here, there = (one["services"]["init"]["command"][-1] for one in (stack, compose))
    # The swarm knows no order, so it waits longer.
    here = here.replace("--wait 300", "--wait 60")
    wanted = [line for line in there.splitlines() if "admin_login" not in line]
    assert [line for line in wanted if line not in here.splitlines()] == []


def test_no_secret_is_in_an_environment(stack: dict[str, Any]) -> None:
    for service, one in stack["services"].items():
        for name, value in one.get("environment", {}).items():
            if value is None or name in PLAIN or not SECRET.search(name):
                continue
            assert "/run/secrets/" in str(value) or "LocalFilesystem" in value, (service, name)


def test_a_service_is_given_each_secret_that_it_reads_and_no_other(stack: dict[str, Any]) -> None:
    for name, one in stack["services"].items():
        given = {
            secret if isinstance(secret, str) else secret["target"]
            for secret in one.get("secrets", [])
        }
        text = yaml.safe_dump({key: value for key, value in one.items() if key != "secrets"})
        read = set(re.findall(r"/run/secrets/([\w.]+)", text))
        if name == "proxy":
            read |= set(
                re.findall(
                    r"CBM_CERTIFICATES\}/([\w.]+)", (ROOT / "deploy/proxy/nginx.conf").read_text()
                )
            )
        # `cbm db roles` finds these by the names of the roles.
        roles = {"cbm_worker", "cbm_reader", "cbm_airflow"} if name == "init" else set()
        assert given == read | roles, name


def test_all_secrets_are_made_outside_and_named_by_the_script(stack: dict[str, Any]) -> None:
    assert all(one == {"external": True} for one in stack["secrets"].values())
    script = (ROOT / "deploy/secrets.sh").read_text()
    assert [name for name in stack["secrets"] if name not in script] == []


def test_only_the_proxy_has_a_port(stack: dict[str, Any]) -> None:
    ports = {name: one["ports"] for name, one in stack["services"].items() if "ports" in one}
    assert list(ports) == ["proxy"]
    assert [port["published"] for port in ports["proxy"]] == [443]


def test_the_proxy_is_asked_by_the_name_that_it_answers_to(stack: dict[str, Any]) -> None:
    asked = stack["services"]["proxy"]["healthcheck"]["test"][-1]
    assert "--resolve $$CBM_HOST:443:127.0.0.1 https://$$CBM_HOST/" in asked


def test_the_swarm_starts_again_what_ends_but_for_init(stack: dict[str, Any]) -> None:
    rules = {
        name: one["deploy"]["restart_policy"]["condition"]
        for name, one in stack["services"].items()
    }
    assert rules.pop("init") == "none"
    assert set(rules.values()) == {"any"}


def test_the_network_is_encrypted_and_all_are_in_it(stack: dict[str, Any]) -> None:
    assert stack["networks"]["cbm"]["driver_opts"] == {"encrypted": ""}
    assert all(one["networks"] == ["cbm"] for one in stack["services"].values())


def test_what_the_swarm_ignores_is_not_written(stack: dict[str, Any]) -> None:
    ignored = {"build", "restart", "depends_on", "shm_size", "env_file", "container_name"}
    for name, one in stack["services"].items():
        assert not ignored & set(one), name
    assert [name for name, one in stack["configs"].items() if set(one) != {"file"}] == []
    for one in stack["configs"].values():
        assert (ROOT / default(one["file"])).is_file()


def test_data_stay_on_the_host_that_has_them(stack: dict[str, Any]) -> None:
    places = {name: one["deploy"].get("placement") for name, one in stack["services"].items()}
    assert places["postgis"] == {"constraints": ["node.labels.cbm.database == true"]}
    assert all(places.values())


def test_no_message_has_a_hyphen_which_docker_takes_for_a_default() -> None:
    messages = re.findall(r":\?([^}]*)\}", (ROOT / "docker-stack.yaml").read_text())
    assert len(messages) > 4
    assert [text for text in messages if "-" in text] == []
