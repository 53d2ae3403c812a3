"""``cbm init``: set up an installation, check it, and list what is left to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dias_cbm.cli.options import AsJson, OutIfGiven, PlatformName, Yes
from dias_cbm.cli.printing import print_json

if TYPE_CHECKING:
    from dias_cbm.installation.findings import Finding
    from dias_cbm.installation.setup import Answers

Text = str | None


def init(
    platform: PlatformName = None,
    store: Annotated[Text, typer.Option(help="Address of its store; see docs/stores.md.")] = None,
    database: Annotated[
        Text,
        typer.Option(
            help="Address of PostgreSQL; with a password, give it in CBM_DATABASE_URL instead."
        ),
    ] = None,
    mail_to: Annotated[
        list[str] | None, typer.Option(help="Address that gets the digest; may be repeated.")
    ] = None,
    mail_server: Annotated[Text, typer.Option(help="HOST:PORT of the mail server.")] = None,
    mail_from: Annotated[Text, typer.Option(help="Sender; default: the first --mail-to.")] = None,
    airflow: Annotated[Text, typer.Option(help="Address of Airflow's pages.")] = None,
    parcel_file: Annotated[Path | None, typer.Option(help="Parcel file to check.")] = None,
    out: OutIfGiven = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Set up an installation, check it, and list what is left to do.

    It writes cbm.toml (or the file named by --out or CBM_CONFIG), creates the database schema, and
    creates Airflow's pools and connections or prints the commands that do. It asks for what is not
    given; with --yes or --json that stays as it is now. Secrets belong in the environment or in
    Airflow connections; they are never written to the file.
    """
    from dias_cbm.installation import setup

    given: dict[str, Any] = {
        "platform": platform,
        "store": store,
        "database_url": database,
        "mail_to": tuple(mail_to or ()),
        "mail_server": mail_server,
        "mail_from": mail_from,
        "airflow_url": airflow,
        "parcels": parcel_file,
    }
    target = out or _usual_file()
    answers = _answers(given, ask=not (yes or as_json))
    answers.check()
    setup.write_file(target, answers, force=force)
    setup.use(target, answers)
    done = [f"wrote {target}", *_schema(answers)]
    created, commands = setup.set_up_airflow(answers)
    done += created
    found = _checks(answers)
    todo = [f"{one.what}: {one.todo}" for one in found if one.todo]
    left = [*setup.secrets_left(answers), *todo]
    _report(done, found, left, commands, as_json=as_json)


def _usual_file() -> Path:
    import os

    return Path(os.environ.get("CBM_CONFIG", "cbm.toml"))


def _answers(given: dict[str, Any], *, ask: bool) -> Answers:
    """What is given, else what the user answers, else what is in force now."""
    from dias_cbm.config.settings import settings
    from dias_cbm.installation.setup import Answers

    now = settings()

    def answer(name: str, question: str, default: str | None, *, hide: bool = False) -> str | None:
        if given[name] or not ask:
            return given[name] or default
        shown = "as it is now" if hide and default else default
        reply = _prompt(question, shown or "", hide=hide)
        return default if reply == shown else reply or None

    platform = answer("platform", "Platform to search and fetch from", now.platform)
    store = answer("store", "Address of its store", now.known(str(platform)).store)
    url = answer("database_url", "Database (empty: none)", now.database.url, hide=True)
    to = given["mail_to"] or now.mail.to
    if ask and not given["mail_to"]:
        text = _prompt("Mail to, comma separated (empty: nobody)", ", ".join(to))
        to = tuple(part.strip() for part in text.split(",") if part.strip())
    server = answer("mail_server", "Mail server, HOST:PORT (empty: none)", None) if to else None
    airflow = answer("airflow_url", "Airflow's address (empty: none)", now.airflow.url)
    file = given["parcels"]
    if ask and file is None:
        file = _prompt("Parcel file to check (empty: none)", "")
    return Answers(
        platform=str(platform),
        store=str(store),
        database_url=url,
        mail_to=to,
        mail_server=server or given["mail_server"],
        mail_from=given["mail_from"],
        airflow_url=airflow,
        parcels=Path(file) if file else None,
    )


def _prompt(question: str, default: str, *, hide: bool = False) -> str:
    reply: str = typer.prompt(
        question, default=default, show_default=bool(default), hide_input=hide
    )
    return reply.strip()


def _schema(answers: Answers) -> list[str]:
    """Create the schema, and report it in a line; the checks report a database that fails."""
    from dias_cbm.errors import CbmError
    from dias_cbm.installation import setup

    if not answers.database_url:
        return []
    try:
        return setup.migrate()
    except CbmError as error:
        return [str(error)]


def _checks(answers: Answers) -> list[Finding]:
    from dias_cbm.installation import checks

    found = list(checks.examine(answers.mail()))
    if answers.parcels is not None:
        found.append(checks.check_parcel_file(answers.parcels))
    return found


def _report(
    done: list[str],
    found: list[Finding],
    left: list[str],
    commands: list[str],
    *,
    as_json: bool,
) -> None:
    from dias_cbm.cli import findings
    from dias_cbm.installation.findings import State

    if as_json:
        report = {"done": done, "findings": findings.plain(found), "left": left}
        print_json(report | {"airflow_commands": commands})
    else:
        for text in [*done, "", *map(findings.line, found)]:
            typer.echo(text)
        if left:
            typer.echo("\nLeft to do, in this order:")
        for number, text in enumerate(left, 1):
            typer.echo(f"{number}. {text}")
        if commands:
            typer.echo("\nWhere Airflow runs:")
        for text in commands:
            typer.echo(f"  {text}")
    if any(one.state is State.BROKEN for one in found):
        raise typer.Exit(1)
