"""``cbm export``: Parquet copies of a season."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dias_cbm.scenes import Card

if TYPE_CHECKING:
    from dias_cbm.export import ExportReport


def export(
    season: Annotated[str, typer.Option("--season", help="Name of the season, e.g. dk-2018.")],
    folder: Annotated[Path, typer.Option("--to", help="Folder of this season's files.")],
    what: Annotated[
        list[str] | None,
        typer.Option("--what", help="signatures, means, parcels, outliers; may be repeated."),
    ] = None,
    card: Annotated[
        list[Card] | None, typer.Option("--card", help="May be repeated; all if left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable report.")] = False,
) -> None:
    """Write a season as Parquet: signatures per card and month, means per card, parcels, outliers.

    Run again it replaces what it wrote before. manifest.json has the rows of every file.
    """
    from dias_cbm.db.connection import connect
    from dias_cbm.export import What
    from dias_cbm.export import export as write

    known = {one.value: one for one in What}
    for name in what or ():
        if name not in known:
            raise typer.BadParameter(f"{name} is not one of {', '.join(known)}")
    wanted = [known[name] for name in what] if what else list(What)
    with connect(application="cbm export") as connection:
        report = write(connection, season, folder, wanted, card or list(Card))
    typer.echo(json.dumps(asdict(report)) if as_json else _text(report, folder))


def _text(report: ExportReport, folder: Path) -> str:
    lines = [f"{folder / file.name}: {file.rows:,} rows" for file in report.files]
    lines += [f"removed {folder / name}: nothing is left for it" for name in report.removed]
    if report.empty:
        lines.append(f"nothing to write: {', '.join(report.empty)}")
    lines += [
        f"{card}: the extractions counted {report.ledger[card]:,} records,"
        f" the files hold {sum(f.records or 0 for f in report.files if f.card == card):,}"
        for card in report.different
    ]
    rows = sum(file.rows for file in report.files)
    return "\n".join([*lines, f"{rows:,} rows in {report.seconds:.1f} s"])
