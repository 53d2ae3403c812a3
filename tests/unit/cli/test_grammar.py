"""The grammar of ``cbm``: every command and option keeps to docs/commands.md."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
import typer
from typer.testing import CliRunner

from dias_cbm.cli import build
from dias_cbm.cli.options import one_of, parse_area, parse_day, window
from dias_cbm.errors import ParcelFileError
from scripts.command_reference import is_argument, kind, spelling, walk

EVERY = {" ".join(words): one for words, one in walk(typer.main.get_command(build()))}
VERBS = {name: one for name, one in EVERY.items() if not hasattr(one, "commands")}

#: Verbs without a noun: one product, one parcel file, one installation.
ALONE = {"doctor", "download", "extract", "init"}
#: They serve until they are interrupted: there is nothing to print.
WITHOUT_JSON = {"lab dias", "window serve"}
#: Their season is a file's, a run's, or every season's.
WITHOUT_SEASON = {
    "markers list", "outliers compare", "outliers explain", "season list", "season restore",
    "window serve",
}  # fmt: skip

pytestmark = pytest.mark.filterwarnings("error")


def parameters(*names: str) -> list[tuple[str, Any]]:
    return [
        (verb, one) for verb, command in VERBS.items() for one in command.params
        if set(names) & set(one.opts)
    ]  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_noun_then_verb(name: str) -> None:
    words = name.split()
    if name in VERBS:
        assert len(words) == 2 or name in ALONE
    else:
        assert len(words) == 1


@pytest.mark.parametrize("name", EVERY)
def test_every_help_is_a_sentence(name: str) -> None:
    command = EVERY[name]
    first = command.help.partition("\n\n")[0]
    texts = {name: first} | {spelling(one): one.help for one in command.params}
    assert [
        what
        for what, text in texts.items()
        if not text or not (text[0].isupper() or text.startswith("`")) or text[-1] != "."
    ] == []


@pytest.mark.parametrize("noun", ["", *(name for name in EVERY if name not in VERBS)])
def test_no_sentence_in_a_list_of_commands_is_cut(noun: str) -> None:
    words = [noun, "--help"] if noun else ["--help"]
    shown = CliRunner().invoke(build(), words, env={"COLUMNS": "80"}).output
    commands = shown.partition("Commands:")[2]
    assert commands
    assert "..." not in commands


def test_options_of_one_name_are_the_same_everywhere() -> None:
    """Where one may be given again and another not, they may be told differently."""
    found: dict[Any, set[Any]] = defaultdict(set)
    for command in VERBS.values():
        for one in command.params:
            if not is_argument(one):
                told = one.help, kind(one), one.metavar, tuple(one.secondary_opts)
                found[one.opts[0], one.multiple].add(told)
    assert {name: told for name, told in found.items() if len(told) > 1} == {}


def test_from_and_to_are_days() -> None:
    found = parameters("--from", "--to")
    assert len(found) > 8
    assert {kind(one) for _, one in found} == {parse_day}


def test_area_is_a_geometry_and_out_a_path() -> None:
    assert {kind(one) for _, one in parameters("--area")} == {parse_area}
    assert {kind(one) for _, one in parameters("--out")} == {Path}


def test_every_command_prints_json() -> None:
    assert set(VERBS) - {verb for verb, _ in parameters("--json")} == WITHOUT_JSON


@pytest.mark.parametrize("name", VERBS)
def test_the_season_comes_first(name: str) -> None:
    arguments = [one for one in VERBS[name].params if is_argument(one)]
    assert [one.metavar for one in arguments[1:] if "SEASON" in one.metavar] == []
    assert "--season" not in {option for one in VERBS[name].params for option in one.opts}
    about_seasons = ("season ", "backfill ", "gaps ", "markers ", "outliers ", "parcels ", "peers ")
    if name.startswith(about_seasons) and name not in WITHOUT_SEASON:
        assert arguments[0].metavar == "SEASON"


@pytest.mark.parametrize("name", VERBS)
def test_arguments_have_names_in_capitals(name: str) -> None:
    assert all(one.metavar.isupper() for one in VERBS[name].params if is_argument(one))


def test_what_asks_can_be_told_to_go_on() -> None:
    asking = {verb for verb, _ in parameters("--yes")}
    assert {"backfill run", "season drop"} <= asking
    assert asking - {"init"} <= {verb for verb, _ in parameters("--dry-run")}


def test_days() -> None:
    assert parse_day("2018-05-31") == date(2018, 5, 31)
    for text in ("2018-05-32", "2018-05-31T10:00:00", "yesterday"):
        with pytest.raises(typer.BadParameter, match="is not a day"):
            parse_day(text)
    starts, ends = window(date(2018, 5, 31), date(2018, 5, 31))
    assert (starts.isoformat(), ends.isoformat()) == (
        "2018-05-31T00:00:00+00:00", "2018-06-01T00:00:00+00:00",
    )  # fmt: skip
    with pytest.raises(typer.BadParameter, match="after the last"):
        window(date(2018, 6, 1), date(2018, 5, 31))


def test_areas(tmp_path: Path) -> None:
    wkt = "MULTIPOLYGON (((9 55, 10 55, 10 56, 9 56, 9 55)))"
    file = tmp_path / "area.geojson"
    file.write_text(shapely.to_geojson(shapely.from_wkt(wkt)))
    for text in (str(file), wkt, f" {wkt.lower()}", "POLYGON ((9 55, 10 55, 10 56, 9 56, 9 55))"):
        area = parse_area(text)
        assert area.geom_type == "MultiPolygon"
        assert area.bounds == (9, 55, 10, 56)
    for text in ("POLYGON EMPTY", "POLYGON ((9 55, 10", str(tmp_path / "none.gpkg"), "POINT (9 5)"):
        with pytest.raises(ParcelFileError):
            parse_area(text)


def test_the_end_of_a_name_chooses_the_format() -> None:
    assert one_of(Path("a.CSV"), ".csv", ".gpkg") == ".csv"
    with pytest.raises(typer.BadParameter, match=r"a\.txt does not end in \.csv or \.gpkg"):
        one_of(Path("a.txt"), ".csv", ".gpkg")


def test_a_mistake_is_exit_code_2() -> None:
    area = "POLYGON ((9 55, 10 55, 10 56, 9 56, 9 55))"
    days = ["--from", "2018-06-01", "--to", "2018-05-31"]
    done = CliRunner().invoke(build(), ["catalogue", "search", "--area", area, *days])
    assert done.exit_code == 2
    assert "after the last" in done.output
