"""``cbm db``: migrate the database to this version, and show what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from dias_cbm.cli.options import AsJson, DryRun
from dias_cbm.cli.printing import print_json

if TYPE_CHECKING:
    from dias_cbm.db.inventory import Inventory

app = typer.Typer(name="db", no_args_is_help=True, help="The database: migrations and contents.")


@app.command()
def migrate(dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Apply the pending migrations.

    Each is applied once, in its own transaction.
    """
    from dias_cbm.db import migrations
    from dias_cbm.db.connection import connect

    with connect(application="cbm db migrate") as connection:
        if dry_run:
            names = list(migrations.state(connection).pending)
        else:
            names = migrations.migrate(connection)
    if as_json:
        print_json({"would_apply" if dry_run else "applied": names})
        return
    for name in names:
        typer.echo(f"{'would apply' if dry_run else 'applied'} {name}")
    if not names:
        typer.echo("nothing to apply")
    elif not dry_run:
        typer.echo(f"{len(names)} applied")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show migrations, seasons, and scenes by card and status."""
    from dias_cbm.db import migrations
    from dias_cbm.db.connection import connect
    from dias_cbm.db.queries import query

    with connect(application="cbm db status") as connection:
        state = migrations.state(connection)
        report = {"applied": state.applied, "pending": state.pending}
        if not state.pending:
            rows = connection.execute(query("db/status_scenes")).fetchall()
            report["scenes"] = [row._asdict() for row in rows]
            rows = connection.execute(query("db/status_seasons")).fetchall()
            report["seasons"] = [row._asdict() for row in rows]
    if as_json:
        print_json(report)
    else:
        typer.echo(_text(report))


def _text(report: dict[str, list]) -> str:
    lines = [f"{len(report['applied'])} migrations applied"]
    lines += [f"pending: {name}  (cbm db migrate)" for name in report["pending"]]
    lines += [
        f"season {row['name']}: {row['parcels']:,} parcels, {row['tiles']} tiles,"
        f" {row['blocks']} blocks"
        for row in report.get("seasons", [])
    ]
    lines += [
        f"{row['card'] or 'level 1':8}{row['status']:12}{row['scenes']:9,} scenes"
        for row in report.get("scenes", [])
    ]
    return "\n".join(lines)


@app.command()
def stats(as_json: AsJson = False) -> None:
    """Show sizes of seasons, cards and tables, and the ledger's counts."""
    from dataclasses import asdict

    from dias_cbm.db import inventory
    from dias_cbm.db.connection import connect

    with connect(application="cbm db stats") as connection:
        found = inventory.take(connection)
    if not as_json:
        typer.echo(_sizes(found))
        return
    signatures = [
        asdict(one) | {"bytes_per_record": one.bytes_per_record} for one in found.signatures
    ]
    print_json(asdict(found) | {"signatures": signatures})


def _sizes(found: Inventory) -> str:
    lines = [f"database: {found.size / 1e6:,.1f} MB"]
    for one in found.signatures:
        per_record = one.bytes_per_record
        lines.append(
            f"{one.season} {one.card}: {one.records:,} records in {one.blocks:,} blocks,"
            f" {one.size / 1e6:,.1f} MB"
            + (f", {per_record:.1f} bytes a record with keys" if per_record else "")
        )
    lines += [f"{size / 1e6:12,.1f} MB  {table}" for table, size in found.tables.items()]
    lines += [
        f"{unit['season']}: {unit['units']:,} units {unit['status']}, {unit['records']:,} records"
        for unit in found.units
    ]
    lines += [
        f"{row['card'] or 'level 1':8}{row['status']:12}{row['scenes']:9,} scenes"
        for row in found.scenes
    ]
    return "\n".join(lines)
