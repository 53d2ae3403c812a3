"""Rows of files as records: layouts, days, bands, units, and what is counted or refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from dias_cbm.days import day_number, day_of
from dias_cbm.errors import RecordFileError, SeriesError
from dias_cbm.record_files import columns_of
from dias_cbm.seasons import Season
from dias_cbm.series.layouts import Backscatter, Layout, Optical, choose
from dias_cbm.series.records import Collected, card_and_band, read
from dias_cbm.series.units import Units

SEASON = Season(
    1, "dk-2018", b"", (8, 54, 13, 58), 25832, date(2018, 1, 1), date(2018, 3, 1),
    date(2018, 10, 31), 5,
)  # fmt: skip
PLACES = {"a": (1, 1), "b": (1, 2), "7": (2, 1)}
MAY = day_number(date(2018, 5, 2))


def rows_of(path: Path, text: str, **options: object) -> tuple[list[dict[str, float]], Collected]:
    """The records of a file's text, one dictionary each, and what was collected."""
    path.write_text(text)
    reading = choose(columns_of(path), path, **options)  # type: ignore[arg-type]
    collected = Collected(Units(reading.optical, reading.backscatter))
    found = []
    for records in read(path, reading, SEASON, PLACES, collected):
        for row in range(len(records.keys["pos"])):
            values = {name: int(one[row]) for name, one in records.keys.items()}
            count, mean, std = (float(one[row]) for one in records.statistics[:3])
            found.append(values | {"count": count, "mean": mean, "std": std})
    return found, collected


@pytest.mark.parametrize(
    ("columns", "layout"),
    [
        ("pid date card band mean", Layout.OWN),
        ("pid obsid obstime sensor direction card band count mean", Layout.OWN),
        ("pid date band mean", Layout.OWN),
        ("pid obsid obstime band count mean std min max p25 p50 p75", Layout.JRC),
        ("pid date_part band mean", Layout.JRC),
        ("NewID date band mean stdev", Layout.SEN4CAP),
        ("KOD_PB date band mean_val stdev", Layout.SEN4CAP),
    ],
)
def test_the_layout_is_found(columns: str, layout: Layout) -> None:
    assert choose(columns.split(), "f.csv").layout is layout


def test_columns_of_no_layout(tmp_path: Path) -> None:
    with pytest.raises(SeriesError, match="of no layout: id, value"):
        choose(["id", "value"], "f.csv")
    with pytest.raises(SeriesError, match=r"lacks a column for mean \(mean or mean_val or avg\)"):
        choose(["pid", "date", "band"], "f.csv")
    with pytest.raises(SeriesError, match=r"for band.*--band"):
        choose(["NewID", "date", "mean"], "f.csv")
    twice = tmp_path / "f.csv"
    twice.write_text("pid,pid,mean\n")
    with pytest.raises(RecordFileError, match="has the column pid twice"):
        columns_of(twice)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2018-05-02", MAY), ("20180502", MAY), ("2018-05-02 05:40:00", MAY),
        ("20180502T165849", MAY), ("2018-05-02T23:30:00-02:00", MAY + 1), ("1525219200", MAY),
        ("1525305599.5", MAY), ("2.5.2018", None), ("", None), ("0001-01-01T00:00+23:00", None),
    ],
)  # fmt: skip
def test_days(text: str, day: int | None) -> None:
    assert day_of(text) == day


@pytest.mark.parametrize(
    ("card", "band", "known"),
    [
        ("", "VVb", ("bs", "VV")), ("", "VHc", ("c6", "VH")), ("", "B2", ("s2", "B02")),
        ("", "b8a", ("s2", "B8A")), ("bs", "VH/VV", ("bs", "VH/VV")), ("C12", "VV", ("c12", "VV")),
        ("", "VV", None), ("s9", "B02", None), ("s2", "", None), ("s2", "B\x00", None),
    ],
)  # fmt: skip
def test_bands(card: str, band: str, known: tuple[str, str] | None) -> None:
    assert card_and_band(card, band) == known


def test_own_rows(tmp_path: Path) -> None:
    found, collected = rows_of(
        tmp_path / "f.csv",
        "pid,date,card,band,direction,count,mean,std\n"
        "a,2018-05-02,bs,VV,A,40,0.25,0.1\n"
        "b,2018-05-02,s2,B04,,,0.05,\n",
    )
    first, second = found
    assert first == {
        "blk": 1, "pos": 1, "card": 0, "band": 0, "day": MAY, "direction": 1, "observation": -1,
        "count": 40, "mean": 0.25, "std": pytest.approx(0.1),
    }  # fmt: skip
    assert (second["pos"], second["card"], second["direction"]) == (2, 1, 0)
    assert np.isnan([second["count"], second["std"]]).all()
    assert (collected.cards, collected.bands) == (["bs", "s2"], ["VV", "B04"])


