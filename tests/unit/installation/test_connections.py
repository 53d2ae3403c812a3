"""Connections of Airflow, read from the environment and said without their passwords."""

import json

import pytest

from dias_cbm.errors import SettingsError
from dias_cbm.installation.connections import Connection, conninfo, in_environment, of_database

URL = "postgresql://cbm:p%40ss@db.example:5433/cbm?sslmode=require"


def test_an_address_of_a_database_becomes_a_connection_and_back() -> None:
    connection = of_database("cbm_postgres", URL)
    assert connection == Connection(
        "cbm_postgres",
        "postgres",
        "db.example",
        5433,
        "cbm",
        "p@ss",
        "cbm",
        {"sslmode": "require"},
    )
    again = conninfo(connection)
    assert "host=db.example port=5433 user=cbm" in again
    assert "sslmode=require" in again


def test_a_password_is_neither_shown_nor_said() -> None:
    connection = of_database("cbm_postgres", URL)
    assert "p@ss" not in repr(connection)
    assert "p@ss" not in connection.command()
    assert connection.command().endswith("--conn-password ...")
    with pytest.raises(SettingsError) as caught:
        of_database("cbm_postgres", "postgresql//cbm:p@ss@db")
    assert "p@ss" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(
            {
                "conn_type": "smtp",
                "host": "mail.example",
                "port": 2525,
                "login": "me",
                "password": "a b",
                "extra": {"disable_ssl": True},
            }
        ),
        json.dumps(
            {
                "conn_type": "smtp",
                "host": "mail.example",
                "port": "2525",
                "login": "me",
                "password": "a b",
                "extra": '{"disable_ssl": true}',
            }
        ),
        "smtp://me:a%20b@mail.example:2525/?disable_ssl=True",
    ],
)
def test_the_environment_says_it_as_json_or_as_an_address(text: str) -> None:
    found = in_environment("cbm_smtp", {"AIRFLOW_CONN_CBM_SMTP": text})
    assert found is not None
    assert (found.conn_type, found.host, found.port) == ("smtp", "mail.example", 2525)
    assert (found.login, found.password) == ("me", "a b")
    assert str(found.extra["disable_ssl"]) == "True"


def test_without_the_variable_there_is_none() -> None:
    assert in_environment("cbm_smtp", {}) is None


@pytest.mark.parametrize("text", ['{"host": s3cr3t', "smtp://me:s3cr3t@host:port/"])
def test_what_cannot_be_read_is_named_and_not_repeated(text: str) -> None:
    with pytest.raises(SettingsError, match="AIRFLOW_CONN_CBM_SMTP") as caught:
        in_environment("cbm_smtp", {"AIRFLOW_CONN_CBM_SMTP": text})
    assert "s3cr3t" not in str(caught.value)
