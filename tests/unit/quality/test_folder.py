"""A draw in a folder: written, proved, and findings added through the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dias_cbm.cli.quality import app
from dias_cbm.errors import SampleError
from dias_cbm.quality import folder

LIST = """gsa_par_id,gsa_hol_id,ua_grp_id,covered,claim_area,colour
p1,h1,A,1,1.0000,green
p2,h2,A,1,2.0000,red
p3,h3,A,0,3.0000,yellow
p4,h4,A,1,4.0000,green
"""


def cbm(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Two of four parcels, ranked with seed 4."""
    (tmp_path / "list.csv").write_text(LIST)
    (tmp_path / "targets.csv").write_text("ua_grp_id,target\nA,2\n")
    out = tmp_path / "sample"
    words = ("--targets", tmp_path / "targets.csv", "--seed", "4", "--holding-level", "A")
    done = cbm("draw", tmp_path / "list.csv", "--out", out, *words)
    assert done.exit_code == 0
    assert "ranking: seed 4" in done.output
    return out


def drawn(sample: Path) -> list[str]:
    rows = (sample / folder.SAMPLE).read_text().splitlines()[1:]
    return [row.split(",")[1] for row in rows]


def test_the_files_and_their_proof(sample: Path) -> None:
    assert sorted(path.name for path in sample.iterdir()) == [
        "HL_interventions.csv", "draw.json", "extracted_sample.csv", "list.csv",
        "parcel_centric.csv", "summary.txt",
    ]  # fmt: skip
    done = cbm("check", sample, "--json")
    proof = json.loads(done.output)
    assert proof["proven"] is True
    assert proof["seed"] == 4
    assert proof["buckets"] == [{"group": "A", "rows": 4, "target": 2, "drawn": 2}]


@pytest.mark.parametrize("name", [folder.LIST, folder.SAMPLE])
def test_a_changed_file_is_noticed(sample: Path, name: str) -> None:
    text = (sample / name).read_text()
    (sample / name).write_text(text.replace("h1", "h9").replace("h2", "h8").replace("h3", "h7"))
    with pytest.raises(SampleError, match="has changed since the draw"):
        cbm("check", sample)


def test_a_draw_is_never_overwritten(sample: Path) -> None:
    with pytest.raises(SampleError, match="there is a draw already"):
        cbm("draw", sample.parent / "list.csv", "--out", sample, "--seed", "5")
    assert cbm("check", sample).exit_code == 0


def test_findings_are_added_and_a_file_is_all_or_nothing(sample: Path, tmp_path: Path) -> None:
    first, second = drawn(sample)
    file = tmp_path / "found.csv"
    file.write_text(f"bucket_id,gsa_par_id,finding\nA,{first},compliant\nA,p9,compliant\n")
    with pytest.raises(SampleError, match="p9 is not in the sample"):
        cbm("record", sample, file, "--inspector", "ann")
    assert not (sample / folder.FINDINGS).exists()
    head = "bucket_id,gsa_par_id,finding,reason\n"
    file.write_text(f"{head}A,{first},compliant,\nA,{second},cannot_tell,no access\n")
    done = json.loads(cbm("record", sample, file, "--inspector", "ann", "--json").output)
    assert done["recorded"] == 2
    [replaced] = done["replaced"]
    assert replaced["parcel"] == second
    before = (sample / folder.FINDINGS).read_text()
    file.write_text(f"bucket_id,gsa_par_id,finding\nA,{replaced['by']},not_compliant\n")
    cbm("record", sample, file, "--inspector", "bo")
    assert (sample / folder.FINDINGS).read_text().startswith(before)
    assert cbm("check", sample).output.endswith("findings: 3\n")
    report = json.loads(cbm("report", sample, "--seed", "3", "--json").output)
    assert report["waiting"] == 0
    assert report["replaced"] == {"no access": 1}
    assert report["areas"]["seed"] == 3
    out = tmp_path / "out"
    assert json.loads(cbm("export", sample, "--out", out, "--json").output)["evidence"] == 0
    items = (out / "items.csv").read_text().splitlines()
    assert [row.split(",")[1] for row in items[1:]] == [first, replaced["by"]]


def test_no_draw_no_tables(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="neither a draw nor input tables"):
        cbm("check", tmp_path)
    with pytest.raises(SampleError, match="cannot be read"):
        cbm("report", tmp_path)


TABLES = {
    "gsa": "gsa_par_id,gsa_hol_id,gsa_col_id,main_crop,catch_crop,organic\np1,h1,,wheat,,0\n",
    "interventions": "ua,ua_grp,interv,interv_lev,interv_typ\nu1,A,x,parcel,area\nu2,A,x,p,a\n",
    "ua_claimed": "gsa_par_id,ua,claim_area\np1,u1,1.5\np1,u2,0.25\n",
}


def test_input_tables_are_checked_and_drawn_from(tmp_path: Path) -> None:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text)
    assert cbm("check", tmp_path).output.endswith("0 problems\n")
    out = tmp_path / "sample"
    manifest = json.loads(cbm("draw", tmp_path, "--out", out, "--json").output)
    assert isinstance(manifest["seed"], int)
    assert (out / folder.LIST).read_text().splitlines()[1] == "p1,h1,A,0,1,1.7500"
    (tmp_path / "ua_claimed.csv").write_text("gsa_par_id,ua,claim_area\np9,u1,1.5\n")
    done = cbm("check", tmp_path)
    assert done.exit_code == 1
    assert "ua_claimed row 1: gsa_par_id p9 is not in table gsa" in done.output
    with pytest.raises(SampleError, match="p9 is not in table gsa: 1 problems"):
        cbm("draw", tmp_path, "--out", tmp_path / "other")
    (tmp_path / "gsa.csv").unlink()
    with pytest.raises(SampleError, match=r"there is no gsa\.csv"):
        cbm("draw", tmp_path, "--out", tmp_path / "other")
