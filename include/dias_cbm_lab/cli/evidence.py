"""``cbm evidence``: accuracy figures of the engines that make CARD, of outliers and of markers."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dias_cbm.cli.options import AsJson
from dias_cbm.cli.printing import print_json, print_table

if TYPE_CHECKING:
    from dias_cbm_lab.evidence.figure import Figure
    from dias_cbm_lab.evidence.outliers.study import Bar

app = typer.Typer(
    name="evidence",
    help="Accuracy figures of engines, outliers and markers.\n\n"
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
def images(
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA", help="Folder with real_images and s1, see docs/cards.md."),
    ],
    as_json: AsJson = False,
) -> None:
    """Compare the engines with other processors, on real images.

    SNAP's geometry, resampling and geocoding, step by step; the physics of real pixels; Sen2Cor's
    surface reflectance; clouds of a real tile. And on images simulated on real annotation, the
    coherence of eos-sar and the backscatter of sarsen, whose results are kept in this package. This
    takes half a minute.
    """
    from dias_cbm_lab.evidence.real import report

    with tempfile.TemporaryDirectory() as work:
        _print(report.figures(data, Path(work)), as_json=as_json)


@app.command()
def compare(
    ours: Annotated[Path, typer.Argument(metavar="OURS", help="CARD-BS or coherence made here.")],
    theirs: Annotated[
        Path, typer.Argument(metavar="THEIRS", help="The same by SNAP, or by a platform.")
    ],
    as_json: AsJson = False,
) -> None:
    """Compare two radar products of the same acquisition or pair.

    By polarisation, in up to 25 windows, on the grid of the first; backscatter in dB.
    """
    from dias_cbm_lab.evidence import compare as evidence

    _print(evidence.compare(ours, theirs), as_json=as_json)


@app.command()
def outliers(
    seeds: Annotated[
        str, typer.Option(metavar="SEEDS", help="Seasons to simulate: 0-4, or 0,2,7.")
    ] = "0-4",
    parcels: Annotated[int, typer.Option(min=500, help="Number of parcels.")] = 8000,
    schemes: Annotated[
        list[str] | None,
        typer.Option("--scheme", metavar="NAME", help="Only this scheme; repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the outlier list with its peers.

    They run on simulated seasons; the bars are for 8,000 parcels. Of the declarations 5 % are
    wrong, half at random and half as a crop that looks alike. R@5 % is the share of them among the
    first 5 % of a ranking. Errors across groups of crops are fewer, and their list is as long as
    they are many. Below the table stand the bars that our own steps must meet. All schemes take
    about three minutes a season.
    """
    from dias_cbm_lab.evidence.outliers.schemes import SCHEMES
    from dias_cbm_lab.evidence.outliers.study import rows, study

    if unknown := set(schemes or []) - set(SCHEMES):
        raise typer.BadParameter(
            f"{', '.join(sorted(unknown))}: not among {', '.join(SCHEMES)}",
            param_hint="--scheme",
        )
    chosen = [name for name in SCHEMES if schemes is None or name in schemes]
    done = study(parcels, _numbers(seeds), chosen, lambda line: typer.echo(line, err=True))
    if as_json:
        print_json(done.as_json())
    else:
        print_table(rows(done.lines))
        _print_bars(done.bars)
    if not all(bar.holds for bar in done.bars):
        raise typer.Exit(1)


