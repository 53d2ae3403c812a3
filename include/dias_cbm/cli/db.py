"""``cbm db``: migrate the database, check and show it, and set up its roles."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dias_cbm.cli.options import AsJson, DryRun
from dias_cbm.cli.printing import print_json

if TYPE_CHECKING:
    from dias_cbm.db.inventory import Inventory


class Service(StrEnum):
    """A service of docker-compose.yaml that runs our image."""

    INIT = "init"
    API_SERVER = "api-server"
    SCHEDULER = "scheduler"
    DAG_PROCESSOR = "dag-processor"
    TRIGGERER = "triggerer"
    WORKER = "worker"


#: Those whose check knows that no migration is pending.
_ALL = (None, "api-server", "dag-processor", "triggerer", "worker")

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
def check(
    service: Annotated[
        Service | None,
        typer.Option(help="A container's: its secrets, Airflow's database and the queue too."),
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=0, max=86_400, help="How long to wait for what others start."
        ),
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Check that a process of this version may start.

    The database answers and has exactly this version's schema, and the folder of products made
    here, if they are made in a folder, is the one that the other machines use. What is wrong is
    said in one sentence, with exit code 1.

    What is waited for: a database or queue that does not answer, and pending migrations. A missing
    secret or a wrong password is said at once.
    """
    from dias_cbm.installation.start import check_start

    named = None if service is None else service.value
    found = check_start(named, wait, lambda line: typer.echo(line, err=True))
    if as_json:
        print_json({"migrations": found})
    else:
        what = (
            f"{found} migrations, none pending" if named in _ALL else "all that it needs is there"
        )
        typer.echo(f"may start: {what}")


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
    airflow_database: Annotated[
        str | None,
        typer.Option(help="Airflow's database on the same server, to get an owner of its own."),
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
    tells = dict(database_roles.ROLES)
    given = {role: _given(passwords, name) for role, name in named.items()}
    known = {role: password for role, password in given.items() if password is not None}
    with connect(application="cbm db roles") as connection:
        report = database_roles.set_up(connection, known, prefix)
    if airflow_database is not None:
        named |= {database_roles.AIRFLOW: f"{prefix}_{database_roles.AIRFLOW}"}
        tells |= {database_roles.AIRFLOW: f"owns {airflow_database}, Airflow's database"}
        password = _given(passwords, named[database_roles.AIRFLOW])
        with connect(application="cbm db roles", dbname=airflow_database) as connection:
            report += database_roles.set_up_airflow(connection, password, prefix)
    if as_json:
        print_json({"roles": named, **asdict(report)})
        return
    for role, name in named.items():
        new = "created" if name in report.created else "there"
        password_set = ", new password" if role in report.passwords else ""
        typer.echo(f"{name}: {new}{password_set}; {tells[role]}")
    typer.echo(f"{report.moved} objects have a new owner")


def _given(folder: Path | None, name: str) -> str | None:
    """The password of a role in a folder; None if it has none."""
    if folder is None or not (folder / name).is_file():
        return None
    return _password(folder / name)


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
            + f", {one.precision.in_words()}"
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
