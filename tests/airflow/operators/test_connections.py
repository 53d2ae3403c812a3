from __future__ import annotations

import json

import pytest
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from psycopg.conninfo import conninfo_to_dict

from dias_cbm_airflow.operators.connections import (
    conninfo,
    database_url,
    store_credentials,
)

PASSWORD = "p'a ss@/%"


def given(**fields: object) -> dict[str, str]:
    connection = Connection(conn_id="cbm_postgres", conn_type="postgres", **fields)  # type: ignore[arg-type]
    return conninfo_to_dict(conninfo(connection))


def test_every_part_is_handed_on_as_it_is() -> None:
    parts = given(host="db.example.org", port=5433, login="cbm", password=PASSWORD, schema="season")
    assert parts == {
        "host": "db.example.org",
        "port": "5433",
        "user": "cbm",
        "password": PASSWORD,
        "dbname": "season",
    }


def test_a_socket_folder_may_stand_for_the_host() -> None:
    assert given(host="/run/postgresql", schema="cbm")["host"] == "/run/postgresql"


def test_extras_of_airflow_are_left_out() -> None:
    extra = json.dumps({"sslmode": "require", "cursor": "dictcursor"})
    assert given(host="db", extra=extra) == {"host": "db", "sslmode": "require"}


def test_the_connection_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CBM_POSTGRES", "postgres://cbm@db:5432/season")
    url = database_url()
    assert url is not None
    expected = {"host": "db", "port": "5432", "user": "cbm", "dbname": "season"}
    assert conninfo_to_dict(url) == expected


def test_without_a_connection_the_setting_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(conn_id: str) -> None:
        raise AirflowNotFoundException(conn_id)

    monkeypatch.setattr(BaseHook, "get_connection", missing)
    assert database_url() is None


def test_credentials_of_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    def connection(conn_id: str) -> Connection:
        if conn_id != "cbm_store_my_archive":
            raise AirflowNotFoundException(conn_id)
        fields = {"login": "key", "password": "hidden", "extra": '{"aws_session_token": "t"}'}
        return Connection(conn_id=conn_id, conn_type="aws", **fields)  # type: ignore[arg-type]

    monkeypatch.setattr(BaseHook, "get_connection", connection)
    found = store_credentials("my-archive")
    assert found is not None
    assert (found.user, found.secret, found.token) == ("key", "hidden", "t")
    assert store_credentials("cdse") is None
