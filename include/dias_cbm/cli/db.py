"""``cbm db``: bring the database to this version, and see where it stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dias_cbm.db.inventory import Inventory

app = typer.Typer(name="db", no_args_is_help=True, help="The database: migrations and contents.")

AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@app.command()
def migrate(as_json: AsJson = False) -> None:
    """Apply the migrations that are missing, each once and in its own transaction."""
    from dias_cbm.db import migrations
    from dias_cbm.db.connection import connect

    with connect(application="cbm db migrate") as connection:
        applied = migrations.migrate(connection)
    if as_json:
        typer.echo(json.dumps({"applied": applied}))
        return
    for name in applied:
        typer.echo(f"applied {name}")
    typer.echo(f"{len(applied)} applied" if applied else "nothing to apply")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Migrations, seasons, and scenes by card and status."""
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
    typer.echo(json.dumps(report, indent=2) if as_json else _text(report))


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
    """Sizes of seasons, cards and tables, and what the ledger counts."""
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
    typer.echo(json.dumps(asdict(found) | {"signatures": signatures}, indent=2))


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
