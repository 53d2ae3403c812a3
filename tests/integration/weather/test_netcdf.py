"""Grids of NetCDF files, as E-OBS and AgERA5 have them, imported into a season."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blocks import add_block, add_season
from scipy.io import netcdf_file
from typer.testing import CliRunner

from dias_cbm.cli import build
from dias_cbm.db.connection import Connection

pytestmark = pytest.mark.integration

#: 1 May 2018 in days since 1950.
FIRST = 24957


@pytest.fixture
def season(connection: Connection) -> Connection:
    """A season with a parcel at 9.2 degrees east and 56.2 north."""
    add_block(connection, add_season(connection, "dk-2018"), 1, ["a"])
    return connection


def write(
    path: Path, variables: Mapping[str, tuple[str, float]], *, upwards: bool = False,
    time: str = "days since 1950-01-01 00:00", west: float = 9.0,
) -> Path:  # fmt: skip
    """Three days on a grid of 4 x 5 cells; each variable has a unit, and a value of the first cell.

    Values grow by 0.1 from cell to cell, eastwards and then southwards, and by 2 from day to day.
    """
    with netcdf_file(path, "w") as file:
        axes = {
            "time": (FIRST + np.arange(3), time),
            "latitude": (56.5 - 0.1 * np.arange(4), "degrees_north"),
            "longitude": (west + 0.1 * np.arange(5), "degrees_east"),
        }
        for name, (values, unit) in axes.items():
            file.createDimension(name, len(values))
            axis = file.createVariable(name, "f8", (name,))
            axis[:] = values[::-1] if upwards and name == "latitude" else values
            axis.units = unit
        for name, (unit, first) in variables.items():
            grid = file.createVariable(name, "i2", ("time", "latitude", "longitude"))
            grid.units, grid.scale_factor, grid._FillValue = unit, 0.01, np.int16(-9999)
            values = np.round(100 * first) + 10 * np.arange(60).reshape(3, 4, 5)
            values[2, 3, 2] = -9999
            grid[:] = values[:, ::-1] if upwards else values
    return path


def run(*words: object) -> Any:
    return CliRunner().invoke(build(), [str(word) for word in words])


def imported(file: Path) -> Any:
    done = run("weather", "import", "dk-2018", file, "--json")
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout)


def shown() -> Any:
    return json.loads(run("weather", "show", "dk-2018", "a", "--json").stdout)


@pytest.mark.parametrize("upwards", [False, True])
def test_a_grid_is_read_where_the_season_is(
    season: Connection, tmp_path: Path, upwards: bool
) -> None:
    file = write(tmp_path / "tg.nc", {"tg": ("Celsius", 5.0)}, upwards=upwards)
    done = imported(file)
    assert (done["cells"], done["days"], done["no_value"]) == (20, 59, 1)
    # The parcel's cell is the third from the west and the fourth from the north: 17 cells on.
    found = shown()
    assert (found["cell"], found["meteo_date"]) == (
        "9.20000 56.20000",
        ["2018-05-01", "2018-05-02"],
    )
    assert found["tmean"] == pytest.approx([6.7, 8.7], abs=1e-4)
    assert found["metres"] == pytest.approx(0, abs=1)


def test_several_variables_in_kelvin_and_rain_of_another_file(
    season: Connection, tmp_path: Path
) -> None:
    imported(write(tmp_path / "t.nc", {"tn": ("K", 275.0), "tx": ("K", 285.0)}))
    imported(write(tmp_path / "r.nc", {"Precipitation_Flux": ("mm d-1", 1.0)}))
    found = shown()
    assert found["tmin"] == pytest.approx([3.55, 5.55], abs=1e-3)
    assert found["tmax"] == pytest.approx([13.55, 15.55], abs=1e-3)
    assert (found["prec"], found["tmean"]) == (pytest.approx([2.7, 4.7], abs=1e-4), [None, None])


@pytest.mark.parametrize(
    ("variables", "options", "told"),
    [
        ({"tg": ("furlong", 5)}, {}, "has tg in 'furlong', not a unit of a temperature"),
        ({"tg": ("mm", 5)}, {}, "has tg in 'mm', not a unit of a temperature"),
        ({"rr": ("K", 280)}, {}, "has rr in 'k', not a unit of precipitation"),
        ({"tg": ("K", 280)}, {"time": "days since 0000-01-01"}, "counts its days from 0000-01-01"),
        ({"depth": ("m", 5)}, {}, "lacks the columns tmean or tmin or tmax or precipitation"),
        ({"tg": ("K", 5)}, {}, "values of tmean are not possible"),
        ({"tg": ("Celsius", 5)}, {"west": 40.0}, "has no cell near the season's area"),
        ({"tg": ("Celsius", 5)}, {"time": "years since 1950"}, "has no days"),
    ],
)
def test_what_cannot_be_used(
    season: Connection, tmp_path: Path, variables: Any, options: Any, told: str
) -> None:
    done = run("weather", "import", "dk-2018", write(tmp_path / "x.nc", variables, **options))
    assert (done.exit_code, told in str(done.exception)) == (1, True), done.exception


def test_a_damaged_file(season: Connection, tmp_path: Path) -> None:
    whole = write(tmp_path / "x.nc", {"tg": ("Celsius", 5)}).read_bytes()
    for number, content in enumerate((whole[:60], whole[:4], b"\x89HDF\r\n\x1a\n" + bytes(500))):
        file = tmp_path / f"broken{number}.nc"
        file.write_bytes(content)
        done = run("weather", "import", "dk-2018", file)
        assert (done.exit_code, done.stdout) == (1, "")
        assert str(file) in str(done.exception)
