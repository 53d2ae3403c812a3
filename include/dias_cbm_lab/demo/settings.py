"""Settings of the test bench: folder and ports, from the environment alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from dias_cbm.errors import SettingsError


@dataclass(frozen=True, slots=True)
class LabSettings:
    """Where the demo runs.

    :param run_folder: folder for its data; relative to the checkout.
    :param pg_port: of the private PostgreSQL; for every port, the next free one if it is taken.
    :param airflow_port: of Airflow's pages.
    :param dias_port: of the local DIAS.
    :param smtp_port: of the mailbox.
    """

    run_folder: str = ".run"
    pg_port: int = 54321
    airflow_port: int = 8080
    dias_port: int = 8400
    smtp_port: int = 8025


def lab_settings(environ: Mapping[str, str] | None = None) -> LabSettings:
    """The settings from ``CBM_RUN_FOLDER``, ``CBM_PG_PORT`` and so on, or their defaults.

    :param environ: instead of the process environment.
    :raises SettingsError: a port that is not a number; the variable is named.
    """
    environ = os.environ if environ is None else environ
    plain = LabSettings()
    return LabSettings(
        environ.get("CBM_RUN_FOLDER") or plain.run_folder,
        _port("CBM_PG_PORT", plain.pg_port, environ),
        _port("CBM_AIRFLOW_PORT", plain.airflow_port, environ),
        _port("CBM_DIAS_PORT", plain.dias_port, environ),
        _port("CBM_SMTP_PORT", plain.smtp_port, environ),
    )


def _port(name: str, default: int, environ: Mapping[str, str]) -> int:
    value = environ.get(name) or str(default)
    if not value.isdecimal():
        raise SettingsError(f"{value!r} is not a port", subject=name, hint=f"such as {default}")
    return int(value)
