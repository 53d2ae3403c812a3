"""Provider metadata: the connection types that the installed package adds to Airflow."""

from __future__ import annotations

from typing import Any

#: Label of the field for the platform's name, which other connections call the schema.
_PLATFORM = {"schema": "Platform"}


def provider() -> dict[str, Any]:
    """The connection types ``cbm_dias`` and ``cbm_store``, with the hooks that test them."""
    return {
        "package-name": "dias-cbm",
        "name": "Checks by monitoring",
        "description": "Catalogues and stores of the Copernicus DIAS platforms",
        "connection-types": [
            {
                "connection-type": "cbm_dias",
                "hook-name": "DIAS catalogue",
                "hook-class-name": "dias_cbm_airflow.operators.hooks.dias.DiasHook",
                "ui-field-behaviour": {
                    "hidden-fields": ["port", "extra"],
                    "relabeling": {**_PLATFORM, "host": "Address, if not that of the settings"},
                    "placeholders": {"schema": "cdse"},
                },
            },
            {
                "connection-type": "cbm_store",
                "hook-name": "DIAS store",
                "hook-class-name": "dias_cbm_airflow.operators.hooks.store.StoreHook",
                "ui-field-behaviour": {
                    "hidden-fields": ["host", "port"],
                    "relabeling": {**_PLATFORM, "login": "Key or user", "password": "Secret"},
                    "placeholders": {"schema": "cdse", "extra": '{"aws_session_token": ""}'},
                },
            },
        ],
    }
