"""``cbm db``: migrate the database, check and show it, and set up its roles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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


@app.command()
def check(as_json: AsJson = False) -> None:
    """Check that a process of this version may start.

    The database answers and has exactly this version's schema, and the folder of products made
    here, if they are made in a folder, is the one that the other machines use. What is wrong is
    said in one sentence, with exit code 1.
    """
    from dias_cbm.installation.start import check_start

    found = check_start()
    if as_json:
        print_json({"migrations": found})
    else:
        typer.echo(f"may start: {found} migrations, none pending")


@app.command()
def roles(
    passwords: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="Folder with a file of each role's name that holds its password.",
        ),
    ] = None,
    prefix: Annotated[str, typer.Option(help="Of the names of the roles.")] = "cbm",
    as_json: AsJson = False,
) -> None:
    """Create the roles of owner, worker and reader, or update them.

    None of them is a superuser.

    Run it as a superuser of the database, again after every change; it changes nothing twice.
    """
    from dataclasses import asdict

    from dias_cbm.db import roles as database_roles
    from dias_cbm.db.connection import connect

    named = database_roles.names(prefix)
    given = {
        role: _password(passwords / name)
        for role, name in named.items()
        if passwords is not None and (passwords / name).is_file()
    }
    with connect(application="cbm db roles") as connection:
        report = database_roles.set_up(connection, given, prefix)
    if as_json:
        print_json({"roles": named, **asdict(report)})
        return
    for role, name in named.items():
        new = "created" if name in report.created else "there"
        password = ", new password" if role in report.passwords else ""
        typer.echo(f"{name}: {new}{password}; {database_roles.ROLES[role]}")
    typer.echo(f"{report.moved} objects have a new owner")


def _password(file: Path) -> str:
    """The password in a file.

    :raises SettingsError: it cannot be read, or is empty.
    """
    from dias_cbm.errors import SettingsError
    from dias_cbm.small_file import small_file

    try:
        text = small_file(file, 4096).decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise SettingsError("cannot be read as a password", subject=file) from None
    if not text:
        raise SettingsError("is empty", subject=file)
    return text


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
