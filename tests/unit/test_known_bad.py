"""The list of products known to be bad."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dias_cbm.cli.catalogue import app
from dias_cbm.errors import SettingsError
from dias_cbm.known_bad import KnownBad, add, known_bad, why_bad

SVALBARD = "S1B_IW_GRDH_1SSH_20161012T150357_20161012T150422_002475_0042C7_4D7F"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (SVALBARD, "timing anomaly"),
        (f"{SVALBARD}_CARD_BS", "timing anomaly"),
        (SVALBARD.replace("S1B", "S1A"), None),
        (SVALBARD.replace("20161012", "20161014"), None),
        ("S2A_MSIL1C_20160609T103021_N0203_R108_T32VNH_20160609T142132", "misregistration"),
        ("S2A_MSIL1C_20160609T103021_N0202_R108_T32VNH_20160616T142132", None),
    ],
)
def test_what_is_publicly_known(name: str, reason: str | None) -> None:
    found = why_bad([name])
    assert (reason in found.reason) if reason and found else (found is None and reason is None)


def test_what_it_was_made_from_counts() -> None:
    assert why_bad(["S1B_IW_CARD_OF_OTHER_NAME", SVALBARD])


def test_every_line_has_a_source() -> None:
    assert all(line.source and line.reason for line in known_bad())


def test_a_file_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.toml"
    monkeypatch.setenv("CBM_CATALOGUE_KNOWN_BAD", str(own))
    with pytest.raises(SettingsError, match="no such file"):
        known_bad()
    add(KnownBad("S2A_MSIL2A_2018*_T32VNH_*", 'says "no"', "we\nsaw it"), own)
    found = why_bad(["S2A_MSIL2A_20180511T103021_N0500_R108_T32VNH_20230911T142132"])
    assert str(found) == 'says "no" (we\nsaw it)'
    own.write_text(
        f'{own.read_text()}\n[[product]]\npattern = "S2B_*"\nreason = "r"\nsource = "s"\n'
        "first = 2018-05-11T12:00:00+02:00\n"
    )
    assert known_bad()[1].first == datetime(2018, 5, 11, 10, tzinfo=UTC)
    assert not why_bad(["S2B_MSIL2A_20180511T095959_N0500_R108_T32VNH_20230911T142132"])
    assert why_bad(["S2B_MSIL2A_20180511T100000_N0500_R108_T32VNH_20230911T142132"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "is not a list"),
        ("[other]\na = 1", "something else"),
        ("product = 1", "something else"),
        ('[[product]]\npattern = "a"', "needs pattern"),
        ('[[product]]\npattern = "a"\nreason = 1\nsource = "s"', "no text"),
        ('[[product]]\npattern = "*"\nreason = "r"\nsource = "s"', "every product"),
        ('[[product]]\npattern = "a"\nreason = "r"\nsource = "s"\nfirst = "x"', "not one"),
    ],
)
def test_a_file_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    (tmp_path / "own.toml").write_text(text)
    monkeypatch.setenv("CBM_CATALOGUE_KNOWN_BAD", str(tmp_path / "own.toml"))
    with pytest.raises(SettingsError, match=message):
        known_bad()


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = CliRunner().invoke
    assert "baseline 02.03" in run(app, ["bad"]).stdout
    assert "disclaimer 20" in run(app, ["bad", SVALBARD]).stdout
    assert "not on the list" in run(app, ["bad", "S1A_x"]).stdout
    adding = ["bad", "S1A_x*", "--reason", "odd", "--source", "us"]
    assert isinstance(run(app, adding).exception, SettingsError)
    assert run(app, adding[:-2]).exit_code == 2
    monkeypatch.setenv("CBM_CATALOGUE_KNOWN_BAD", str(tmp_path / "own.toml"))
    assert run(app, adding).exit_code == 0
    assert "odd (us)" in run(app, ["bad", "S1A_xyz"]).stdout


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("pattern = '*_*'", "product 1 would match every product"),
        ("pattern = '[!x]*'", "product 1 would match every product"),
        (
            "pattern = 'S1A_*'\nfirst = 2019-01-02T00:00:00Z\nlast = 2019-01-01T00:00:00Z",
            "product 1 ends before it begins",
        ),
    ],
)
def test_a_line_for_everything_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, told: str
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(f"[[product]]\n{line}\nreason = 'r'\nsource = 's'\n")
    monkeypatch.setenv("CBM_CATALOGUE_KNOWN_BAD", str(path))
    with pytest.raises(SettingsError, match=told):
        known_bad()
