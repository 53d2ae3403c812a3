"""``cbm evidence``: figures with their bounds, exit code 1 when one is broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dias_cbm.errors import NotEnoughData
from dias_cbm_lab.cli.evidence import app
from dias_cbm_lab.evidence.engines import geometry
from dias_cbm_lab.evidence.figure import Figure


@pytest.mark.real_data
def test_geometry_of_real_annotation(real_data: Path) -> None:
    done = CliRunner().invoke(app, ["geometry", str(real_data / "s1")])
    assert done.exit_code == 0, done.output
    assert done.output.count(": azimuth: ") == 9
    # Two GRD, one of them in two polarisations.
    assert done.output.count("nearest polynomial: 0.00") == 3
    assert "NO" not in done.output


def test_a_broken_bound_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        "dias_cbm_lab.evidence.engines.geometry", lambda _: [Figure("azimuth", 0.03, "line", 0.02)]
    )
    done = CliRunner().invoke(app, ["geometry", str(tmp_path)])
    assert done.exit_code == 1
    assert "azimuth: 0.03 line  (within 0.02: NO)" in done.output
    (told,) = json.loads(CliRunner().invoke(app, ["geometry", str(tmp_path), "--json"]).stdout)
    assert told == {
        "what": "azimuth", "value": 0.03, "unit": "line", "bound": 0.02, "least": None,
        "holds": False,
    }  # fmt: skip


def test_a_figure_may_have_to_reach_something() -> None:
    share = Figure("cloudy", 0.3, "", 0.38, 0.28)
    assert share.asked == "at least 0.28, within 0.38"
    assert [Figure("cloudy", one, "", 0.38, 0.28).holds for one in (0.27, 0.3, 0.39)] == [
        False, True, False
    ]  # fmt: skip
    assert (Figure("told", 5, "").holds, Figure("told", 5, "").asked) == (True, "")


def test_no_data_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(NotEnoughData):
        geometry(tmp_path)
