"""Weather imported into a season, and shown for a parcel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from blocks import add_block, add_season
from typer.testing import CliRunner

from dias_cbm.cli import build
from dias_cbm.db.connection import Connection

pytestmark = pytest.mark.integration

HEAD = "cell,lon,lat,date,tmean,tmin,tmax,prec"


@pytest.fixture
def season(connection: Connection) -> Connection:
    """A season with a parcel at 9.2 degrees east and 56.2 north."""
    add_block(connection, add_season(connection, "dk-2018"), 1, ["a"])
    return connection


def run(*words: object) -> Any:
    return CliRunner().invoke(build(), [str(word) for word in words])


def ok(*words: object) -> Any:
    done = run(*words, "--json")
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout)


def fails(*words: object) -> str:
    done = run(*words)
    assert done.exit_code == 1
    return str(done.exception)


def write(tmp_path: Path, *rows: str, head: str = HEAD) -> Path:
    path = tmp_path / "weather.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def test_the_nearest_cell_and_what_is_left_out(season: Connection, tmp_path: Path) -> None:
    file = write(
        tmp_path, "far,9.5,56.2,2018-05-01,20,20,20,20", "near,9.1,56.2,2018-05-01,10,4,16,0",
        "near,9.1,56.2,2018-05-02,9,,,3.5", "near,9.1,56.2,2018-05-02,9,,,3.5",
        "near,9.1,56.2,2018-05-03,-9999,,,", "near,9.1,56.2,2017-05-03,9,4,16,0",
        "abroad,2,48,2018-05-01,10,4,16,0",
    )  # fmt: skip
    assert ok("weather", "import", "dk-2018", file, "--dry-run")["days"] == 3
    assert "the season has no weather" in fails("weather", "show", "dk-2018", "a")
    done = ok("weather", "import", "dk-2018", file)
    counted = {"rows": 7, "far": 1, "outside_season": 1, "no_value": 1, "repeated": 1}
    assert counted.items() <= done.items()
    assert (done["cells"], done["days"], done["changed"]) == (2, 3, 0)
    shown = ok("weather", "show", "dk-2018", "a")
    assert shown["cell"] == "near"
    assert shown["metres"] == pytest.approx(6200, abs=20)
    assert shown["meteo_date"] == ["2018-05-01", "2018-05-02"]
    assert (shown["tmin"], shown["prec"], shown["days_missing"]) == ([4, None], [0, 3.5], 363)
    assert "no such parcel" in fails("weather", "show", "dk-2018", "b")


def test_variables_of_several_files_come_together(season: Connection, tmp_path: Path) -> None:
    words = ("weather", "import", "dk-2018")
    ok(*words, write(tmp_path, "9.1,56.2,2018-05-01,283.15", head="lon,lat,date,tg"),
       "--temperature", "kelvin")  # fmt: skip
    rain = write(tmp_path, "9.1,56.2,2018-05-01,2", head="lon,lat,date,rr")
    ok(*words, rain)
    assert ok(*words, rain)["changed"] == 0
    again = write(tmp_path, "9.1,56.2,2018-05-01,4", head="lon,lat,date,rr")
    assert ok(*words, again)["changed"] == 1
    shown = ok("weather", "show", "dk-2018", "a")
    assert (shown["cell"], shown["tmean"], shown["prec"]) == ("9.10000 56.20000", [10], [4])


def test_a_lowest_temperature_above_the_highest(season: Connection, tmp_path: Path) -> None:
    words = ("weather", "import", "dk-2018")
    rows = [f"c,9.1,56.2,2018-05-{day:02},10,4,16,0" for day in range(1, 8)]
    wrong = ["c,9.1,56.2,2018-05-09,10,16,4,1", "alone,9.2,56.2,2018-05-08,10,16,4,1"]
    done = ok(*words, write(tmp_path, *rows, *wrong))
    assert (done["days"], done["reversed"]) == (7, 2)
    assert done["first_reversed"] == "alone on 2018-05-08"
    # A cell without a day is not the nearest.
    assert ok("weather", "show", "dk-2018", "a")["cell"] == "c"
    told = run(*words, write(tmp_path, *rows, *wrong)).stdout
    assert "2 days have tmin above tmax, the first is alone on 2018-05-08" in told
    # The two may come from different files.
    lowest = ["c,9.1,56.2,2018-05-01,17", "c,9.1,56.2,2018-05-02,-1", "c,9.1,56.2,2018-05-03,0"]
    done = ok(*words, write(tmp_path, *lowest, head="cell,lon,lat,date,tn"))
    assert (done["days"], done["reversed"]) == (2, 1)
    assert ok("weather", "show", "dk-2018", "a")["tmin"][:3] == [4, -1, 0]
    swapped = [row.replace("4,16", "16,4") for row in rows]
    assert "7 days have tmin above tmax" in fails(*words, write(tmp_path, *swapped))


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "none of its 0 rows is of the season"),
        (["c,9,56,2018-05-01,283,,,"], "1 of 1 values of tmean are not possible"),
        (["c,9,56,1 May,1,,,"], "row 1: '1 May' is not a day"),
        (["c,9,,2018-05-01,1,,,"], "row 1: its place is not a longitude and latitude"),
        (["c,200,56,2018-05-01,1,,,"], "row 1: its place is not a longitude and latitude"),
        ([",9,56,2018-05-01,1,,,"], "row 1: its cell is not a name"),
        (
            ["c,9,56,2018-05-01,1,,,", "c,9.1,56,2018-05-02,1,,,"],
            "row 2: the cell c has two places",
        ),
        (
            ["c,9,56,2018-05-01,1,,,", "c,9,56,2018-05-01,2,,,"],
            "several values for 1 days of cells",
        ),
    ],
)
def test_whole_or_nothing(season: Connection, tmp_path: Path, rows: list[str], told: str) -> None:
    assert told in fails("weather", "import", "dk-2018", write(tmp_path, *rows))
    for table in ("weather_cell", "weather_day"):
        assert season.execute(f"select count(*) from {table}").fetchone()[0] == 0
    season.commit()


def test_a_cell_does_not_move(season: Connection, tmp_path: Path) -> None:
    ok("weather", "import", "dk-2018", write(tmp_path, "c,9,56,2018-05-01,1,,,"))
    moved = write(tmp_path, "c,9.1,56,2018-05-02,1,,,")
    assert "has the cell c at another place" in fails("weather", "import", "dk-2018", moved)
