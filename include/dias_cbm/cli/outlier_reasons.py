"""``cbm outliers explain`` and ``compare``: why a parcel is doubted, and why a list changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dias_cbm.cli.options import AsJson, OutIfGiven, one_of
from dias_cbm.cli.printing import one_line, print_json, print_table

if TYPE_CHECKING:
    from dias_cbm.outliers.compare import Change, Comparison, RunOf
    from dias_cbm.outliers.parcel_explanation import ParcelExplanation

# Blocks of 25 days printed as text; JSON has all.
_BLOCKS = 6


@dataclass(frozen=True, slots=True)
class RunChoice:
    """Which run: its number, or the latest of a season, or the latest of all."""

    number: int | None = None
    season: str | None = None


def add_to(app: typer.Typer) -> None:
    """Add both commands to ``cbm outliers``."""
    app.command()(explain)
    app.command()(compare)


def parse_run(text: str) -> RunChoice:
    """A run from its number, the name of a season, or ``latest``."""
    if text.isascii() and text.isdigit() and int(text) < 1 << 31:
        return RunChoice(number=int(text))
    return RunChoice() if text == "latest" else RunChoice(season=text)


Run = Annotated[
    RunChoice,
    typer.Argument(
        parser=parse_run,
        metavar="RUN",
        help="Number of the run; latest, or a season's name for its latest.",
    ),
]
Pid = Annotated[str, typer.Argument(metavar="PID", help="Identifier of the parcel.")]
Before = Annotated[int, typer.Argument(min=1, metavar="RUN", help="Number of the earlier run.")]
After = Annotated[int, typer.Argument(min=1, metavar="RUN", help="Number of the later run.")]


def explain(run: Run, pid: Pid, as_json: AsJson = False) -> None:
    """Show what speaks against the declaration of a parcel.

    Listed parcels were explained when the list was made. Any other one is explained now, by the
    typical curves of the run and the parcel's means as they are now.
    """
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers.parcel_explanation import explain_parcel

    with transaction(application="cbm outliers explain") as connection:
        found = explain_parcel(connection, run.number, pid, run.season)
    if as_json:
        print_json(asdict(found))
    else:
        _print_explanation(found)


def _print_explanation(found: ParcelExplanation) -> None:
    typer.echo(
        f"parcel {found.pid} of {found.season}, run {found.run} of {found.made_at:%Y-%m-%d %H:%M}"
    )
    verdict = (
        f"declared {found.declared or 'nothing'}, predicted {found.predicted or 'nothing'};"
        f" {found.status}"
        + (f" ({found.inconclusive_because})" if found.inconclusive_because else "")
        + (f", rank {found.rank}" if found.rank else "")
        + ("" if found.probability is None else f", P(declared) {found.probability:.3f}")
    )
    typer.echo(one_line(verdict))
    typer.echo(one_line(found.sentence))
    if found.remark:
        typer.echo(one_line(found.remark))
    for change in found.since:
        typer.echo(one_line(f"since the run: {change}"))
    if not found.stored:
        typer.echo("not listed by the run: explained by its typical curves and the means of now")
    if found.blame:
        typer.echo(f"\nblame by {found.method}, against {found.compared}:")
        print_table(found.blame[:_BLOCKS])


def compare(before: Before, after: After, out: OutIfGiven = None, as_json: AsJson = False) -> None:
    """Show how the list changed between two runs, and why.

    Parcels came onto the list, went, or moved by a tenth of it. With --out the changes are also
    written to a .csv file.
    """
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers import compare as comparison

    if out:
        one_of(out, ".csv")
    with transaction(application="cbm outliers compare") as connection:
        found = comparison.compare(connection, before, after)
    if out:
        comparison.write_csv(found, out)
    if as_json:
        counts = [
            {"move": move, "why": why, "parcels": number}
            for (move, why), number in found.counts().items()
        ]
        more = {"same_input": found.same_input, "different": found.different(), "counts": counts}
        print_json(asdict(found) | more)
        return
    _print_comparison(found)


def _print_comparison(found: Comparison) -> None:
    for run in (found.before, found.after):
        typer.echo(_line_of(run))
    if found.same_input:
        typer.echo("the input is the same")
    else:
        typer.echo(f"different: {', '.join(found.different()) or 'parameters of the models'}")
    typer.echo(f"parcels on both lists: {found.stayed}")
    for (move, why), number in found.counts().items():
        typer.echo(f"{move} because of {why}: {number}")
    if found.changes:
        typer.echo()
    print_table([_row(change) for change in found.changes])


def _line_of(run: RunOf) -> str:
    return (
        f"run {run.run} of {run.made_at:%Y-%m-%d %H:%M}: {run.listed} listed, model {run.model},"
        f" code {run.code or 'unknown'}"
    )


def _row(change: Change) -> dict[str, Any]:
    ranks = (str(rank or "-") for rank in (change.rank_before, change.rank_after))
    return {
        "pid": change.pid,
        "move": str(change.move),
        "rank": " > ".join(ranks),
        "declared": change.declared,
        "predicted": change.predicted,
        "why": change.why_in_words,
    }
