"""``cbm evidence``: what speaks for the engines that make products here, in figures."""

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
    help="Evidence for the engines of CARD products, in figures.\n\n"
    "Exit code 1 if a figure misses its bound.",
    no_args_is_help=True,
)

Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATA", help="Folder with real SAFE folders, searched all the way down."
    ),
]


@app.command()
def geometry(data: Data, as_json: AsJson = False) -> None:
    """Compare range-Doppler geometry with ESA's own geolocation of real images."""
    from dias_cbm_lab.evidence import engines

    _tell(engines.geometry(data), as_json=as_json)


@app.command()
def backscatter(data: Data, as_json: AsJson = False) -> None:
    """Make CARD-BS of a simulated image on real annotation, with known gamma0 (half a minute)."""
    from dias_cbm_lab.evidence import engines

    with tempfile.TemporaryDirectory() as work:
        _tell(engines.backscatter(data, Path(work) / "backscatter"), as_json=as_json)


@app.command()
def points(as_json: AsJson = False) -> None:
    """See where bright points of simulated images come to lie (half a minute)."""
    from dias_cbm_lab.evidence import engines

    with tempfile.TemporaryDirectory() as work:
        figures = engines.points(Path(work) / "points")
        _tell(figures + engines.points(Path(work) / "points", ascending=True), as_json=as_json)


@app.command()
def coherence(data: Data, as_json: AsJson = False) -> None:
    """Make CARD-COH6 of simulated pairs with known coherence (two minutes)."""
    from dias_cbm_lab.evidence import coherence

    with tempfile.TemporaryDirectory() as work:
        _tell(coherence.coherence(data, Path(work)), as_json=as_json)


def _tell(figures: list[Figure], *, as_json: bool) -> None:
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
