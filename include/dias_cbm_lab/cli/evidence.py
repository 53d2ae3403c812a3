"""``cbm evidence``: accuracy figures of the engines that make CARD products, and of markers."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dias_cbm.cli.options import AsJson
from dias_cbm.cli.printing import print_json

if TYPE_CHECKING:
    from dias_cbm_lab.evidence.engines import Figure

app = typer.Typer(
    name="evidence",
    help="Accuracy figures of the embedded CARD engines and of markers.\n\n"
    "The exit code is 1 if a figure is out of bounds.",
    no_args_is_help=True,
)

Data = Annotated[
    Path,
    typer.Argument(metavar="DATA", help="Folder of real SAFE folders, searched recursively."),
]


@app.command()
def geometry(data: Data, as_json: AsJson = False) -> None:
    """Compare range-Doppler geometry with ESA's, for real images."""
    from dias_cbm_lab.evidence import engines

    _print(engines.geometry(data), as_json=as_json)


@app.command()
def backscatter(data: Data, as_json: AsJson = False) -> None:
    """Make CARD-BS of a simulated image whose gamma0 is known.

    The image has real annotation. This takes half a minute.
    """
    from dias_cbm_lab.evidence import engines

    with tempfile.TemporaryDirectory() as work:
        _print(engines.backscatter(data, Path(work) / "backscatter"), as_json=as_json)


@app.command()
def points(as_json: AsJson = False) -> None:
    """Measure the map positions of bright points in simulated images.

    This takes half a minute.
    """
    from dias_cbm_lab.evidence import engines

    with tempfile.TemporaryDirectory() as work:
        figures = engines.points(Path(work) / "points")
        _print(figures + engines.points(Path(work) / "points", ascending=True), as_json=as_json)


@app.command()
def coherence(data: Data, as_json: AsJson = False) -> None:
    """Make CARD-COH6 of simulated pairs whose coherence is known.

    This takes two minutes.
    """
    from dias_cbm_lab.evidence import coherence

    with tempfile.TemporaryDirectory() as work:
        _print(coherence.coherence(data, Path(work)), as_json=as_json)


@app.command()
def mowing(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="Folder of meadows with dated cuts.")
    ],
    as_json: AsJson = False,
) -> None:
    """Compare detectors of mowing on meadows with dated cuts.

    Ours by the rule and by the model trained on other sites, Sen4CAP's, a FORCE-like one and a
    random forest. DATA holds plots.csv, events.csv and series.csv.gz. This takes a minute.
    """
    from dias_cbm_lab.evidence.mowing import report

    found = report.mowing(data)
    if as_json:
        print_json(found.as_json())
        return
    for line in report.lines(found):
        typer.echo(line)


def _print(figures: list[Figure], *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                dataclasses.asdict(one) | {"value": float(one.value), "holds": bool(one.holds)}
                for one in figures
            ]
        )
    else:
        for one in figures:
            bound = "" if one.bound is None else f"  (within {one.bound:g}: {_yes(one.holds)})"
            typer.echo(f"{one.what}: {one.value:.4g} {one.unit}{bound}")
    if not all(one.holds for one in figures):
        raise typer.Exit(1)


def _yes(holds: bool) -> str:
    return "yes" if holds else "NO"
