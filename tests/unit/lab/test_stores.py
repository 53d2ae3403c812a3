"""The demo's choice of a store, kept in its run folder."""

import json
from pathlib import Path

import pytest

from dias_cbm.errors import ServiceError
from dias_cbm_lab.demo.environment import environment
from dias_cbm_lab.demo.folder import RunFolder
from dias_cbm_lab.demo.main_job import choose_store

PORTS = {"airflow": 8080, "dias": 8400, "smtp": 8025}
DATABASE = "postgresql://cbm@127.0.0.1:5432/cbm"


def test_a_folder_is_read_unless_something_else_is_chosen(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    choose_store(run, "files")
    assert not run.store_kind.exists()
    assert environment(run, PORTS, DATABASE)["CBM_PLATFORMS_LOCAL_STORE"] == f"files:{run.store}"
    choose_store(run, "s3")
    choose_store(run, "files")
    assert not run.store_kind.exists()


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("s3", "s3://eodata?endpoint=http://127.0.0.1:9000&region=us-east-1"),
        ("swift", "swift://eodata?auth=http://127.0.0.1:9000/auth/v1.0"),
    ],
)
def test_an_object_store_is_read_with_a_connection(tmp_path: Path, kind: str, address: str) -> None:
    run = RunFolder(tmp_path)
    choose_store(run, kind)
    made = environment(run, PORTS, DATABASE, "http://127.0.0.1:9000")
    assert made["CBM_PLATFORMS_LOCAL_STORE"] == address
    assert made["CBM_STORE_CACHE_FOLDER"] == str(tmp_path / "products")
    account = json.loads(made["AIRFLOW_CONN_CBM_STORE_LOCAL"])
    assert (account["conn_type"], account["login"]) == ("cbm_store", "test:tester")


def test_a_folder_stays_with_its_store(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    choose_store(run, "swift")
    run.ports.write_text("{}")
    choose_store(run, "swift")
    with pytest.raises(ServiceError, match="reads its products from swift"):
        choose_store(run, "files")
    with pytest.raises(ServiceError, match="no such store"):
        choose_store(run, "tape")
