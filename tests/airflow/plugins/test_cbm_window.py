"""The plugin is light for every component that imports it, and shut to the anonymous."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
pytestmark = pytest.mark.usefixtures("airflow_database")


def test_the_plugin_itself_imports_nothing_heavy() -> None:
    code = (
        "import sys, airflow.plugins_manager; before = set(sys.modules); import cbm_window;"
        " print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PLUGINS, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["cbm_window"]


@pytest.mark.parametrize("folder", [None, PLUGINS])
def test_airflow_finds_it_by_entry_point_and_by_folder(folder: Path | None, tmp_path: Path) -> None:
    code = (
        "from airflow import plugins_manager;"
        " print(*(one['source'] for one in plugins_manager.get_plugin_info()"
        " if one['name'] == 'cbm_window'), len(plugins_manager.get_import_errors()))"
    )
    chosen = str(folder or tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"AIRFLOW__CORE__PLUGINS_FOLDER": chosen},
        capture_output=True,
        text=True,
        check=True,
    )
    source, _, errors = done.stdout.splitlines()[-1].rpartition(" ")
    assert ("cbm_window.py" in source) if folder else ("dias-cbm" in source)
    # By both ways at once it is registered once, and Airflow names the other one.
    assert errors == ("1" if folder else "0")


def test_airflow_does_not_take_the_host_for_a_plugin() -> None:
    assert "airflow_host.py" in (PLUGINS / ".airflowignore").read_text().split()


def test_the_line_on_the_dashboard_is_a_file_of_the_window() -> None:
    from fastapi.testclient import TestClient

    from dias_cbm_airflow.plugins.cbm_window import CbmWindow, window

    (view,) = CbmWindow.react_apps
    prefix = CbmWindow.fastapi_apps[0]["url_prefix"].strip("/")
    place = view["bundle_url"].removeprefix(prefix)
    # What it asks for lies beside its own address: a redirection would make that another one.
    reply = TestClient(window).get(place, follow_redirects=False)
    assert reply.status_code == 200
    assert "javascript" in reply.headers["content-type"]
    assert f'globalThis["{view["name"]}"]' in reply.text
    # Without it Airflow leaves the view out.
    assert view["url_route"]


@pytest.mark.parametrize(
    "path", ["/", "/seasons/dk-2018", "/seasons/dk-2018/gaps.json", "/api/v1/seasons"]
)
def test_without_login_there_is_nothing_to_see(path: str) -> None:
    from fastapi.testclient import TestClient

    from dias_cbm_airflow.plugins.cbm_window import window

    reply = TestClient(window, raise_server_exceptions=False).get(path)
    assert reply.status_code == 401
    assert "dk-2018" not in reply.text
