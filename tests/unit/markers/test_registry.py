"""The markers by name, with one that another distribution brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from dias_cbm.errors import MarkerError
from dias_cbm.markers import registry
from dias_cbm.markers.marker import Needs, Window

PLUGIN = """
from dias_cbm.markers.events import Events, States
from dias_cbm.markers.marker import Needs

class Rushes:
    name = "rushes"
    version = "1"
    needs = Needs(optical=frozenset(["NDWI"]))

    def run(self, series, window, options):
        return States.blank(len(series)), Events.none()

class OtherName(Rushes):
    name = "sedges"
"""


@pytest.fixture
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rushes_marker.py").write_text(PLUGIN)
    info = tmp_path / "rushes_marker-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: rushes-marker\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        f"[{registry.GROUP}]\n"
        "rushes = rushes_marker:Rushes\nreeds = rushes_marker:OtherName\n"
        "moss = rushes_marker:absent\nbog = rushes_marker:PLUGIN\n"
    )
    (tmp_path / "rushes_marker.py").write_text(PLUGIN + '\nPLUGIN = "text"\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("distribution")
def test_a_users_own_marker() -> None:
    assert {"rushes", "reeds"} <= set(registry.names())
    rushes = registry.get("rushes")
    assert (rushes.name, rushes.version) == ("rushes", "1")
    assert [one.name for one in registry.chosen(["rushes", "rushes"])] == ["rushes"]


@pytest.mark.usefixtures("distribution")
def test_what_is_wrong_is_named() -> None:
    with pytest.raises(MarkerError, match="did you mean rushes"):
        registry.get("rushs")
    with pytest.raises(MarkerError, match="calls itself 'sedges'"):
        registry.get("reeds")
    with pytest.raises(MarkerError, match=r"moss: cannot be loaded from rushes_marker:absent"):
        registry.get("moss")
    with pytest.raises(MarkerError, match="is not a marker"):
        registry.get("bog")


def test_needs_add_up() -> None:
    both = Needs(frozenset(["NDVI"])) | Needs(radar=frozenset(["VH"]), attributes=True)
    assert both == Needs(frozenset(["NDVI"]), frozenset(["VH"]), attributes=True)


def test_a_window_is_over_when_its_days_have_passed() -> None:
    assert Window(0, 10).over
    assert Window(0, 10, until=10).over
    assert not Window(0, 10, until=9).over
