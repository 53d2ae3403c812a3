from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from dias_cbm.config.settings import settings
from dias_cbm_lab.demo import environment as env
from dias_cbm_lab.demo.folder import RunFolder, run_folder, write_private

PORTS = {"airflow": 18080, "dias": 18400, "smtp": 18025}
URL = "postgresql://user:p%40ss@db.example:5433/cbm?sslmode=require"


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def test_the_environment_gives_tasks_the_local_platform(run: RunFolder) -> None:
    environment = env.environment(run, PORTS, URL)
    read = settings(environment)
    assert read.platform == "local"
    assert read.database.url == URL
    assert read.service("local").catalogue_url == "http://127.0.0.1:18400/odata/v1"
    assert read.service("local").store == f"files:{run.root}/demo/eodata"
    assert read.airflow.url == "http://127.0.0.1:18080"
    assert read.engines("bs") == read.engines("c6") == ("ready", "embedded")
    assert read.engines("s2") == ("ready",)
    assert read.card.dem == f"{run.root}/demo/dem.tif"
    assert read.known("made").store == f"files:{run.root}/made"


def test_every_address_is_of_this_machine(run: RunFolder) -> None:
    environment = env.environment(run, PORTS, URL)
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert json.loads(environment["AIRFLOW_CONN_CBM_SMTP"])["host"] == "127.0.0.1"
    execution = environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
    assert execution == "http://127.0.0.1:18080/execution/"


def test_another_airflow_of_the_caller_is_left_out(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "KubernetesExecutor")
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", "postgres://elsewhere")
    monkeypatch.setenv("CBM_OUTLIERS_REVIEW_SHARE", "0.1")
    environment = env.environment(run, PORTS, URL)
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert "AIRFLOW_CONN_OTHER" not in environment
    assert environment["CBM_OUTLIERS_REVIEW_SHARE"] == "0.1"


def test_the_connection_holds_the_parts_of_the_database_url(run: RunFolder) -> None:
    connection = json.loads(env.environment(run, PORTS, URL)["AIRFLOW_CONN_CBM_POSTGRES"])
    assert connection == {
        "conn_type": "postgres",
        "host": "db.example",
        "port": 5433,
        "login": "user",
        "password": "p@ss",
        "schema": "cbm",
        "extra": {"sslmode": "require"},
    }


def test_airflow_has_a_database_of_its_own_beside_ours() -> None:
    metadata = env.metadata_url(URL)
    assert metadata == "postgresql://user:p%40ss@db.example:5433/cbm_airflow?sslmode=require"
    assert env.sqlalchemy_url(metadata) == metadata.replace("postgresql:", "postgresql+psycopg2:")


def test_secrets_are_made_once_and_private(run: RunFolder) -> None:
    first = env.environment(run, PORTS, URL)
    again = env.environment(run, PORTS, URL)
    names = ("API__SECRET_KEY", "API_AUTH__JWT_SECRET", "CORE__FERNET_KEY")
    assert len({first[f"AIRFLOW__{name}"] for name in names}) == len(names)
    assert first == again
    files = list((run.airflow / "secrets").iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_password_is_made_once_and_private(run: RunFolder) -> None:
    env.prepare_home(run)
    password = env.password(run)
    assert len(password) >= 16
    env.prepare_home(run)
    assert env.password(run) == password
    assert stat.S_IMODE(run.passwords.stat().st_mode) == 0o600


def test_the_password_is_shown_once(run: RunFolder) -> None:
    env.prepare_home(run)
    assert env.first_showing(run)
    assert not env.first_showing(run)


def test_the_preload_file_is_where_airflow_reads_it(run: RunFolder) -> None:
    env.prepare_home(run)
    preload = run.airflow / "config" / "airflow_local_settings.py"
    assert '"scheduler" in sys.argv' in preload.read_text()


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "secret"
    write_private(file, "one")
    write_private(file, "two")
    assert file.read_text() == "two"
    assert [found.name for found in file.parent.iterdir()] == ["secret"]


def test_the_run_folder_is_a_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CBM_RUN_FOLDER", str(tmp_path / "elsewhere"))
    assert run_folder().root == tmp_path / "elsewhere"
    assert run_folder(Path("here")).root.name == "here"
