"""``cbm evidence``: figures with their bounds, exit code 1 when one is broken."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from dias_cbm.errors import CorruptProduct, NotEnoughData
from dias_cbm_lab.cli.evidence import app
from dias_cbm_lab.evidence.engines import geometry
from dias_cbm_lab.evidence.figure import Figure
from dias_cbm_lab.evidence.real.report import figures
from dias_cbm_lab.evidence.real.snap_files import SnapMetadata, numbers, unpacked


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


def test_images_that_are_missing_or_of_another_size_are_told(tmp_path: Path) -> None:
    with pytest.raises(NotEnoughData, match="is not a folder"):
        figures(tmp_path, tmp_path)
    (tmp_path / "s1").mkdir()
    steps = tmp_path / "real_images" / "alus_snap_backgeocoding"
    steps.mkdir(parents=True)
    with pytest.raises(NotEnoughData, match=r"\*-20170602t\*\.xml\.gz: does not exist"):
        figures(tmp_path, tmp_path)
    (steps / "short.txt").write_text("2\n1.0 2.0\n")
    assert numbers(steps / "short.txt", 2).tolist() == [1.0, 2.0]
    with pytest.raises(NotEnoughData, match="has 3 numbers, not 8"):
        numbers(steps / "short.txt", 4, 2)
    (steps / "words.txt").write_text("one two")
    with pytest.raises(ValueError, match="one"):
        numbers(steps / "words.txt", 2)


def test_what_is_not_gzip_or_too_large_is_refused(tmp_path: Path) -> None:
    packed = tmp_path / "a.dim.gz"
    packed.write_bytes(b"plain")
    with pytest.raises(CorruptProduct, match="cannot be unpacked"):
        unpacked(packed)
    packed.write_bytes(gzip.compress(bytes(80 << 20), 1))
    with pytest.raises(CorruptProduct, match="is too large"):
        unpacked(packed)
    packed.write_bytes(gzip.compress(b"<Dimap_Document/>"))
    empty = SnapMetadata.read(packed)
    with pytest.raises(CorruptProduct, match="has no first_line_time"):
        empty.seconds("first_line_time", np.datetime64("2024-01-01"))
    with pytest.raises(CorruptProduct, match="has no orbit state vectors"):
        empty.orbit(np.datetime64("2024-01-01"))
