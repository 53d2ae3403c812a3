"""Crop groups in the database: of the agency, of one season, and from EuroCrops' codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from blocks import add_block, add_season
from typer.testing import CliRunner, Result

from dias_cbm.cli.groups import app
from dias_cbm.db.connection import Connection
from dias_cbm.errors import DecisionError
from dias_cbm.outliers.group_table import import_groups, of_season, table_of

pytestmark = pytest.mark.integration
# Columns as in EuroCrops' own tables.
EUROCROPS = """original_code,original_name,translated_name,HCAT3_name,HCAT3_code
1,Vinterhvede,winter wheat,winter_common_soft_wheat,3301010101
2,Vinterrug,winter rye,winter_rye,3301010301
3,Roe,sugar beet,sugar_beet,3301050000
4,Andet,other,,
"""


@pytest.fixture
def season(connection: Connection) -> int:
    """One parcel each of Vinterhvede, Vinterrug, Roe and `vinterrug `."""
    number = add_season(connection, "dk-2018")
    add_block(connection, number, 0, ["a", "b", "c", "d"])
    for pid, crop in zip("abcd", ("Vinterhvede", "Vinterrug", "Roe", "vinterrug "), strict=True):
        connection.execute("update parcel set crop = %s where pid = %s", (crop, pid))
    connection.commit()
    return number


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_seasons_own_groups_come_first(
    connection: Connection, season: int, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "agency.csv", "crop,group\nVinterhvede,corn\nVinterrug,corn\nRoe,beet\n"
    )
    assert import_groups(connection, path).crops == 3
    own = write(tmp_path / "own.csv", "crop;group\nVinterrug;rye\n")
    assert import_groups(connection, own, season).groups == 1
    assert table_of(connection, season) == {
        "Vinterhvede": "corn", "Vinterrug": "rye", "Roe": "beet",
    }  # fmt: skip
    other = add_season(connection, "es-2018")
    assert table_of(connection, other)["Vinterrug"] == "corn"


def test_an_import_replaces_the_groups_before(
    connection: Connection, season: int, tmp_path: Path
) -> None:
    import_groups(connection, write(tmp_path / "a.csv", "crop,group\nRoe,beet\nMajs,maize\n"))
    done = import_groups(connection, write(tmp_path / "b.csv", "crop,group\nRoe,roots\nHamp,\n"))
    assert (done.crops, done.replaced, done.without) == (1, 2, ("Hamp",))
    assert table_of(connection, season) == {"Roe": "roots"}


@pytest.mark.parametrize(
    ("level", "groups"),
    [
        (3, {"HCAT 3301"}),
        (4, {"HCAT 330101", "HCAT 330105"}),
        (5, {"HCAT 33010101", "HCAT 33010103", "HCAT 33010500"}),
    ],
)
def test_hcat(
    connection: Connection, season: int, tmp_path: Path, level: int, groups: set[str]
) -> None:
    path = write(tmp_path / "dk.csv", EUROCROPS)
    done = import_groups(connection, path, crop_column="original_name", hcat_level=level)
    assert done.without == ("Andet",)
    assert set(table_of(connection, season).values()) == groups
    row = connection.execute("select * from crop_group where crop = 'Vinterrug'").fetchone()
    assert (row.hcat, row.source) == ("3301010301", f"dk.csv, HCAT level {level}")


def test_what_is_odd_is_reported_and_nothing_is_merged(
    connection: Connection, season: int, tmp_path: Path
) -> None:
    import_groups(
        connection,
        write(tmp_path / "a.csv", "crop,group\nVinterrug,corn\nVinterhvede,corn\nByg,corn\n"),
    )
    found, parcels = of_season(connection, season)
    assert list(parcels) == sorted(parcels)
    assert len(found.names) == 3
    assert found.unknown == ("Byg",)
    assert set(found.ungrouped) == {"Roe", "vinterrug "}
    assert found.alike == (("Vinterrug", "vinterrug "),)


@pytest.mark.parametrize(
    ("text", "level", "problem"),
    [
        ("crop,group\nRoe,a\nRoe,b\n", None, "line 3: 'Roe' is in 'a' and in 'b'"),
        ("crop,group\n,a\n", None, "line 2 has no crop"),
        ("crop,grp\nRoe,a\n", None, "has no column group"),
        ("crop,group\nRoe,a\n", 4, "has no column with HCAT codes"),
        ("crop,hcat_code\nRoe,12\n", 4, "line 2: HCAT: '12' does not have ten digits"),
    ],
)
def test_a_wrong_file_leaves_the_groups_as_they_are(
    connection: Connection,
    season: int,
    tmp_path: Path,
    text: str,
    level: int | None,
    problem: str,
) -> None:
    import_groups(connection, write(tmp_path / "a.csv", "crop,group\nRoe,beet\n"))
    connection.commit()
    with pytest.raises(DecisionError, match=problem):
        import_groups(connection, write(tmp_path / "b.csv", text), hcat_level=level)
    connection.rollback()
    assert table_of(connection, season) == {"Roe": "beet"}


def test_the_commands(connection: Connection, season: int, tmp_path: Path) -> None:
    def call(*arguments: object) -> Result:
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert done.exit_code == 0, done.output
        return done

    path = write(tmp_path / "dk.csv", EUROCROPS)
    options = ("--crop-column", "original_name", "--hcat-level", 4)
    assert "would put 3 crops into 2 groups" in call("import", path, *options, "--dry-run").output
    assert table_of(connection, season) == {}
    connection.rollback()
    told = call("import", path, *options, "--only", "dk-2018").output
    assert told == (
        "put 3 crops into 2 groups; 0 rows were replaced\ncrops without a group: Andet\n"
    )
    (shown,) = json.loads(call("show", "--json").output)
    assert shown["crops"][1] == {"crop": "Vinterhvede", "group": "HCAT 330101", "parcels": 1}
    lines = call("show", "dk-2018").output
    assert "dk-2018: 4 crops in 3 groups" in lines
    assert "  HCAT 330101: Vinterhvede 1, Vinterrug 1" in lines
    assert "differ only by case or blanks" in lines
