"""Graphs written to files, for a SNAP on another machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from dias_cbm.card.engines.snap.graphs import write_graphs
from dias_cbm.errors import CardFailed, CorruptProduct, InconsistentProduct, PairError
from dias_cbm.vertical_datum import VerticalDatum

GRD = "S1A_IW_GRDH_1SDV_20180511T053956_20180511T054021_021853_025B9C_1234"
LATER = "S1A_IW_SLC__1SDV_20180511T053956_20180511T054023_021853_025B9C_1234"
EARLIER = "S1B_IW_SLC__1SDV_20180505T053901_20180505T053928_010782_013B2A_5678"


def test_graphs_are_written_for_a_snap_elsewhere(tmp_path: Path) -> None:
    grd = tmp_path / f"{GRD}.zip"
    (file,) = write_graphs(tmp_path / "bs", grd, None, None, VerticalDatum.EGM2008)
    root = etree.parse(file).getroot()
    assert {node.findtext("operator") for node in root.iter("node")} >= {"Read", "Calibration"}
    assert root.findtext("node/parameters/file") == str(grd.resolve())
    pair = tmp_path / f"{LATER}.SAFE", tmp_path / f"{EARLIER}.SAFE"
    files = write_graphs(tmp_path / "c6", *pair, None, VerticalDatum.EGM2008)
    assert [one.name for one in files] == [f"graph-{number}.xml" for number in range(4)]
    # With the parameters of newer versions, whose defaults are not ours.
    coherence = etree.parse(files[0]).find("node[operator='Coherence']/parameters")
    assert coherence.findtext("correctCoherenceBias") == "false"
    written = [etree.parse(one).findall("node[operator='Write']") for one in files]
    ends = [node.findtext("parameters/file") for nodes in written for node in nodes]
    assert ends[-1].startswith(str(tmp_path / "c6" / "coherence"))


def test_graphs_of_what_is_no_product_are_refused(tmp_path: Path) -> None:
    folder, none = tmp_path / "out", (None, VerticalDatum.EGM2008)
    with pytest.raises(InconsistentProduct, match="needs a secondary"):
        write_graphs(folder, tmp_path / LATER, None, *none)
    with pytest.raises(InconsistentProduct, match="has no secondary"):
        write_graphs(folder, tmp_path / GRD, tmp_path / EARLIER, *none)
    with pytest.raises(PairError):
        write_graphs(folder, tmp_path / LATER, tmp_path / LATER, *none)
    with pytest.raises(CorruptProduct):
        write_graphs(folder, tmp_path / "holiday.zip", None, *none)
    assert not folder.exists()
    (tmp_path / "file").touch()
    with pytest.raises(CardFailed, match="cannot be written"):
        write_graphs(tmp_path / "file", tmp_path / GRD, None, *none)