@app.command()
def verdicts(
    seeds: Annotated[
        str, typer.Option(metavar="SEEDS", help="Seasons to simulate: 0-4, or 0,2,7.")
    ] = "0-4",
    kernels: Annotated[
        bool, typer.Option("--kernels", help="With the kernel network, which takes longer.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare P(wrong) with the truth of simulated seasons.

    Of the 8,000 parcels of a season 200 are inspected, twenty times over. The table has the wrong
    declarations on the list, how many were expected after and before the inspections, and how many
    green parcels are wrong. A season takes about half a minute.
    """
    from dias_cbm_lab.evidence.outliers import sureness

    learners = "trees+kernels" if kernels else "trees"
    found = sureness.study(8000, _numbers(seeds), learners, lambda line: typer.echo(line, err=True))
    bars = sureness.bars(found)
    if as_json:
        print_json(
            {
                "samples": [dataclasses.asdict(one) for one in found],
                "bars": [dataclasses.asdict(bar) | {"holds": bar.holds} for bar in bars],
            }
        )
    else:
        print_table(sureness.rows(found))
        _print_bars(bars)
    if not all(bar.holds for bar in bars):
        raise typer.Exit(1)


@app.command()
def reasons(
    seeds: Annotated[
        str, typer.Option(metavar="SEEDS", help="Seasons to simulate: 0-4, or 0,2,7.")
    ] = "0-4",
    as_json: AsJson = False,
) -> None:
    """Measure how well a list explains itself.

    Of 45 blocks of 25 days the three most guilty are made typical of the declared crop: the table
    has the share of the log odds against the 100 most doubted declarations that goes, by distance,
    by occlusion, and for three blocks at random. Then crops said to have failed, and what small
    parcels at the top are. A season has 8,000 parcels and takes about half a minute.
    """
    from dias_cbm_lab.evidence.outliers import explaining

    found = explaining.study(8000, _numbers(seeds), lambda line: typer.echo(line, err=True))
    bars = explaining.bars(found)
    if as_json:
        print_json(
            {
                "seasons": [dataclasses.asdict(one) for one in found],
                "bars": [dataclasses.asdict(bar) | {"holds": bar.holds} for bar in bars],
            }
        )
    else:
        print_table(explaining.rows(found))
        _print_bars(bars)
    if not all(bar.holds for bar in bars):
        raise typer.Exit(1)


def _print_bars(bars: list[Bar]) -> None:
    for bar in bars:
        word = "at least" if bar.at_least else "at most"
        typer.echo(f"{bar.what}: {bar.value:.3f}  ({word} {bar.limit:g}: {_yes(bar.holds)})")


def _numbers(text: str) -> list[int]:
    """Numbers of a list such as ``0-4`` or ``0,2,7``.

    :raises typer.BadParameter: it is not such a list.
    """
    numbers: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdecimal() or not (last or first).isdecimal():
            raise typer.BadParameter(f"{text!r} is not like 0-4 or 0,2,7", param_hint="--seeds")
        numbers += range(int(first), int(last or first) + 1)
    if not numbers:
        raise typer.BadParameter(f"{text!r} holds no number", param_hint="--seeds")
    return numbers


@app.command()
def markers(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="Folder of meadows with dated cuts, or of several data sets."
        ),
    ],
    trained_on: Annotated[
        Path | None,
        typer.Option("--trained-on", help="Folder of meadows to train on; default: by folds."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure markers on real data, each figure beside its bar.

    Mowing on meadows with dated cuts: ours by the rule and by the model trained on other sites,
    Sen4CAP's, a FORCE-like one and a random forest, with 95 % bounds by sites. The colours of "mown
    from 15 April to 31 July" by ours. False bare soil on the same meadows. Homogeneity and split
    lines on parcels in which pairs of crops are planted.

    Meadows are plots.csv, events.csv and series.csv.gz, in DATA, DATA/mowing_sk_ch or
    DATA/markers/mowing_sk_ch. Parcels are in DATA/dk2016 and DATA/markers/homogeneity_dk2016;
    without them homogeneity is not measured. This takes a minute.
    """
    from dias_cbm_lab.evidence.markers import report

    found = report.markers(data, trained_on)
    if as_json:
        print_json(found.as_json())
    else:
        for line in report.lines(found):
            typer.echo(line)
    if not all(bar.met for bar in found.bars()):
        raise typer.Exit(1)


@app.command()
def colours(
    blocks: Annotated[
        int, typer.Option("--blocks", min=1, help="Blocks of 400 simulated parcels.")
    ] = 5,
    as_json: AsJson = False,
) -> None:
    """Delete looks of simulated parcels, and count new reds.

    From the series through all markers to the colour; there should be none.
    """
    from dias_cbm_lab.evidence import colours as evidence
    from dias_cbm_lab.evidence import simulated_parcels as simulated

    parts = (
        (simulated.parcels(400, seed), simulated.WINDOW, simulated.YEAR) for seed in range(blocks)
    )
    found = evidence.sweep(parts, rounds=3, seed=1)
    if as_json:
        print_json(dataclasses.asdict(found))
    else:
        typer.echo(f"{found.judged:,} verdicts were not red; {found.turned.total()} turned red")
        typer.echo(f"{found.reds:,} were red; {found.kept_red:,} still are")
    if found.turned:
        raise typer.Exit(1)


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
            asked = f"  ({one.asked}: {_yes(one.holds)})" if one.asked else ""
            typer.echo(f"{one.what}: {one.value:.4g} {one.unit}".rstrip() + asked)
    if not all(one.holds for one in figures):
        raise typer.Exit(1)


def _yes(holds: bool) -> str:
    return "yes" if holds else "NO"
