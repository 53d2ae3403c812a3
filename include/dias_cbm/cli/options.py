"""Arguments and options that several commands share, each written once.

One name means one thing everywhere: ``--from`` and ``--to`` are days, ``--out`` is a path,
``--area`` is a geometry, ``--json`` and ``--dry-run`` are the same switch in every command.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dias_cbm.days import day_bounds
from dias_cbm.scenes import Card
from dias_cbm.whole_file import check_place

if TYPE_CHECKING:
    from shapely import MultiPolygon

    from dias_cbm.seasons import Season
else:
    # Typer only needs some type here; the parser imports shapely when it runs.
    MultiPolygon = object


class Status(StrEnum):
    """Status of a parcel in the outlier list."""

    CONFIRMED = "confirmed"
    INCONCLUSIVE = "inconclusive"
    OUTLIER = "outlier"


def parse_day(text: str) -> date:
    """A day from text such as 2018-05-31.

    :raises typer.BadParameter: not a day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day like 2018-05-31") from None


def parse_area(text: str) -> MultiPolygon:
    """Polygons from text: the path of a file that OGR reads, or WKT in EPSG:4326.

    :raises ParcelFileError: there is no such file, or it holds no polygon.
    """
    from dias_cbm.geometry import area_of

    return area_of(text)


_FROM = typer.Option("--from", parser=parse_day, metavar="DAY", help="First day, in UTC.")
_TO = typer.Option("--to", parser=parse_day, metavar="DAY", help="Last day, included.")
_AREA = typer.Option(
    "--area",
    parser=parse_area,
    metavar="FILE|WKT",
    help="Polygons: a vector file in any CRS, or WKT in longitude and latitude.",
)
_OUT = typer.Option("--out", metavar="PATH", help="File or folder to write.")

SeasonName = Annotated[
    str, typer.Argument(metavar="SEASON", help="Name of the season, e.g. dk-2018.")
]
AnySeason = Annotated[
    str | None,
    typer.Argument(metavar="SEASON", help="Name of the season; default: all seasons."),
]
FirstDay = Annotated[date, _FROM]
LastDay = Annotated[date, _TO]
FirstDayIfGiven = Annotated[date | None, _FROM]
LastDayIfGiven = Annotated[date | None, _TO]
Area = Annotated[MultiPolygon, _AREA]
AreaIfGiven = Annotated[MultiPolygon | None, _AREA]
Out = Annotated[Path, _OUT]
OutIfGiven = Annotated[Path | None, _OUT]

CardName = Annotated[Card, typer.Option("--card", help="CARD product.")]
CardIfGiven = Annotated[
    Card | None, typer.Option("--card", help="CARD product.", show_default=False)
]
CardNames = Annotated[
    list[Card] | None,
    typer.Option("--card", help="CARD product; may be repeated; default: all."),
]
PlatformName = Annotated[
    str | None, typer.Option("--platform", help="Name of a platform; default: from the settings.")
]
Level1 = Annotated[
    bool, typer.Option("--level1", help="Level-1 acquisitions instead of CARD products.")
]
IdColumn = Annotated[
    str,
    typer.Option(
        "--id-column",
        help="Column that identifies a parcel, or several with commas between; fid numbers them.",
    ),
]
Layer = Annotated[
    str | None, typer.Option("--layer", help="Layer of the parcel file, if it has several.")
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding", help="Encoding of the parcel file's text, if not as declared: cp1252, ..."
    ),
]
BandSet = Annotated[
    str | None,
    typer.Option(
        "--band-set",
        help="Picture: true_colour, false_colour, backscatter, coherence; or one band.",
    ),
]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Maximum number to print.")]
StatusIfGiven = Annotated[
    Status | None, typer.Option("--status", help="Only parcels of this status.")
]

Workers = Annotated[
    int, typer.Option("--workers", min=1, max=64, help="Database connections that work at a time.")
]
Port = Annotated[int | None, typer.Option("--port", help="Port on 127.0.0.1 to serve at.")]
Reprocess = Annotated[bool, typer.Option("--reprocess", help="Rerun days that have been run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print what would be done; change nothing.")
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", min=0, max=2**63 - 1, help="Seed of all random numbers."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


def check_days(first: date, last: date) -> None:
    """Check that the first day is not after the last.

    :raises typer.BadParameter: the first day is after the last.
    """
    if first > last:
        raise typer.BadParameter(f"the first day, {first}, is after the last, {last}")


def window(first: date, last: date) -> tuple[datetime, datetime]:
    """Days as a half-open window of aware instants in UTC.

    :param last: included.
    :raises typer.BadParameter: the first day is after the last.
    """
    check_days(first, last)
    return day_bounds(first, last)


def days_of(season: Season, first: date | None, last: date | None) -> tuple[date, date]:
    """The days asked for; where one is not given, that of the season.

    :raises typer.BadParameter: the first day is after the last.
    """
    chosen = first or season.starts, last or season.ends
    check_days(*chosen)
    return chosen


def one_of(path: Path, *suffixes: str) -> str:
    """The suffix of a file to write, which decides its format.

    :raises typer.BadParameter: the suffix is not one of ``suffixes``.
    :raises OutputError: no file can be written there.
    """
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        raise typer.BadParameter(
            f"{path} does not end in {' or '.join(suffixes)}", param_hint="--out"
        )
    check_place(path)
    return suffix
