"""The table of crop groups: read from CSV, by the agency's own names or by HCAT codes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import DecisionError, SettingsError
from dias_cbm.outliers import tables
from dias_cbm.outliers.groups import Grouping, alike, grouping, hcat_group
from dias_cbm.outliers.tables import Table

#: Names of the column with HCAT codes, in EuroCrops' files and by themselves.
HCAT_COLUMNS = ("hcat4_code", "hcat3_code", "hcat2_code", "hcat_code", "ec_hcat_c", "hcat")


@dataclass(frozen=True, slots=True)
class ImportedGroups:
    """Result of an import of groups.

    :param crops: in the table now.
    :param groups: number of different groups.
    :param replaced: rows that were in the table before, and were removed.
    :param without: crops of the file without a group or code; each stays alone.
    :param alike: crops whose texts differ only by case or blanks; they are different crops.
    """

    crops: int
    groups: int
    replaced: int
    without: tuple[str, ...]
    alike: tuple[tuple[str, ...], ...]


def import_groups(
    connection: Connection,
    path: Path,
    season: int | None = None,
    *,
    crop_column: str = "crop",
    hcat_level: int | None = None,
) -> ImportedGroups:
    """Replace the groups of the agency, or of one season, by those of a CSV file; does not commit.

    :param season: id of the season; None for the groups of all seasons.
    :param crop_column: column with the crop as it is declared.
    :param hcat_level: group crops by their HCAT code at this level; None takes the names of the
        column ``group``.
    :raises DecisionError: a column is missing, a code is wrong, or a crop is in two groups; the
        groups stay as they are.
    """
    column = crop_column.lower()
    table = tables.read(path, [column] if hcat_level is not None else [column, "group"])
    found, without = _groups(path, table, column, hcat_level)
    source = path.name if hcat_level is None else f"{path.name}, HCAT level {hcat_level}"
    replaced = connection.execute(query("decisions/remove_groups"), {"season": season}).rowcount
    with connection.cursor() as cursor:
        cursor.executemany(
            query("decisions/add_group"),
            [
                {"season": season, "crop": crop, "name": name, "hcat": code, "source": source}
                for crop, (name, code) in found.items()
            ],
        )
    return ImportedGroups(
        crops=len(found),
        groups=len({name for name, _ in found.values()}),
        replaced=replaced,
        without=tuple(crop for crop in without if crop not in found),
        alike=alike(found),
    )


def _groups(
    path: Path, table: Table, column: str, hcat_level: int | None
) -> tuple[dict[str, tuple[str, str | None]], list[str]]:
    """Group and HCAT code of each crop, and the crops without a group.

    :raises DecisionError: see :func:`import_groups`.
    """
    codes = None if hcat_level is None else _code_column(path, table)
    found: dict[str, tuple[str, str | None]] = {}
    without = []
    for line in table.lines:
        crop = line.cells.get(column)
        if crop is None:
            raise DecisionError(f"line {line.number} has no crop", subject=path)
        code = line.cells.get(codes) if codes else None
        name = line.cells.get("group") if codes is None else None
        if code is not None and hcat_level is not None:
            try:
                name = hcat_group(code, hcat_level)
            except SettingsError as error:
                raise DecisionError(f"line {line.number}: {error}", subject=path) from None
        if name is None:
            without.append(crop)
        elif found.setdefault(crop, (name, code))[0] != name:
            raise DecisionError(
                f"line {line.number}: {crop!r} is in {found[crop][0]!r} and in {name!r}",
                subject=path,
                hint="the groups are as before",
            )
    return found, without


def _code_column(path: Path, table: Table) -> str:
    for name in HCAT_COLUMNS:
        if name in table.columns:
            return name
    raise DecisionError("has no column with HCAT codes", subject=path, hint=", ".join(HCAT_COLUMNS))


def table_of(connection: Connection, season: int) -> dict[str, str]:
    """The name of the group of each crop: the season's own rows before the agency's.

    :param season: id of the season.
    """
    rows = connection.execute(query("decisions/groups"), {"season": season})
    return {row.crop: row.name for row in rows}


def of_season(connection: Connection, season: int) -> tuple[Grouping, dict[str, int]]:
    """The groups of a season's declared crops, and the parcels of each crop.

    :param season: id of the season.
    """
    rows = connection.execute(query("decisions/crops"), {"season": season}).fetchall()
    parcels = {row.crop: int(row.parcels) for row in rows}
    return grouping(list(parcels), table_of(connection, season)), parcels
