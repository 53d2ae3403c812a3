"""The connection types of catalogues and stores, and what their test button says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import BaseHook, Connection
from airflow.sdk.module_loading import import_string
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

from dias_cbm.catalogue.accounts import Account, accounts_from, service_of
from dias_cbm.errors import SettingsError
from dias_cbm_airflow.operators.connections import account_of, platform_of
from dias_cbm_airflow.operators.hooks.dias import DiasHook
from dias_cbm_airflow.operators.hooks.store import StoreHook


def connection(conn_id: str = "abcdef", **fields: Any) -> Connection:
    return Connection(conn_id=conn_id, conn_type="cbm_store", **fields)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Any:
    def give(**fields: Any) -> None:
        made = staticmethod(lambda conn_id: connection(**fields))
        monkeypatch.setattr(BaseHook, "get_connection", made)

    return give


def test_airflow_knows_both_types(airflow_database: None) -> None:
    manager = ProvidersManagerTaskRuntime()
    for conn_type, hook in (("cbm_dias", DiasHook), ("cbm_store", StoreHook)):
        info = manager.hooks[conn_type]
        assert info is not None
        assert import_string(info.hook_class_name) is hook
        assert (info.connection_type, info.hook_name) == (conn_type, hook.hook_name)
        assert info.connection_testable


def test_whose_a_connection_is() -> None:
    assert platform_of(connection("cbm_dias_cdse_stac")) == "cdse-stac"
    assert platform_of(connection("cbm_store_onda")) == "onda"
    assert platform_of(connection("cbm_store_onda", schema="cdse")) == "cdse"
    # The test button gives a connection another id.
    for name in ("qwertz", "cbm_store_nowhere"):
        with pytest.raises(SettingsError, match="whose it is"):
            platform_of(connection(name))


def test_an_account_wins_over_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBM_PLATFORMS_WEKEO_USERNAME", "setting")
    entered = account_of(connection(host="https://mirror.test", login="me", password="hidden"))
    assert "hidden" not in repr(entered)
    with accounts_from({"wekeo": entered}.get):
        service = service_of("wekeo")
        assert (service.catalogue_url, service.username) == ("https://mirror.test", "me")
        assert service.password == "hidden"
        assert service_of("cdse").username == ""
    with accounts_from({"wekeo": Account(url="https://mirror.test")}.get):
        assert service_of("wekeo").username == "setting"


def test_the_button_of_a_store(given: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBM_PLATFORMS_ONDA_STORE", f"files:{tmp_path}")
    given(schema="onda")
    assert StoreHook("x").test_connection() == (True, "the store of onda answers")
    monkeypatch.setenv("CBM_PLATFORMS_ONDA_STORE", f"files:{tmp_path}/away")
    works, said = StoreHook("x").test_connection()
    assert not works
    assert "is it mounted" in said
    monkeypatch.setenv("CBM_PLATFORMS_ONDA_STORE", "s3://eodata?endpoint=http://127.0.0.1:9")
    monkeypatch.setenv("CBM_HTTP_ATTEMPTS", "1")
    given(schema="onda", login="key", password="hidden")
    works, said = StoreHook("x").test_connection()
    assert not works
    assert "does not answer" in said
    assert "hidden" not in said


def test_the_button_of_a_catalogue(given: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from odata_service import ODataService, served

    monkeypatch.setenv("CBM_HTTP_ATTEMPTS", "1")
    with served(ODataService()) as url:
        given(schema="cdse", host=url)
        assert DiasHook("x").test_connection() == (True, "the catalogue of cdse answers")
    works, said = DiasHook("x").test_connection()
    assert not works
    assert url in said
    given()
    assert "whose it is" in DiasHook("x").test_connection()[1]


def test_the_fields_are_what_airflow_takes() -> None:
    from dias_cbm_airflow.operators.provider import provider

    assert json.loads(json.dumps(provider())) == provider()
