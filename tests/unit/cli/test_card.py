"""``cbm card make``: its options reach what makes the product; stand-ins make it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import stand_in_makers
from typer.testing import CliRunner

from dias_cbm.card.engines import registry
from dias_cbm.card.engines.registry import Maker
from dias_cbm.cli import card
from dias_cbm.errors import CardFailed
from dias_cbm.scenes import Card

GRD = "S1A_IW_GRDH_1SDV_20180511T053956_20180511T054021_021853_025B9C_1234"
LATER = "S1A_IW_SLC__1SDV_20180511T053956_20180511T054021_021853_025B9C_1234"
EARLIER = "S1B_IW_SLC__1SDV_20180505T053914_20180505T053941_010782_013B5E_5678"


@pytest.fixture(autouse=True)
def makers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(stand_in_makers.__file__).parent))
    monkeypatch.setenv("CBM_CARD_FREE_GB", "0")
    for family, name in ((Card.BS, "make_backscatter"), (Card.C6, "make_coherence")):
        found = Maker(f"stand_in_makers:{name}")
        monkeypatch.setitem(registry.MAKERS, ("embedded", family), found)  # type: ignore[arg-type]


def make(folder: Path, family: str, *options: str, code: int = 0) -> Any:
    source = folder / f"{GRD if family == 'bs' else LATER}.SAFE"
    arguments = ["make", str(source), "--card", family, "--engine", "embedded"]
    arguments += ["--out", str(folder / "out"), "--json", *options]
    done = CliRunner().invoke(card.app, arguments)
    if code == 0 and done.exception:
        raise done.exception
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if code == 0 else done.output


def test_terrain_model_and_datum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dem = tmp_path / "dem.tif"
    dem.touch()
    monkeypatch.setenv("CBM_CARD_DEM_DATUM", "egm96")
    told = make(tmp_path, "bs", "--dem", str(dem), "--datum", "ellipsoid")
    assert (told["dem"], told["datum"]) == (str(dem), "ellipsoid")
    assert make(tmp_path / "other", "bs")["datum"] == "egm96"
    assert "--datum" in make(tmp_path, "bs", "--datum", "sea", code=2)


def test_spectral_diversity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = ("--secondary", str(tmp_path / f"{EARLIER}.SAFE"))
    assert make(tmp_path / "1", "c6", *pair, "--diversity")["esd"] is True
    monkeypatch.setenv("CBM_CARD_C6_ESD", "1")
    assert make(tmp_path / "2", "c6", *pair)["esd"] is True
    assert make(tmp_path / "3", "c6", *pair, "--no-diversity")["esd"] is False


def test_a_pair_needs_two(tmp_path: Path) -> None:
    with pytest.raises(CardFailed, match="needs a secondary"):
        make(tmp_path, "c6")
    with pytest.raises(CardFailed, match="takes no secondary"):
        make(tmp_path, "bs", "--secondary", str(tmp_path / f"{GRD}.SAFE"))


def test_a_pair_of_other_days_than_its_card(tmp_path: Path) -> None:
    with pytest.raises(CardFailed, match=r"makes a c6, not a c12 \(use --card c6\)"):
        make(tmp_path, "c12", "--secondary", str(tmp_path / f"{EARLIER}.SAFE"))


def test_graphs_for_snap_are_written_and_their_calls_printed(tmp_path: Path) -> None:
    grd = tmp_path / f"{GRD}.zip"
    done = CliRunner().invoke(card.app, ["graphs", str(grd), "--out", str(tmp_path / "the graphs")])
    assert done.exit_code == 0, done.output
    file = tmp_path / "the graphs" / "graph-0.xml"
    assert done.output == f"gpt '{file}' -e\n"
    assert file.read_bytes().startswith(b"<?xml")
