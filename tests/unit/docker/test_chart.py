"""The values for Airflow's chart, read without the chart: images, secrets, and whose rights."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / "deploy/helm").glob("values-*.yaml"))


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def values(request: pytest.FixtureRequest) -> dict[str, Any]:
    return yaml.safe_load(request.param.read_text())


def words(value: Any, name: str = "") -> list[tuple[str, Any]]:
    """Every single value below, with the name that it has."""
    if isinstance(value, dict):
        return [found for key, one in value.items() for found in words(one, key)]
    if isinstance(value, list):
        return [found for one in value for found in words(one, name)]
    return [(name, value)]


def test_both_ways_are_there() -> None:
    assert [file.stem for file in FILES] == ["values-celery", "values-kubernetes"]


def test_every_image_is_ours_and_of_this_version(values: dict[str, Any]) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())
    tag = compose["services"]["worker"]["image"].rpartition(":")[2].rstrip("}")
    image = values["images"]["airflow"]
    assert (values["defaultAirflowRepository"], values["defaultAirflowTag"]) == (
        image["repository"],
        image["tag"],
    )
    assert image["tag"] == tag
    airflow = re.search(r"apache-airflow==([\d.]+)", (ROOT / "pyproject.toml").read_text())
    assert airflow
    assert values["airflowVersion"] == airflow[1]


def test_no_password_is_in_it_nor_made_by_default(values: dict[str, Any]) -> None:
    assert values["createUserJob"] == {"enabled": False}
    assert values["postgresql"] == {"enabled": False}
    for name, value in words(values):
        if re.search("pass|secret|fernet|token", name, re.IGNORECASE):
            assert re.search("Name$", name), name
        assert not re.search(r"://[^/@\s]*:[^/@\s]+@", str(value)), name
    for name in ("fernetKeySecretName", "apiSecretKeySecretName", "jwtSecretName"):
        assert values[name]
    assert values["data"]["metadataSecretName"]
    if "Celery" in values["executor"]:
        assert values["data"]["brokerUrlSecretName"]
        assert values["data"]["resultBackendSecretName"]
        assert values["redis"]["passwordSecretName"]


def test_nothing_runs_as_root_or_with_capabilities(values: dict[str, Any]) -> None:
    pod, container = values["securityContexts"]["pod"], values["securityContexts"]["containers"]
    user = re.search(r"--uid (\d+)", (ROOT / "Dockerfile").read_text())
    assert user
    assert pod["runAsNonRoot"]
    assert {values["uid"], pod["runAsUser"]} == {int(user[1])}
    assert container == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def test_no_sidecar_runs_what_the_image_lacks(values: dict[str, Any]) -> None:
    for name in ("scheduler", "dagProcessor", "triggerer", "workers"):
        assert values[name]["logGroomerSidecar"] == {"enabled": False}, name


def test_it_migrates_what_compose_migrates(values: dict[str, Any]) -> None:
    script = " ".join(values["migrateDatabaseJob"]["args"])
    compose = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())
    init = compose["services"]["init"]["command"][-1]
    for line in init.splitlines():
        # Logins are FAB's here, and roles of the database are made by its administrator.
        assert line in script or re.search("admin_login|db roles", line), line


def test_the_execution_api_is_closed_to_the_world(values: dict[str, Any]) -> None:
    """The first path that fits counts, and the chart puts these before its own."""
    (first,) = values["ingress"]["apiServer"]["precedingPaths"]
    assert (first["path"], first["pathType"]) == ("/execution", "Prefix")
    # The chart's own are called after the release and a component, never so.
    assert first["serviceName"] == "cbm-closed"


def test_paths_are_those_of_the_image(values: dict[str, Any]) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert f"AIRFLOW__CORE__DAGS_FOLDER={values['config']['core']['dags_folder']}" in dockerfile
    assert "airflow_local_settings.py /opt/airflow/config/" in dockerfile
    # The chart would mount its own over it.
    assert values["airflowLocalSettings"] is None


def test_what_is_mounted_is_declared(values: dict[str, Any]) -> None:
    mounted = {one["name"] for one in values["volumeMounts"]}
    assert mounted == {one["name"] for one in values["volumes"]}
    for listed in ("extraEnv", "extraEnvFrom"):
        assert isinstance(yaml.safe_load(values[listed]), list)


def test_options_are_those_of_airflow(values: dict[str, Any]) -> None:
    assert values["executor"] in ("KubernetesExecutor", "CeleryExecutor,KubernetesExecutor")
    assert values["config"]["core"]["auth_manager"].startswith("airflow.providers.fab.")
    locked = (ROOT / "requirements.txt").read_text()
    for provider in ("cncf-kubernetes", "fab"):
        assert f"\napache-airflow-providers-{provider}==" in locked
