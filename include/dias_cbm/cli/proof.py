"""The proof that a season is finished, as commands print it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from dias_cbm.completeness.proof import Proof

#: Failing items that are printed per check, at most.
MOST_ITEMS = 20

_COLUMNS = (
    "expected", "found", "cloudy", "confirmed", "open", "not_planned", "not_run",
    "extracted", "superseded", "failed",
)  # fmt: skip


def prove(name: str) -> Proof:
    """Refresh a season's gaps, and check whether it is finished.

    :param name: of the season.
    :raises SeasonError: there is no such season.
    """
    from dias_cbm import seasons
    from dias_cbm.completeness import gaps, proof
    from dias_cbm.db.connection import transaction

    with transaction(application="cbm season status") as connection:
        season = seasons.get(connection, name)
        gaps.refresh(connection, season)
        return proof.prove(connection, season)


def print_proof(found: Proof) -> None:
    """Print a proof, and what is missing from it."""
    for line in _lines(found):
        typer.echo(line)


def _lines(found: Proof) -> list[str]:
    header = "".join(f"{name.replace('_', ' '):>12}" for name in _COLUMNS)
    lines = [f"season {found.season}: passes per tile, then scenes", f"card month  {header}"]
    for month in found.months:
        numbers = "".join(f"{getattr(month, name):>12}" for name in _COLUMNS)
        lines.append(f"{month.card:<4} {month.month:%Y-%m}{numbers}")
    lines += [
        f"{records.card}: {records.ledger} records in the ledger, {records.blocks} in blocks;"
        f" of the parcels under its scenes {records.valued} have a value, {records.blank} no"
        f" valid pixel, {records.outside} lie outside of the product"
        for records in found.records
    ]
    for check, items in found.failing.items():
        lines.append(f"{'NO ' if items else 'yes'} {check}")
        lines += [f"      {item}" for item in items[:MOST_ITEMS]]
        if len(items) > MOST_ITEMS:
            lines.append(f"      ... and {len(items) - MOST_ITEMS} more (--json lists all)")
    lines.append("PROVEN: finished" if found.holds else "NOT finished")
    return lines
