"""Acquisition plans in KML, and what they say of a pass."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dias_cbm.completeness.causes import Evidence, Limits, decide
from dias_cbm.completeness.expected import ExpectedPass
from dias_cbm.completeness.plans import Answer, PlanError, read, read_folder
from dias_cbm.errors import SettingsError
from dias_cbm.scenes import Card, Cause

NAME = "Sentinel-1A_MP_20180601T160000_20180613T180000.kml"


def placemark(start: str, stop: str, mode: str = "IW", orbit: str = "44", **more: str) -> str:
    values = {
        "SatelliteId": "S1A",
        "DatatakeId": "26471",
        "Mode": mode,
        "ObservationTimeStart": start,
        "ObservationTimeStop": stop,
        "OrbitRelative": orbit,
        **more,
    }
    data = "".join(f'<Data name="{key}"><value>{v}</value></Data>' for key, v in values.items())
    return f"<Placemark><name>1</name><ExtendedData>{data}</ExtendedData></Placemark>"


def write(folder: Path, *placemarks: str, name: str = NAME, head: str = "") -> Path:
    file = folder / name
    file.write_text(
        f'<?xml version="1.0"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>plan</name><Folder>{''.join(placemarks)}</Folder></Document></kml>"
    )
    return file


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(
        tmp_path,
        placemark("2018-06-03T17:00:00", "2018-06-03T17:08:00"),
        placemark("2018-06-05T05:30:00", "2018-06-05T05:45:00", mode="EW", orbit="139"),
    )
    return tmp_path


@pytest.mark.parametrize(
    ("satellite", "orbit", "moment", "planned"),
    [
        ("S1A", 44, "2018-06-03T17:02:11", True),
        ("S1A", 44, "2018-06-03T16:59:00", True),
        ("S1A", 44, "2018-06-03T17:20:00", False),
        ("S1A", 45, "2018-06-03T17:02:11", False),
        ("S1A", 139, "2018-06-05T05:40:03", False),
        ("S1A", 44, "2018-06-15T17:02:11", None),
        ("S1B", 44, "2018-06-03T17:02:11", None),
    ],
)
def test_a_plan_answers_for_its_satellite_and_time(
    folder: Path, satellite: str, orbit: int, moment: str, planned: bool | None
) -> None:
    assert read_folder(str(folder)).ask(satellite, orbit, at(moment)).planned is planned


def test_the_answer_names_file_and_datatake(folder: Path) -> None:
    plans = read_folder(str(folder))
    assert plans.ask("S1A", 44, at("2018-06-03T17:02")) == Answer(
        True, f"{NAME} plans it as datatake 26471"
    )
    other = plans.ask("S1A", 139, at("2018-06-05T05:40"))
    assert other.evidence == f"{NAME} plans datatake 26471 in mode EW, not IW"


def test_the_later_plan_is_the_better_one(folder: Path) -> None:
    write(
        folder,
        placemark("2018-06-09T05:30:00", "2018-06-09T05:45:00"),
        name="Sentinel-1A_MP_20180602T160000_20180614T180000.kml",
    )
    assert read_folder(str(folder)).ask("S1A", 44, at("2018-06-03T17:02")).planned is False


def test_sentinel_2_is_named_by_the_file_and_numbered_by_id(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        placemark(
            "2018-06-03T10:20:00Z", "2018-06-03T10:40:00Z", "NOBS", SatelliteId="", ID="6712"
        ),
        name="S2B_acquisition_plan.kml",
    )
    plan = read(file)
    assert (plan.satellite, plan.starts, plan.ends) == (
        "S2B",
        at("2018-06-03T10:20"),
        at("2018-06-03T10:40"),
    )


def test_no_file_outside_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("S1A")
    head = f'<!DOCTYPE kml [<!ENTITY e SYSTEM "file://{secret}">]>'
    file = write(
        tmp_path,
        placemark("2018-06-03T17:00:00", "2018-06-03T17:08:00", SatelliteId="&e;"),
        name="plan.kml",
        head=head,
    )
    with pytest.raises(PlanError, match="no satellite named"):
        read(file)


@pytest.mark.parametrize(
    ("placemarks", "message"),
    [
        ([], "no datatake"),
        ([placemark("yesterday", "2018-06-03T17:08:00")], "cannot be read: .*yesterday"),
        ([placemark("0001-01-01T00:00+14:00", "2018-06-03T17:08:00")], "cannot be read: date"),
        ([placemark("2018-06-03T17:08:00", "2018-06-03T17:00:00")], "26471 ends before it starts"),
        (
            [
                placemark("2018-06-03T17:00:00", "2018-06-03T17:08:00"),
                placemark("2018-06-03T17:00:00", "2018-06-03T17:08:00", SatelliteId="S1B"),
            ],
            "several satellites",
        ),
    ],
)
def test_what_is_no_plan_is_named(tmp_path: Path, placemarks: list[str], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        read(write(tmp_path, *placemarks))


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ("20180230T160000_20180613T180000", "a time that does not exist in its name"),
        ("20180613T180000_20180601T160000", "ends before it starts, by its name"),
    ],
)
def test_times_in_the_name_that_cannot_be_are_said(
    tmp_path: Path, times: str, message: str
) -> None:
    plan = placemark("2018-06-03T17:00:00", "2018-06-03T17:08:00")
    with pytest.raises(PlanError, match=message):
        read(write(tmp_path, plan, name=f"S1A_MP_{times}.kml"))


def test_a_broken_file_is_left_out_and_said_so(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "broken.kml").write_text("<kml>")
    assert len(read_folder(str(folder)).plans) == 1
    assert "skipped: " in caplog.text
    assert "broken.kml" in caplog.text
    assert read_folder("").plans == ()
    with pytest.raises(SettingsError, match="no such folder"):
        read_folder(str(folder / "nowhere"))


def test_a_pass_that_no_plan_holds_is_not_planned_and_a_planned_one_says_so(folder: Path) -> None:
    plans = read_folder(str(folder))
    limits = Limits(at("2018-06-03") - at("2018-06-01"), now=at("2018-07-01"))

    def verdict(moment: str) -> tuple[Cause | None, str]:
        one = ExpectedPass(Card.BS, "S1A", 44, "A", "32VNH", at(moment))
        found = decide(one, Evidence(plan=plans.ask("S1A", 44, one.at)), limits)
        return found.cause, found.evidence

    assert verdict("2018-06-08T17:02") == (
        Cause.NOT_PLANNED,
        f"{NAME} plans no datatake of S1A then",
    )
    cause, text = verdict("2018-06-03T17:02")
    assert cause is Cause.NOT_ACQUIRED
    assert text.endswith(f"; {NAME} plans it as datatake 26471")
