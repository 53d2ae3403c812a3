"""A picture of a parcel beside its peers: their band, their median and the parcel, by series."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from dias_cbm.band_words import band_in_words
from dias_cbm.peers.comparison import Band, Series
from dias_cbm.peers.windows import Side, Values, Window

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BAND, _PEERS, _OWN, _OUTSIDE = "#c5d9cc", "#1d7a4c", "#1c2420", "#c8102e"
_DIRECTION = {"A": ", ascending", "D": ", descending", "*": ""}
_COLUMNS = 2


def as_png(found: Band) -> bytes:
    """The picture as PNG; backscatter is in decibels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = -(-len(found.series) // _COLUMNS)
    figure = Figure(figsize=(12, 1.2 + 2.2 * rows), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    places = list(figure.subplots(rows, _COLUMNS, squeeze=False).flat)
    for axes, series in zip(places, found.series, strict=False):
        _draw(axes, series)
    for axes in places[len(found.series) :]:
        axes.set_axis_off()
    # Text is not read as mathematics: a crop may have a dollar in its name.
    figure.suptitle(
        f"{_short(found.pid)}, {found.season}: beside {found.peers} {_short(found.name)} peers\n"
        f"band: 10 to 90 % of the peers; line: their median; dots: the parcel, red outside",
        fontsize=10,
        parse_math=False,
    )
    stream = io.BytesIO()
    with warnings.catch_warnings():
        # A character that the font lacks is drawn as a box.
        warnings.filterwarnings("ignore", "Glyph .* missing")
        figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def _draw(axes: Axes, series: Series) -> None:
    unit = " (dB)" if series.card == "bs" else ""
    axes.set_title(
        band_in_words(series.card, series.band) + _DIRECTION[series.direction] + unit,
        loc="left", fontsize=9, parse_math=False,
    )  # fmt: skip
    days = [one.first for one in series.windows]
    banded = [one for one in series.windows if _values(one).p10 is not None]
    axes.fill_between(
        [one.first for one in banded],  # type: ignore[arg-type]
        [_number(_values(one).p10) for one in banded],
        [_number(_values(one).p90) for one in banded],
        color=_BAND, linewidth=0,
    )  # fmt: skip
    axes.plot(
        [one.first for one in banded],  # type: ignore[arg-type]
        [_number(_values(one).p50) for one in banded],
        color=_PEERS, linewidth=1,
    )  # fmt: skip
    colours = [_OUTSIDE if one.side in (Side.BELOW, Side.ABOVE) else _OWN for one in series.windows]
    own = [_number(_values(one).own) for one in series.windows]
    axes.scatter(days, own, s=9, c=colours, zorder=3)  # type: ignore[arg-type]
    axes.tick_params(labelsize=7)
    axes.grid(color="#e3e6e4", linewidth=0.6)


def _values(one: Window) -> Values:
    return one.db or one.values


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _short(text: str) -> str:
    """A name that fits a title, without what a font cannot draw."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable if len(printable) <= 40 else printable[:39] + "…"
