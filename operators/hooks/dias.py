"""The hook behind connections of the type ``cbm_dias``: a platform's catalogue."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseHook


class DiasHook(BaseHook):
    """Opens and tests the catalogue of a connection ``cbm_dias_<platform>``.

    :param cbm_dias_conn_id: id of the connection.
    """

    conn_name_attr = "cbm_dias_conn_id"
    default_conn_name = "cbm_dias_cdse"
    conn_type = "cbm_dias"
    hook_name = "DIAS catalogue"

    def __init__(self, cbm_dias_conn_id: str = default_conn_name, **options: Any) -> None:
        super().__init__(**options)
        self.conn_id = cbm_dias_conn_id

    def get_conn(self) -> Any:
        """Open the catalogue; close it when done."""
        from dias_cbm.catalogue import open_catalogue
        from dias_cbm.catalogue.accounts import accounts_from
        from dias_cbm_airflow.operators.connections import account_of, platform_of

        connection = self.get_connection(self.conn_id)
        account = account_of(connection)
        with accounts_from(lambda platform: account):
            return open_catalogue(platform_of(connection))

    def test_connection(self) -> tuple[bool, str]:
        """Ask for one hour of acquisitions, which any working catalogue can answer."""
        from contextlib import closing

        from dias_cbm.errors import CbmError
        from dias_cbm.installation.services import press_catalogue

        try:
            with closing(self.get_conn()) as catalogue:
                return True, press_catalogue(catalogue)
        except CbmError as error:
            return False, str(error)