def test_jrc_has_digital_numbers(tmp_path: Path) -> None:
    found, collected = rows_of(
        tmp_path / "f.csv",
        "pid,obsid,obstime,band,count,mean,std\n"
        "a,17,2018-05-02 10:30:00,B08,30,2500,300\n"
        "a,17,2018-05-02 10:30:00,SC,30,4,0\n"
        "a,18,2018-05-02 05:40:00,VVb,30,0.125,0.01\n",
    )
    assert [one["mean"] for one in found] == [0.25, 0.125]
    assert found[0]["std"] == pytest.approx(0.03)
    assert [one["observation"] for one in found] == [17, 18]
    assert collected.counts.classes == 1


def test_sen4cap_names_its_band_outside(tmp_path: Path) -> None:
    found, _ = rows_of(
        tmp_path / "f.csv", "NewID;date;mean;stdev\n7;2018-05-02;0.5;0.1\n", band="NDVI"
    )
    assert [(one["blk"], one["mean"]) for one in found] == [(2, 0.5)]
    found, _ = rows_of(
        tmp_path / "f.csv", "NewID;date;orbit;mean\n7;2018-05-02;44;0.5\n", band="VH", card="c6"
    )
    assert found[0]["direction"] == 0


def test_decibels_become_linear(tmp_path: Path) -> None:
    found, _ = rows_of(
        tmp_path / "f.csv",
        "pid,date,card,band,count,mean,std\na,2018-05-02,bs,VV,40,-10,2\n",
        backscatter=Backscatter.DB,
    )
    assert (found[0]["mean"], found[0]["count"]) == (pytest.approx(0.1), 40)
    assert np.isnan(found[0]["std"])


def test_every_row_that_is_left_out_is_counted_once(tmp_path: Path) -> None:
    found, collected = rows_of(
        tmp_path / "f.csv",
        "pid,date,card,band,count,mean\n"
        "a,2018-05-02,bs,VV,4,0.25\n"
        "a,2018-05-02,bs,VH,4,NaN\n"
        "x,2018-05-02,bs,VH,4,NaN\n"
        "a,2018-05-02,bs,VH,0,0.5\n"
        "x,2018-05-02,bs,VV,4,0.25\n"
        "y,2017-05-02,bs,VV,4,0.25\n"
        "a,2018-02-28,bs,VV,4,0.25\n"
        "a,2018-10-31,bs,VV,4,0.25\n"
        "a,2018-11-01,bs,VV,4,0.25\n"
        "a,2018-05-03,bs,VV,4,inf\n",
    )
    counts = collected.counts
    assert (len(found), counts.rows) == (2, 10)
    assert (counts.no_value, counts.of_unknown_parcels, counts.outside_season) == (4, 2, 2)
    assert sorted(counts.unknown_parcels) == ["x", "y"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (",2018-05-02,bs,VV,A,1", "row 2: '' is not a parcel"),
        ("a,2018-05-32,bs,VV,A,1", "row 2: '2018-05-32' is not a day"),
        ("a,2018-05-02,xx,VV,A,1", r"row 2: 'xx\\tVV' is not a band"),
        ("a,2018-05-02,bs,VV,up,1", "row 2: 'up' is not the direction"),
        ("a,2018-05-02,bs,VV,A,one", "invalid value 'one'"),
        ("a,2018-05-02", "Expected 6 columns, got 2"),
    ],
)
def test_a_row_that_cannot_be_understood(tmp_path: Path, row: str, fault: str) -> None:
    with pytest.raises((SeriesError, RecordFileError), match=fault):
        rows_of(
            tmp_path / "f.csv",
            f"pid,date,card,band,direction,mean\na,2018-05-02,bs,VV,A,1\n{row}\n",
        )


@pytest.mark.parametrize(
    ("band", "mean", "options", "told"),
    [
        ("s2,B08", 2500, {}, "if they are digital numbers, say --optical dn"),
        ("bs,VV", -12, {}, "if they are decibels, say --backscatter db"),
        ("c6,VV", 180, {}, "are not between 0 and 1"),
        ("s2,NDVI", 7500, {}, "are not between -1 and 1"),
        # Single precision, in which it would be kept, does not have it.
        ("s2,LAI", 1e39, {}, "are not between -3.40282e+38 and 3.40282e+38"),
        ("s2,B08", 0.25, {"optical": Optical.DN}, "say --optical reflectance"),
        ("bs,VV", 0.25, {"backscatter": Backscatter.DB}, "say --backscatter linear"),
    ],
)
def test_wrong_units(
    tmp_path: Path, band: str, mean: float, options: dict[str, object], told: str
) -> None:
    text = f"pid,date,card,band,mean\na,2018-05-02,{band},{mean}\n"
    _, collected = rows_of(tmp_path / "f.csv", text, **options)
    [fault] = collected.units.faults()
    assert told in fault


def test_a_single_impossible_value_is_left_out(tmp_path: Path) -> None:
    rows = "".join(f"a,2018-05-{1 + n % 30:02},s2,B08,0.25\n" for n in range(199))
    found, collected = rows_of(
        tmp_path / "f.csv", f"pid,date,card,band,mean\n{rows}b,2018-05-02,s2,B08,99\n"
    )
    assert collected.units.faults() == []
    assert (len(found), collected.counts.impossible) == (199, 1)
