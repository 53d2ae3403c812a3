"""A comparison as a picture: for each band the bias by month, with its spread."""

from __future__ import annotations

import io
from collections import defaultdict

from dias_cbm.series.compare import Comparison, Row

_WIDTH, _HEIGHT = 4.2, 2.6
_COLUMNS = 3


def as_png(comparison: Comparison) -> bytes:
    """A panel for each band and unit that has pairs, as a PNG picture.

    The line is the bias of each month, the dashes its median, and the ribbon is one robust spread
    to either side of the median.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    monthly: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    whole: dict[tuple[str, str, str], Row] = {}
    for row in comparison.rows:
        key = row.card, row.band, row.unit
        if row.crop is None and row.month is None:
            whole[key] = row
        elif row.crop is None:
            monthly[key].append(row)
    lags = {(one.card, one.band): one.lag for one in comparison.bands}
    columns = min(max(len(whole), 1), _COLUMNS)
    lines = max(-(-len(whole) // columns), 1)
    figure = Figure(
        figsize=(_WIDTH * columns, 0.6 + _HEIGHT * lines), dpi=110, layout="constrained"
    )
    FigureCanvasAgg(figure)
    figure.suptitle(
        f"{comparison.season}: {comparison.b} - {comparison.a}".replace("$", r"\$"),
        x=0.01, ha="left", fontsize=11, fontweight="bold",
    )  # fmt: skip
    for number, (key, row) in enumerate(whole.items(), start=1):
        axes = figure.add_subplot(lines, columns, number)
        months = [one.month or "" for one in monthly[key]]
        found = [one.difference for one in monthly[key]]
        middle = [one.median for one in found]
        spread = [one.robust_spread for one in found]
        axes.fill_between(
            months,
            [m - s for m, s in zip(middle, spread, strict=True)],
            [m + s for m, s in zip(middle, spread, strict=True)],
            color="#9db8d9", alpha=0.6, linewidth=0,
        )  # fmt: skip
        axes.plot(months, middle, color="#2f5d8a", linestyle="--", linewidth=1)
        axes.plot(months, [one.bias for one in found], color="#1c2420", marker="o", markersize=3)
        axes.axhline(0, color="#4a564f", linewidth=0.6)
        lag = lags[key[:2]]
        title = [" ".join(filter(None, key))]
        if row.difference.correlation is not None:
            title.append(f"r {row.difference.correlation:.3f}")
        if lag is not None and lag.days is not None:
            title.append(f"lag {lag.days} d")
        axes.set_title(", ".join(title).replace("$", r"\$"), loc="left", fontsize=9)
        axes.tick_params(labelsize=7)
        axes.tick_params(axis="x", rotation=60)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
