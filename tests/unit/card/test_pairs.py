"""What makes a pair, and which orbit file belongs to a scene."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from dias_cbm.card.orbit_files import find_orbit
from dias_cbm.card.pairs import check_pair
from dias_cbm.card.product_names import reference_of
from dias_cbm.errors import OrbitFileError, PairError, SettingsError
from dias_cbm.scenes import Card, Cause, Kind, kind_of_name, parse_name, parse_time

# Real names: relative orbit 36 of 2024 is not needed; these are S1A 21853 and S1B 10782, both of
# relative orbit (21853 - 73) % 175 + 1 = 81 and (10782 - 27) % 175 + 1 = 81.
LATER = "S1A_IW_SLC__1SDV_20180511T053956_20180511T054021_021853_025B9C_1234"
SIX = "S1B_IW_SLC__1SDV_20180505T053914_20180505T053941_010782_013B5E_5678"
TWELVE = "S1A_IW_SLC__1SDV_20180429T053955_20180429T054020_021678_0255FF_AAAA"


def test_six_and_twelve_days() -> None:
    assert check_pair(LATER, SIX) is Kind.CARD_COH6
    assert check_pair(LATER, TWELVE) is Kind.CARD_COH12


@pytest.mark.parametrize(
    ("secondary", "message"),
    [
        (SIX.replace("20180505", "20180504"), "7.00 days"),
        (SIX.replace("20180505T0539", "20180505T0739"), "5.92 days"),
        (SIX.replace("010782", "010783"), "relative orbits 81 and 82"),
        (SIX.replace("SLC__1SDV", "GRDH_1SDV"), "not an SLC"),
        (SIX.replace("SDV", "SDH"), "no polarisation"),
        ("nonsense", "not an SLC"),
    ],
)
def test_no_pair(secondary: str, message: str) -> None:
    with pytest.raises(PairError, match=message):
        check_pair(LATER, secondary)


def test_the_wrong_way_round_says_so() -> None:
    with pytest.raises(PairError, match="the reference is the later one"):
        check_pair(SIX, LATER)


def test_one_polarisation_of_two_is_enough() -> None:
    assert check_pair(LATER, SIX.replace("SDV", "SSV")) is Kind.CARD_COH6


def test_names_of_what_is_to_be_made_are_understood() -> None:
    name = reference_of(Card.C6, LATER, f"{SIX}.SAFE")
    assert kind_of_name(name) is Kind.CARD_COH6
    fields = parse_name(name)
    assert (fields["first"], fields["second"]) == ("20180511", "20180505")
    assert kind_of_name(reference_of(Card.C12, LATER, TWELVE)) is Kind.CARD_COH12
    grd = LATER.replace("SLC_", "GRDH")
    assert kind_of_name(reference_of(Card.BS, grd)) is Kind.CARD_BS
    l1c = "S2A_MSIL1C_20180511T103021_N0206_R108_T32VNH_20180511T142132"
    assert kind_of_name(reference_of(Card.S2, l1c)) is Kind.S2_L2A


def orbit(kind: str, made: str, first: str, last: str, satellite: str = "S1A") -> str:
    return f"{satellite}_OPER_AUX_{kind}_OPOD_{made}_V{first}_{last}.EOF"


def write_orbit(path: Path, content: str | None = None) -> Path:
    """An EOF file with state vectors every 10 s around ``LATER``, zipped if its name ends so."""
    first = parse_time(parse_name(LATER)["start"]) - timedelta(minutes=2)
    numbers = "<X>7070000</X><Y>1</Y><Z>1</Z><VX>1</VX><VY>7500</VY><VZ>1</VZ>"
    vectors = "".join(
        f"<OSV><UTC>UTC={first + timedelta(seconds=10 * n):%Y-%m-%dT%H:%M:%S}.000000</UTC>"
        f"{numbers}</OSV>"
        for n in range(30)
    )
    if content is None:
        content = (
            "<Earth_Explorer_File><Data_Block><List_of_OSVs>"
            f"{vectors}</List_of_OSVs></Data_Block></Earth_Explorer_File>"
        )
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(path.stem, content)
    else:
        path.write_text(content)
    return path


PRECISE = orbit("POEORB", "20180531T120544", "20180510T225942", "20180512T005942")
RESTITUTED = orbit("RESORB", "20180601T000000", "20180511T040000", "20180511T072000")
UNUSABLE = {
    "empty": ("", "is not XML"),
    "cut": ("<Earth_Explorer_File><Data_Block>", "is not XML"),
    "a page": ("<html><body>login</body></html>", "has no state vectors around the acquisition"),
}
_OFF = "has a state vector that is not of this orbit"
#: Changes of a good file, and what is then said.
CHANGED = {
    "a number missing": ("<VY>7500</VY>", "", "has state vectors that are incomplete"),
    "zeros": (
        "7070000",
        "0",
        f"{_OFF}: 0 km from the Earth",
    ),
    "kilometres": (
        "7070000",
        "7070",
        f"{_OFF}: 7 km from the Earth",
    ),
    "another satellite": (
        "<Data_Block>",
        "<Fixed_Header><Mission>Sentinel-1B</Mission></Fixed_Header><Data_Block>",
        "is an orbit of SENTINEL-1B, the image is of S1A",
    ),
    "another frame": (
        "<Data_Block>",
        "<Variable_Header><Ref_Frame>GM2000</Ref_Frame></Variable_Header><Data_Block>",
        "has vectors in GM2000",
    ),
}


@pytest.mark.parametrize("name", [*UNUSABLE, *CHANGED])
def test_a_precise_orbit_that_cannot_be_used_is_skipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    good = write_orbit(tmp_path / RESTITUTED)
    if name in CHANGED:
        old, new, sentence = CHANGED[name]
        content = good.read_text().replace(old, new)
    else:
        content, sentence = UNUSABLE[name]
    write_orbit(tmp_path / PRECISE, content)
    assert find_orbit(LATER, tmp_path) == good
    assert f"{PRECISE}: {sentence}" in caplog.text
    good.unlink()
    with pytest.raises(OrbitFileError, match="none of its orbit files can be read") as refused:
        find_orbit(LATER, tmp_path)
    assert f"{PRECISE}: {sentence}" in str(refused.value)
    assert refused.value.cause is Cause.ORBIT_UNREADABLE
    (tmp_path / PRECISE).unlink()
    assert find_orbit(LATER, tmp_path) is None


def test_a_zip_that_is_none_is_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / f"{PRECISE}.zip").write_bytes(b"PK")
    good = write_orbit(tmp_path / RESTITUTED)
    assert find_orbit(LATER, tmp_path) == good
    assert "cannot be read: File is not a zip file" in caplog.text


def test_a_zip_that_is_damaged_within_is_skipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    packed = tmp_path / f"{PRECISE}.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(PRECISE, "<OSV>" * 1000)
    content = bytearray(packed.read_bytes())
    start = 30 + len(PRECISE)
    content[start : start + 10] = b"\xff" * 10
    packed.write_bytes(content)
    good = write_orbit(tmp_path / RESTITUTED)
    assert find_orbit(LATER, tmp_path) == good
    assert f"{PRECISE}.zip: cannot be read" in caplog.text


@pytest.mark.parametrize("name", [f"{PRECISE}.zip", PRECISE.lower(), f"{PRECISE}.ZIP".lower()])
def test_orbit_files_zipped_and_in_lower_case(tmp_path: Path, name: str) -> None:
    write_orbit(tmp_path / RESTITUTED)
    precise = write_orbit(tmp_path / name)
    assert find_orbit(LATER, tmp_path) == precise


def test_the_best_orbit_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    day = "20180510T225942", "20180512T005942"
    precise = orbit("POEORB", "20180531T120544", *day)
    restituted = orbit("RESORB", "20180601T000000", "20180511T040000", "20180511T072000")
    others = [
        orbit("POEORB", "20180601T120544", *day, satellite="S1B"),
        orbit("POEORB", "20180602T120544", "20180511T225942", "20180513T005942"),
        orbit("RESORB", "20180511T080000", "20180511T040000", "20180511T054030"),
        "S1A_OPER_AUX_POEORB.EOF",
    ]
    (tmp_path / "2018").mkdir()
    for name in (restituted, *others):
        write_orbit(tmp_path / "2018" / name)
    found = find_orbit(LATER, tmp_path)
    assert found is not None
    assert found.name == restituted
    write_orbit(tmp_path / "2018" / precise)
    monkeypatch.setenv("CBM_CARD_ORBIT_FOLDER", str(tmp_path))
    again = find_orbit(LATER)
    assert again is not None
    assert again.name == precise
    assert find_orbit(TWELVE) is None


def test_no_folder_of_orbits(tmp_path: Path) -> None:
    assert find_orbit(LATER) is None
    with pytest.raises(SettingsError, match="no such folder"):
        find_orbit(LATER, tmp_path / "none")
