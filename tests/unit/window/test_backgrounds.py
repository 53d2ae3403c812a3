"""Backgrounds of the map, and what the policy of the pages makes of them."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from window_host import READER, StandIn

from dias_cbm.errors import SettingsError
from dias_cbm.window.app import application
from dias_cbm.window.headers import CSP, policy
from dias_cbm.window.map.backgrounds import Background, backgrounds

TILES = "https://Tiles.example:8443/{z}/{x}/{y}.png"
WMS = "http://wms.example/?layers=a&bbox={bbox-epsg-3857}"


def test_a_background_has_a_name_an_address_and_a_host() -> None:
    assert backgrounds([f"Roads = {TILES}", f"Photos={WMS}"]) == [
        Background("Roads", TILES, "https://tiles.example:8443"),
        Background("Photos", WMS, "http://wms.example"),
    ]
    assert backgrounds() == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        TILES,
        f"={TILES}",
        "Roads=",
        "Roads=https://tiles.example/map.png",
        "Roads=/{z}/{x}/{y}.png",
        "Roads=data:{z}/{x}/{y}",
        "Roads=https://*/{z}/{x}/{y}",
        "Roads=https://x; script-src */{z}/{x}/{y}",
        "Roads=https://user:secret@tiles.example/{z}/{x}/{y}",
        "Roads=https://[/{z}/{x}/{y}",
    ],
)
def test_what_is_not_a_background_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"window\.backgrounds"):
        backgrounds([text])


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(SettingsError, match="the same name"):
        backgrounds([f"Roads={TILES}", f"Roads={WMS}"])


def test_the_policy_gets_exactly_these_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(application(StandIn(None, READER)), raise_server_exceptions=False)

    def said() -> str:
        return client.get("/help").headers["content-security-policy"]

    assert said() == CSP
    monkeypatch.setenv("CBM_WINDOW_BACKGROUNDS", f"Roads={TILES},Photos={WMS},Again={WMS}&x")
    assert said() == policy(["http://wms.example", "https://tiles.example:8443"])
    assert "connect-src 'self' http://wms.example https://tiles.example:8443;" in said()
    monkeypatch.setenv("CBM_WINDOW_BACKGROUNDS", "nonsense")
    assert said() == CSP
