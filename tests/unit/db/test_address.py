"""An address of the database that cannot be used is refused without its password."""

from __future__ import annotations

import traceback

import pytest

from dias_cbm.db.address import parse
from dias_cbm.db.connection import connect
from dias_cbm.errors import SettingsError

SECRET = "s3cr"
BAD = [
    "postgresql://cbm:p%s3cr@localhost/cbm",
    "postgresql://cbm:p@s3cr@localhost/cbm",
    "postgresql://cbm:p@[s3cr@localhost/cbm",
    "postgresql://cbm:p/s3cr@localhost/cbm",
    "postgresql://cbm:12/s3cr@localhost/cbm",
    "postgresql://cbm:p?s3cr@localhost/cbm",
    "postgresql://cbm:12?s3cr=1@localhost/cbm",
    "postgresql://cbm:12?application_name=s3cr@localhost/cbm",
    "postgresql://cbm:p#s3cr@localhost/cbm",
    "postgresql://cbm:12#s3cr@localhost/cbm",
    "postgresql://cbm@localhost:s3cr/cbm",
    "cbm:s3cr@localhost/cbm",
    "//cbm:s3cr@localhost/cbm",
    "http://cbm:s3cr@localhost/cbm",
    "mysql://cbm:s3cr@localhost/cbm?a=b",
    "postgresql:cbm:s3cr@localhost/cbm",
    "host=localhost password=p s3cr",
    "host=localhost password=p s3cr=1",
    "host=localhost password='s3cr",
    "host=localhost port=s3cr",
]


@pytest.mark.parametrize("url", BAD)
def test_a_password_is_not_in_the_refusal(url: str) -> None:
    with pytest.raises(SettingsError, match="not an address of PostgreSQL") as refused:
        connect(url)
    assert SECRET not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize(
    ("url", "part", "value"),
    [
        ("postgresql://cbm:p%40s@localhost:5433/cbm", "password", "p@s"),
        ("postgresql://cbm:p[s@localhost/cbm", "password", "p[s"),
        ("postgresql://cbm@[::1]:5433/cbm", "host", "::1"),
        ("postgresql:///cbm?host=/run/postgresql&port=5433", "host", "/run/postgresql"),
        ("postgresql://cbm@one:1,two:2/cbm", "host", "one,two"),
        ("postgresql://u:p@host/cbm?options=-c%20x%3Dy@z", "host", "host"),
        ("host=localhost password='p@ s'", "password", "p@ s"),
        ("dbname=cbm", "dbname", "cbm"),
        ("", "dbname", None),
    ],
)
def test_a_good_address_is_taken(url: str, part: str, value: str | None) -> None:
    assert parse(url).get(part) == value
