"""The proof that a season is finished, as commands print it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from dias_cbm.completeness.proof import Proof
    from dias_cbm.completeness.record_counts import Sample

#: Failing items that are printed per check, at most.
MOST_ITEMS = 20

_COLUMNS = (
    "expected", "found", "cloudy", "confirmed", "open", "not_planned", "not_run",
    "extracted", "superseded", "failed",
)  # fmt: skip


def prove(name: str, seed: int | None = None, *, thorough: bool = False) -> Proof:
    """Refresh a season's gaps, and check whether it is finished.

    :param name: of the season.
    :param seed: of the sample of blocks that is counted anew; by chance if None.
    :param thorough: count all blocks anew.
    :raises SeasonError: there is no such season.
    """
    from dias_cbm import seasons
    from dias_cbm.completeness import gaps, proof
    from dias_cbm.db.connection import one_moment, transaction

    with transaction(application="cbm season status") as connection:
        season = seasons.get(connection, name)
        gaps.refresh(connection, season)
        with one_moment(connection):
            return proof.prove(connection, season, seed=seed, thorough=thorough)


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
    if found.sample is not None and found.sample.rows:
        lines.append(_counted(found.sample))
    for check, items in found.failing.items():
        lines.append(f"{'NO ' if items else 'yes'} {check}")
        lines += [f"      {item}" for item in items[:MOST_ITEMS]]
        if len(items) > MOST_ITEMS:
            lines.append(f"      ... and {len(items) - MOST_ITEMS} more (--json lists all)")
    lines.append("PROVEN: finished" if found.holds else "NOT finished")
    return lines


def _counted(sample: Sample) -> str:
    """What was counted anew, and what a sample may have missed."""
    if sample.whole:
        return f"all {sample.rows:,} rows of blocks were counted anew"
    some = max(sample.rows // 1000, 1)
    return (
        f"of {sample.rows:,} rows of blocks {sample.counted:,} were counted anew (--seed"
        f" {sample.seed}); the ledger has what the others held when they were written. If some were"
        f" changed since, this sample misses one with a probability of {sample.missed(1):.2%}, and"
        f" {some:,} with one of {sample.missed(some):.2%}; --thorough counts all"
    )
