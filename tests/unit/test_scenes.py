"""Names, kinds and orbits, against the values of real catalogue entries."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.scenes import (
    KIND_OF_CARD,
    SOURCE_OF_CARD,
    Card,
    Kind,
    direction_by_sun,
    kind_of_name,
    parse_name,
    parse_time,
    relative_orbit,
    stem,
)

GRD = "S1A_IW_GRDH_1SDV_20240206T041137_20240206T041202_052433_06574A_9703"
L2A = "S2B_MSIL2A_20211002T114349_N0500_R123_T29UNV_20230102T203816"


@pytest.mark.parametrize(
    ("satellite", "absolute", "relative"),
    [
        ("S1A", 52433, 36),
        ("S1A", 54172, 25),
        ("S1A", 57287, 165),
        ("S1B", 26415, 139),
        ("S1B", 21909, 8),
        ("S1C", 1628, 57),
        ("S1C", 8018, 147),
        ("S1C", 8019, 46),
        ("S1D", 4762, 171),
        ("S1D", 4689, 98),
        ("S1Z", 4689, None),
    ],
)
def test_relative_orbits_of_real_scenes(
    satellite: str, absolute: int, relative: int | None
) -> None:
    assert relative_orbit(satellite, absolute) == relative


@given(st.sampled_from(["S1A", "S1B", "S1C", "S1D", "S2A", "S2B"]), st.integers(1, 200_000))
def test_relative_orbits_go_round(satellite: str, absolute: int) -> None:
    cycle = {"S1": 175, "S2": 143}[satellite[:2]]
    now, following = relative_orbit(satellite, absolute), relative_orbit(satellite, absolute + 1)
    assert now is not None
    assert 1 <= now <= cycle
    if (satellite, absolute) != ("S1C", 8018):
        assert following == now % cycle + 1


@pytest.mark.parametrize(
    ("moment", "longitude", "latitude", "direction"),
    [
        ("2018-05-24T05:40", 9.5, 56.0, "D"),
        ("2018-05-29T17:02", 9.5, 56.0, "A"),
        ("2018-05-29T05:30", 179.0, -20.0, "A"),  # 17:26 there
        ("2018-05-29T17:30", -179.9, 10.0, "D"),
        ("2018-05-29T23:50", 90.0, 5.0, "D"),  # 05:50 of the next day
        ("2018-05-29T17:02", 9.5, 78.0, None),
    ],
)
def test_the_hour_tells_ascending_from_descending(
    moment: str, longitude: float, latitude: float, direction: str | None
) -> None:
    start = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert direction_by_sun(start, longitude, latitude) == direction
    east = start.astimezone(timezone(timedelta(hours=9)))
    assert direction_by_sun(east, longitude, latitude) == direction


def test_the_fields_of_a_sentinel1_name() -> None:
    fields = parse_name(GRD + "_CARD_BS")
    assert fields["satellite"] == "S1A"
    assert fields["polarisation"] == "DV"
    assert parse_time(fields["start"]) == datetime(2024, 2, 6, 4, 11, 37, tzinfo=UTC)
    assert (int(fields["abs_orbit"]), int(fields["datatake"], 16)) == (52433, 415562)
    assert (fields["crc"], fields["suffix"]) == ("9703", "_CARD_BS")


def test_the_fields_of_a_sentinel2_name() -> None:
    assert parse_name(L2A + ".SAFE") == {
        "satellite": "S2B",
        "level": "MSIL2A",
        "start": "20211002T114349",
        "baseline": "0500",
        "rel_orbit": "123",
        "tile": "29UNV",
        "discriminator": "20230102T203816",
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (GRD, Kind.S1_GRD),
        (GRD + ".SAFE.zip", Kind.S1_GRD),
        (GRD + "_CARD_BS", Kind.CARD_BS),
        (GRD + "_COG.SAFE", None),
        (GRD.replace("GRDH", "SLC_"), Kind.S1_SLC),
        (GRD.replace("GRDH_1S", "RAW__0S"), None),
        (GRD.replace("GRDH_1S", "RAW__0N"), None),
        (GRD.replace("IW_GRDH", "EW_GRDM"), None),
        (GRD.replace("GRDH_1S", "GRDH_1A"), None),
        (GRD.replace("S1A", "S1Q"), Kind.S1_GRD),
        (L2A, Kind.S2_L2A),
        (L2A.replace("20211002", "20210230"), None),
        (GRD.replace("T041202", "T041260"), None),
        ("S1A_20180513_20189901_117_A_CARD-COH12", None),
        (L2A.replace("2A_", "1C_", 1), Kind.S2_L1C),
        (L2A.replace("S2B", "S2D"), Kind.S2_L2A),
        ("S1B_20180507T053812_20180501T053900_010810_010635_1A2B_CARD-COH6", Kind.CARD_COH6),
        ("S1B_20180507T053812_20180501T053900_010810_010635_1A2B_CARD-COH6.tif", Kind.CARD_COH6),
        ("S1A_20180513_20180501_117_A_CARD-COH12", Kind.CARD_COH12),
        ("S1A_20180513_20180501_117_A_CARD-COH120", None),
        ("S1A_AUX_INS_V20140406T010000_G20140409T142540.SAFE", None),
        ("S1A_OPER_AUX_POEORB_OPOD_20210301T130653_V20140406T225944_20140408T005944.EOF", None),
        ("Sentinel-1_IW_mosaic_2023_M12_50SMC_0_0", None),
        ("", None),
    ],
)
def test_kinds_of_names(name: str, kind: Kind | None) -> None:
    assert kind_of_name(name) == kind


def test_the_dates_of_a_coherence_pair() -> None:
    fields = parse_name("S1B_20180507T053812_20180501T053900_010810_010635_1A2B_CARD-COH6")
    assert (fields["first"], fields["second"], fields["days"]) == ("20180507", "20180501", "6")
    assert "second" not in parse_name("S1B_20180507_117_CARD-COH6")


times = st.datetimes(datetime(2014, 1, 1), datetime(2099, 1, 1)).map(  # noqa: DTZ001
    lambda t: f"{t:%Y%m%dT%H%M%S}"
)
letters = st.sampled_from("ABCDEFGHXYZ")
hexadecimal = "0123456789ABCDEF"


@given(
    letters,
    st.sampled_from([("GRDH", Kind.S1_GRD), ("SLC_", Kind.S1_SLC)]),
    times,
    times,
    st.integers(0, 999_999),
    st.integers(0, 0xFFFFFF),
    st.text(hexadecimal, min_size=4, max_size=4),
    st.sampled_from(["", ".SAFE", ".zip"]),
)
def test_sentinel1_names_are_read_back(
    letter: str,
    product: tuple[str, Kind],
    start: str,
    end: str,
    orbit: int,
    datatake: int,
    crc: str,
    extension: str,
) -> None:
    name = f"S1{letter}_IW_{product[0]}_1SDV_{start}_{end}_{orbit:06d}_{datatake:06X}_{crc}"
    fields = parse_name(name + extension)
    assert fields["satellite"] == f"S1{letter}"
    assert (fields["start"], fields["end"]) == (start, end)
    assert (int(fields["abs_orbit"]), int(fields["datatake"], 16)) == (orbit, datatake)
    assert kind_of_name(name + extension) == product[1]
    assert stem(name + extension) == name


@given(letters, times, times, st.integers(0, 9999), st.integers(1, 143))
def test_sentinel2_names_are_read_back(
    letter: str, start: str, generated: str, baseline: int, orbit: int
) -> None:
    name = f"S2{letter}_MSIL2A_{start}_N{baseline:04d}_R{orbit:03d}_T32VNH_{generated}"
    fields = parse_name(name)
    assert (fields["satellite"], fields["start"]) == (f"S2{letter}", start)
    assert (int(fields["baseline"]), int(fields["rel_orbit"])) == (baseline, orbit)
    assert (fields["tile"], fields["discriminator"]) == ("32VNH", generated)


@given(st.text(max_size=90))
def test_any_text_can_be_a_name(text: str) -> None:
    assert isinstance(parse_name(text), dict)
    assert kind_of_name(text) is None or parse_name(text)


def test_every_card_knows_its_kinds() -> None:
    for card in Card:
        assert KIND_OF_CARD[card].card is card
        assert SOURCE_OF_CARD[card].card is None
        assert SOURCE_OF_CARD[card].sensor == KIND_OF_CARD[card].sensor
