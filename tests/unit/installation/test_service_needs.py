from __future__ import annotations

import pytest

from dias_cbm.errors import SettingsError
from dias_cbm.installation.service_needs import NEEDS, check_port, refused


@pytest.mark.parametrize("port", ["0", "-1", "65536", "99999999999999999999", "http"])
def test_a_port_that_is_not_one_is_a_sentence(port: str) -> None:
    with pytest.raises(SettingsError, match=f"AIRFLOW__API__PORT: is not a port: {port}"):
        check_port(NEEDS["api-server"], {"AIRFLOW__API__PORT": port})
    check_port(NEEDS["worker"], {"AIRFLOW__API__PORT": port})


@pytest.mark.parametrize(
    ("message", "waits"),
    [
        ('FATAL:  password authentication failed for user "cbm"', False),
        ('FATAL:  permission denied for database "cbm"\nDETAIL:  no CONNECT privilege.', False),
        ("FATAL:  the database system is starting up", True),
        ("FATAL:  sorry, too many clients already", True),
        ('FATAL:  database "cbm_airflow" does not exist', True),
    ],
)
def test_only_what_may_pass_is_waited_for(message: str, waits: bool) -> None:
    assert refused(Exception(message)) is not waits
