"""``cbm markers``: what happened or holds on parcels, how surely, and why it is not known."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from dias_cbm.cli.options import AsJson, DryRun, Out, OutIfGiven, SeasonName, one_of
from dias_cbm.cli.printing import print_json, print_table

app = typer.Typer(
    name="markers",
    no_args_is_help=True,
    help="What happened or holds on parcels: mowing, ploughing, cover.",
)

Names = Annotated[
    list[str] | None,
    typer.Option("--marker", help="Name of a marker; may be repeated; default: all."),
]
Pid = Annotated[str, typer.Argument(metavar="PID", help="Identifier of the parcel.")]


@app.command()
def run(
    season: SeasonName,
    marker: Names = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Also parcels whose inputs have not changed.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Answer for every parcel whose inputs have changed.

    Inputs are signatures, parcels, gaps, settings, and the markers' versions. Older answers are
    kept.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.markers import due, registry
    from dias_cbm.markers import run as marker_run

    with transaction(application="cbm markers run") as connection:
        wanted = seasons.get(connection, season)
        if dry_run:
            plan = due.plan(connection, wanted, registry.chosen(marker), everything=everything)
            _print_plan(plan, as_json)
            return
        report = marker_run.run(
            connection, wanted, marker, everything=everything, progress=_progress
        )
    if as_json:
        print_json(asdict(report))
        return
    typer.echo(f"{report.parcels:,} parcels in {report.blocks:,} blocks, {report.seconds:.1f} s")
    if not report.markers:
        typer.echo("nothing has changed since the last run")
    for one in report.markers:
        states = "; ".join(f"{name} {_counted(found)}" for name, found in one.states.items())
        typer.echo(f"{one.marker} {one.version}, run {one.run}: {states}; {one.events:,} events")


def _progress(done: int, due_blocks: int) -> None:
    if done % 50 == 0 and done < due_blocks:
        typer.echo(f"{done:,} of {due_blocks:,} blocks", err=True)


def _print_plan(plan: Any, as_json: bool) -> None:
    found = [
        {
            "marker": work.marker.name,
            "version": work.marker.version,
            "blocks": len(work.blocks),
            "parcels": sum(plan.inputs[blk].parcels for blk in work.blocks),
        }
        for work in plan.work
    ]
    if as_json:
        print_json({"season": plan.season.name, "markers": found})
    elif found:
        print_table(found)
    else:
        typer.echo("nothing has changed since the last run")


def _counted(reasons: dict[str, int]) -> str:
    whole = f"{sum(reasons.values()):,}"
    because = ", ".join(
        f"{reason} {number:,}" for reason, number in reasons.items() if reason != "none"
    )
    return f"{whole} ({because})" if because else whole


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the markers that are installed, with the values that they read."""
    from dias_cbm.markers import registry

    found = [
        {
            "marker": one.name,
            "version": one.version,
            "optical": " ".join(sorted(one.needs.optical)),
            "radar": " ".join(sorted(one.needs.radar)),
            "coherence": " ".join(sorted(one.needs.coherence)),
        }
        for one in registry.chosen()
    ]
    if as_json:
        print_json(found)
    else:
        print_table(found)


