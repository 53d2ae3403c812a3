"""``cbm rules``: schemes of a rule file on the parcels of a season: a colour, and why."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dias_cbm.cli.options import AsJson, Limit, SeasonName
from dias_cbm.cli.printing import one_line, print_json, print_table

if TYPE_CHECKING:
    from dias_cbm.rules.language import RuleFile

app = typer.Typer(
    name="rules",
    no_args_is_help=True,
    help="Schemes in a file, and their colours on every parcel.",
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="Rule file, in TOML.")]
Pid = Annotated[str, typer.Argument(metavar="PID", help="Identifier of the parcel.")]


def _read(file: Path) -> RuleFile:
    from dias_cbm.markers import registry
    from dias_cbm.rules.reading import read

    return read(file, registry.names())


@app.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Check a rule file; every fault is a sentence."""
    from dias_cbm.errors import RuleError

    try:
        rules = _read(file)
    except RuleError as error:
        if not error.faults:
            raise
        if as_json:
            print_json({"file": str(file), "faults": error.faults})
        else:
            typer.echo("\n".join(f"{file}: {fault}" for fault in error.faults))
        raise typer.Exit(1) from None
    titles = [(one.name, one.title) for one in rules.schemes]
    titles += [(one.name, one.title) for one in rules.holdings]
    every = [{"scheme": name, "title": title} for name, title in titles]
    if as_json:
        print_json({"file": str(file), "hash": rules.hash, "schemes": every, "faults": []})
        return
    for title in every:
        typer.echo(f"{title['scheme']}: {title['title']}")
    typer.echo(f"{len(every)} schemes, no faults; SHA-256 {rules.hash}")


@app.command()
def run(
    season: SeasonName,
    file: File,
    everything: Annotated[
        bool, typer.Option("--everything", help="Also parcels whose inputs have not changed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Judge every parcel by a rule file.

    The verdicts are stored; older ones are kept. Run again with nothing new, it does nothing.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.rules import run as rule_run

    rules = _read(file)
    with transaction(application="cbm rules run") as connection:
        report = rule_run.run(
            connection, seasons.get(connection, season), rules, everything=everything
        )
    if as_json:
        print_json(asdict(report))
        return
    if report.repeated:
        typer.echo(f"nothing has changed since run {report.run}")
    else:
        typer.echo(f"run {report.run}: {report.parcels:,} parcels, {report.seconds:.1f} s")
    for name, counts in report.schemes.items():
        typer.echo(f"{name}: {', '.join(f'{one} {number:,}' for one, number in counts.items())}")
    for note in report.notes:
        typer.echo(one_line(note))


@app.command()
def explain(
    season: SeasonName,
    pid: Pid,
    scheme: Annotated[
        str | None, typer.Option("--scheme", help="Name of one scheme; default: all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell a parcel's colours, why, and the products that show it."""
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.rules.explain import explain as explained

    with transaction(application="cbm rules explain") as connection:
        found = explained(connection, seasons.get(connection, season), pid, scheme)
    if as_json:
        print_json(found)
        return
    for line in _lines(found):
        typer.echo(one_line(line))


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [f"{one['scheme']}: {one['sentence']}" for one in found["verdicts"]]
    lines.append(f"run {found['run']} of {found['made_at']:%Y-%m-%d}, version {found['code']}")
    lines.append(f"rule file {found['file']}, SHA-256 {found['file_hash']}")
    for state in found["markers"]:
        reason = f" ({state['reason']})" if state["reason"] else ""
        lines.append(
            f"marker {state['marker']} {state['version']}, run {state['run']}:"
            f" {state['status']}{reason}"
        )
        for event in state["events"]:
            lines.append(
                f"  {event['kind']} between {event['start_date']} and {event['end_date']},"
                f" confidence {event['confidence']:.2f}"
            )
            lines += [f"    {one['id']} {one['product']}" for one in event["scenes"]]
    return lines


@app.command()
def diff(
    season: SeasonName,
    first: Annotated[Path, typer.Argument(metavar="FIRST", help="Rule file, in TOML.")],
    second: Annotated[Path, typer.Argument(metavar="SECOND", help="Rule file to compare it with.")],
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Show which parcels change colour between two files.

    Nothing is stored.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.rules.compare import compare

    files = _read(first), _read(second)
    with transaction(application="cbm rules diff") as connection:
        found = compare(connection, seasons.get(connection, season), *files, limit)
    counts = [
        {"scheme": scheme, "before": before, "after": after, "parcels": number}
        for (scheme, before, after), number in sorted(found.counts.items())
    ]
    if as_json:
        changes = [asdict(one) for one in found.changes]
        print_json({"parcels": found.parcels, "counts": counts, "changes": changes})
        return
    typer.echo(f"{found.parcels:,} of {found.compared:,} parcels change colour")
    print_table(counts)
    for one in found.changes:
        change = f"{one.pid} {one.scheme}, {one.before} to {one.after}"
        typer.echo(one_line(f"{change}: {one.because or one.was}"))
