"""``cbm peers``: parcels of the same crop near by, and how a parcel compares with them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dias_cbm.cli.options import AsJson, CardNames, OutIfGiven, SeasonName, one_of
from dias_cbm.cli.printing import one_line, print_json, print_table
from dias_cbm.whole_file import whole_file

if TYPE_CHECKING:
    from dias_cbm.peers import Band, Criteria, Peers
    from dias_cbm.peers.comparison import Series
else:
    # Commands are only read for their options here; what they work with is imported when they run.
    Criteria = object

app = typer.Typer(
    name="peers",
    no_args_is_help=True,
    help="Parcels of the same crop near by, to compare a parcel with.",
)

# Sentences printed as text; JSON has all.
_SENTENCES = 8

Pid = Annotated[str, typer.Argument(metavar="PID", help="Identifier of the parcel.")]
Distance = Annotated[
    float, typer.Option("--distance", help="Metres between the outlines, up to 5000.")
]
Nearest = Annotated[
    int | None,
    typer.Option("--nearest", min=1, help="So many, within 5 km, in place of a distance."),
]
Group = Annotated[bool, typer.Option("--group", help="Any crop of the crop's group.")]
SizeFactor = Annotated[
    float | None,
    typer.Option("--size-factor", help="Area at most so many times smaller or larger, e.g. 2."),
]
SameOrbits = Annotated[
    bool, typer.Option("--same-orbits", help="Only those that the same orbits of Sentinel-1 see.")
]
WithoutOutliers = Annotated[
    bool, typer.Option("--without-outliers", help="Leave out outliers of the newest run.")
]
Pixels = Annotated[float, typer.Option("--pixels", help="Fewest pixels of 10 m.")]
Most = Annotated[int, typer.Option("--most", min=1, help="Maximum number of parcels.")]


def _criteria(
    distance: Distance = 1000.0,
    nearest: Nearest = None,
    group: Group = False,
    size_factor: SizeFactor = None,
    same_orbits: SameOrbits = False,
    without_outliers: WithoutOutliers = False,
    pixels: Pixels = 30.0,
    most: Most = 100,
) -> Criteria:
    from dias_cbm.peers import Criteria, Likeness

    return Criteria(
        distance=distance,
        nearest=nearest,
        same=Likeness.GROUP if group else Likeness.CROP,
        size_factor=size_factor,
        same_orbits=same_orbits,
        without_outliers=without_outliers,
        pixels=pixels,
        most=most,
    )


def _choosing(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that choose peers, in place of its parameter ``wanted``."""
    own, options = (
        inspect.signature(one, eval_str=True).parameters for one in (command, _criteria)
    )

    @wraps(command)
    def run(**given: Any) -> None:
        chosen = {name: given.pop(name) for name in options}
        command(wanted=_criteria(**chosen), **given)

    parameters = [
        part
        for name, one in own.items()
        for part in (options.values() if name == "wanted" else [one])
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


@app.command("list")
@_choosing
def list_(
    season: SeasonName,
    pid: Pid,
    wanted: Criteria,
    out: OutIfGiven = None,
    as_json: AsJson = False,
) -> None:
    """List the peers of a parcel, nearest first.

    With --out they are written to a .csv file.
    """
    from dias_cbm.peers import table

    if out:
        one_of(out, ".csv")
    found, _ = _look(season, pid, wanted)
    if out:
        table.write_peers(found, out)
    if as_json:
        print_json(asdict(found) | {"orbits": sorted(found.orbits), "peers": _listed(found)})
        return
    _print_peers(found)
    rows = table.peer_rows(found)
    print_table([{k: v for k, v in row.items() if k not in ("season", "pid")} for row in rows])


@app.command()
@_choosing
def band(
    season: SeasonName,
    pid: Pid,
    wanted: Criteria,
    card: CardNames = None,
    out: OutIfGiven = None,
    as_json: AsJson = False,
) -> None:
    """Compare the five-day means of a parcel with those of its peers.

    It says when the parcel leaves the band between 10 and 90 % of them. With --out every window is
    written to a .csv file, or drawn as a .png file.
    """
    from dias_cbm.peers import picture, table

    suffix = one_of(out, ".csv", ".png") if out else None
    peers, found = _look(season, pid, wanted, compare=True, cards=card)
    if found is None:
        raise AssertionError("a comparison was asked for")
    if out and suffix == ".csv":
        table.write_band(found, out)
    elif out:
        with whole_file(out) as aside:
            aside.write_bytes(picture.as_png(found))
    if as_json:
        print_json(asdict(found) | {"who": peers.sentence})
        return
    _print_peers(peers)
    _print_band(found)


def _look(
    season: str,
    pid: str,
    criteria: Criteria,
    *,
    compare: bool = False,
    cards: CardNames = None,
) -> tuple[Peers, Band | None]:
    from dias_cbm import peers, seasons
    from dias_cbm.db.connection import transaction

    with transaction(application="cbm peers") as connection:
        wanted = seasons.get(connection, season)
        found = peers.find(connection, wanted, pid, criteria)
        if not compare:
            return found, None
        return found, peers.band(connection, wanted, pid, found, cards=cards)


def _print_peers(found: Peers) -> None:
    typer.echo(one_line(found.sentence))
    for remark in found.remarks:
        typer.echo(one_line(remark))
    if found.left_out:
        listed = ", ".join(f"{number:,} {reason}" for reason, number in found.left_out.items())
        typer.echo(f"left out: {listed}")


def _print_band(found: Band) -> None:
    for sentence in (*found.sentences[:_SENTENCES], *found.remarks):
        typer.echo(one_line(sentence))
    if len(found.sentences) > _SENTENCES:
        typer.echo(f"and {len(found.sentences) - _SENTENCES} more series; --json has all")
    typer.echo()
    print_table([_summary(one) for one in found.series])


def _summary(series: Series) -> dict[str, object]:
    from dias_cbm.peers.windows import Side

    return {
        "card": series.card,
        "band": series.band,
        "direction": series.direction,
        "windows": len(series.windows),
        "below": series.count(Side.BELOW),
        "inside": series.count(Side.INSIDE),
        "above": series.count(Side.ABOVE),
        "not compared": series.count(None),
        "departures": "; ".join(
            f"{one.first} to {one.last} {one.side}" for one in series.departures
        ),
    }


def _listed(found: Peers) -> list[dict[str, object]]:
    return [asdict(one) | {"orbits": sorted(one.orbits)} for one in found.peers]