@app.command()
def show(season: SeasonName, pid: Pid, marker: Names = None, as_json: AsJson = False) -> None:
    """Show the newest answers for one parcel, with their evidence.

    Where scenes are missing, it names them.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.markers import report

    with transaction(application="cbm markers show") as connection:
        found = report.of_parcel(connection, seasons.get(connection, season), pid, marker)
    if as_json:
        print_json(found)
        return
    for answer in found:
        for line in _lines(answer):
            typer.echo(line)


def _lines(answer: dict[str, Any]) -> list[str]:
    reason = f" ({answer['reason']})" if answer["reason"] else ""
    sure = "" if answer["confidence"] is None else f", confidence {answer['confidence']:.2f}"
    lines = [
        f"{answer['marker']} {answer['version']}: {answer['status']}{reason}{sure}",
        f"  {answer['observations']} clear looks from {answer['window_start']} to before"
        f" {answer['window_end']}, longest gap {answer['longest_gap_days']} days,"
        f" gap confidence {answer['gap_confidence']:.2f}",
    ]
    for event in answer["events"]:
        lines.append(
            f"  {event['kind']} on {event['best_date']}, between {event['start_date']} and"
            f" {event['end_date']}, confidence {event['confidence']:.2f}"
        )
        scenes = dict.fromkeys([event["before"], *event["evidence"], event["after"]])
        lines += [f"    {scene}" for scene in scenes if scene]
    if answer["missing"]:
        lines.append("  still expected:")
        lines += [
            f"    {m['card']} {m['day']} {m['name']}: {m['cause']}" for m in answer["missing"]
        ]
    return lines


@app.command()
def report(season: SeasonName, as_json: AsJson = False) -> None:
    """Count the newest answers of a season by marker, status and reason."""
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.markers import report as marker_report

    with transaction(application="cbm markers report") as connection:
        found = marker_report.summary(connection, seasons.get(connection, season))
    if as_json:
        print_json(found)
        return
    for entry in found:
        typer.echo(
            f"{entry['marker']} {', '.join(entry['versions'])}: {entry['parcels']:,} parcels"
        )
        for status, reasons in entry["states"].items():
            typer.echo(f"  {status}: {_counted(reasons)}")
        for kind, number in entry["events"].items():
            typer.echo(f"  events {kind}: {number:,}")


@app.command()
def export(
    season: SeasonName,
    out: Out,
    marker: Names = None,
    events: Annotated[
        bool, typer.Option("--events", help="The events instead of the answers.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the newest answers to a .csv, .parquet or .gpkg file.

    A .gpkg file contains the parcels' geometries.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.markers import export as marker_export

    one_of(out, *marker_export.SUFFIXES)
    with transaction(application="cbm markers export") as connection:
        rows = marker_export.write(
            connection, seasons.get(connection, season), out, markers=marker, events=events
        )
    if as_json:
        print_json({"file": out, "rows": rows})
    else:
        typer.echo(f"{out}: {rows:,} rows")


@app.command()
def train(
    season: SeasonName,
    labels: Annotated[
        Path,
        typer.Option(
            "--labels", help="CSV file of dated cuts: pid, date; no date: watched and not cut."
        ),
    ],
    out: Out,
    as_json: AsJson = False,
) -> None:
    """Train the model of mowing on parcels whose cuts are dated.

    The setting markers.mowing_model then names the file it writes.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import compute_within, transaction
    from dias_cbm.markers import mowing_training

    one_of(out, ".json")
    with transaction(application="cbm markers train") as connection:
        compute_within(connection)
        found = mowing_training.train(connection, seasons.get(connection, season), labels, out)
    if as_json:
        print_json(asdict(found))
    else:
        typer.echo(
            f"{out}: trained on {found.labels:,} of {found.cuts:,} dated cuts,"
            f" {found.answered:,} of {found.parcels:,} parcels"
        )


@app.command()
def split(
    season: SeasonName,
    pid: Pid,
    raster: Annotated[
        Path, typer.Argument(metavar="RASTER", help="Image of reflectance that covers it.")
    ],
    out: OutIfGiven = None,
    as_json: AsJson = False,
) -> None:
    """Look for two crops in one parcel, and propose a line between.

    All bands of the image are used, 10 m inside the outline. The .gpkg file of --out gets the two
    parts and the line; it is not written where the parcel looks like one crop.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import compute_within, transaction
    from dias_cbm.markers import split_parcel

    if out is not None:
        one_of(out, ".gpkg")
    with transaction(application="cbm markers split") as connection:
        compute_within(connection)
        wanted = seasons.get(connection, season)
        found = split_parcel.of_parcel(connection, wanted, pid, raster)
    told = found.as_json()
    written = out is not None and found.found.separated
    if out is not None and written:
        split_parcel.write(found, wanted, out)
    if as_json:
        print_json(told | {"file": out if written else None})
        return
    typer.echo(
        f"separation {told['separation']:.2f}; two crops are seen above {told['limit']}:"
        f" {'yes' if told['separated'] else 'no'}"
    )
    for number, (pixels, area) in enumerate(zip(found.pixels, found.areas_m2, strict=True), 1):
        typer.echo(f"part {number}: {area / 1e4:.2f} ha, {pixels} pixels")
    typer.echo(f"{told['agreement']:.0%} of the pixels are on their cluster's side of the line")
    if out is not None:
        typer.echo(f"{out}: parts and line" if written else f"{out}: not written")
