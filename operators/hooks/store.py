"""The hook behind connections of the type ``cbm_store``: a platform's product store."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseHook


class StoreHook(BaseHook):
    """Opens and tests the product store of a connection ``cbm_store_<platform>``.

    :param cbm_store_conn_id: id of the connection.
    """

    conn_name_attr = "cbm_store_conn_id"
    default_conn_name = "cbm_store_cdse"
    conn_type = "cbm_store"
    hook_name = "DIAS store"

    def __init__(self, cbm_store_conn_id: str = default_conn_name, **options: Any) -> None:
        super().__init__(**options)
        self.conn_id = cbm_store_conn_id

    def get_conn(self) -> Any:
        """The store."""
        from dias_cbm.storage import credentials_from, open_store
        from dias_cbm_airflow.operators.connections import credentials_in, platform_of

        connection = self.get_connection(self.conn_id)
        credentials = credentials_in(connection)
        with credentials_from(lambda platform: credentials):
            return open_store(platform_of(connection))

    def test_connection(self) -> tuple[bool, str]:
        """Ask for an object that no store has: only valid credentials get "not found"."""
        from dias_cbm.errors import CbmError
        from dias_cbm.installation.services import press_store

        try:
            return True, press_store(self.get_conn())
        except CbmError as error:
            return False, str(error)
