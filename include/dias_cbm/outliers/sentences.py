"""Sentences: why a declaration is doubted, in plain words with dates, band, sign and size.

For example "From mid May to late June VH lies 4 dB below the declared winter wheat and within the
band of maize."
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from dias_cbm.band_words import LEAST_DIFFERENCE, band_in_words, size_in_words
from dias_cbm.outliers.curves import Curves
from dias_cbm.outliers.explain import block_periods, guiltiest
from dias_cbm.outliers.layout import WINDOWS_PER_BLOCK, Layout, Series

#: Guilty blocks that a sentence names; neighbours among them become one span.
BLOCKS_NAMED = 3

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


#: First day of a period and the first day after it, as ``Season.window`` gives them.
WindowDays = Callable[[int], tuple[date, date]]


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring guilty blocks of one series.

    :param first: first day.
    :param last: last day, included.
    :param difference: mean of parcel minus the declared crop's median, over the windows with data:
        dB, coherence or reflectance.
    :param inside: whether most of the parcel's values lie in the other crop's 10 to 90 %.
    :param nearer: whether the parcel is nearer to the other crop's median than to the declared's.
    """

    series: Series
    first: date
    last: date
    difference: float
    inside: bool
    nearer: bool


def sentence(spans: Sequence[Span], declared: str, other: str) -> str:
    """One sentence on a parcel.

    :param spans: of :func:`guilty_spans`, the most guilty first.
    :param declared: name of the declared crop.
    :param other: name of the crop that it is compared with.
    """
    if not spans:
        return f"No week speaks clearly against the declared {declared}."
    text = "; ".join(
        f"{_when(span)} {band_name(span.series)} lies {size(span.series, span.difference)}"
        f" {'below' if span.difference < 0 else 'above'} {against} {_beside(span, other)}"
        for span, against in zip(
            spans, ["the declared " + declared, *repeat("it", len(spans) - 1)], strict=True
        )
    )
    return f"{text[0].upper()}{text[1:]}."


def unknown_crop(declared: str) -> str:
    """The sentence on a parcel of whose crop no typical curve is known."""
    return f"Too few trusted parcels of {declared} to know its typical signal."


def guilty_spans(
    values: NDArray[np.float32],
    blame: NDArray[np.float32],
    curves: Curves,
    declared: int,
    other: int,
    days: WindowDays,
) -> list[Span]:
    """The most guilty blocks of a parcel, neighbours of one series and sign joined.

    Blocks and spans in which the parcel hardly differs from the declared crop are left out: the
    median over 25 days may be another than those of the windows that the sentence compares.

    :param values: float32[columns], the parcel.
    :param blame: float32[series, blocks].
    :param declared: row of the declared crop in the curves.
    :param other: row of the crop that it is compared with.
    """
    layout = curves.layout
    difference = _differences(values, curves, declared)
    (worst,) = guiltiest(blame[None], BLOCKS_NAMED)
    places = [divmod(block, layout.block_count) for block in worst.tolist()]
    chosen = [
        (series, block)
        for series, block in places
        if _is_worth_a_sentence(layout.series[series], difference[series, block])
    ]
    runs = list(_runs(sorted(chosen), difference))
    runs.sort(key=lambda run: min(chosen.index((run[0], block)) for block in run[1]))
    spans = (_span(values, curves, declared, other, days, *run) for run in runs)
    return [span for span in spans if _is_worth_a_sentence(span.series, span.difference)]


def band_name(series: Series) -> str:
    """A band in words, e.g. ``VV coherence`` or ``red (B04)``."""
    return band_in_words(*series)


def size(series: Series, value: float) -> str:
    """A difference without its sign, in the unit of the band: ``4 dB``, ``0.12``, ``0.021``."""
    return size_in_words(series.card, value)


def day_in_words(day: date) -> str:
    """The third of a month, e.g. ``mid May``."""
    third = "early" if day.day <= 10 else "mid" if day.day <= 20 else "late"
    return f"{third} {_MONTHS[day.month - 1]}"


def _is_worth_a_sentence(series: Series, difference: float) -> bool:
    return abs(difference) >= LEAST_DIFFERENCE.get(series.card, 0)


def _when(span: Span) -> str:
    first, last = day_in_words(span.first), day_in_words(span.last)
    return f"in {first}" if first == last else f"from {first} to {last}"


def _beside(span: Span, other: str) -> str:
    if span.inside:
        return f"and within the band of {other}"
    return f"and is nearer to {other}" if span.nearer else f"and is unlike {other} too"


def _differences(values: NDArray[np.float32], curves: Curves, declared: int) -> NDArray[np.float32]:
    """Parcel minus the declared crop's median in each block, [series, blocks]."""
    layout = curves.layout
    result: NDArray[np.float32] = (
        layout.blocks(values[None])[0] - layout.blocks(curves.medians)[declared]
    )
    return result


def _runs(
    blocks: Sequence[tuple[int, int]], difference: NDArray[np.float32]
) -> Iterator[tuple[int, list[int]]]:
    """Series and numbers of neighbouring blocks on the same side of the declared crop.

    :param blocks: series and block, sorted.
    """
    run: list[int] = []
    before = None
    for series, block in blocks:
        place = series, block, difference[series, block] < 0
        if before is not None and place != (before[0], before[1] + 1, before[2]):
            yield before[0], run
            run = []
        run.append(block)
        before = place
    if before is not None:
        yield before[0], run


def _span(
    values: NDArray[np.float32],
    curves: Curves,
    declared: int,
    other: int,
    days: WindowDays,
    series: int,
    blocks: list[int],
) -> Span:
    layout = curves.layout
    here = slice(blocks[0] * WINDOWS_PER_BLOCK, (blocks[-1] + 1) * WINDOWS_PER_BLOCK)
    parcel = layout.windows(values[None])[0, series, here]
    low, _, high = (curves.windows(share)[other, series, here] for share in range(3))
    own, others = (curves.windows(1)[crop, series, here] for crop in (declared, other))
    inside = (parcel >= low) & (parcel <= high)
    known = ~np.isnan(parcel) & ~np.isnan(low) & ~np.isnan(high)
    to_own, to_other = (_mean(parcel - typical) for typical in (own, others))
    if np.isnan(to_own):
        # The declared crop has typical values over 25 days only.
        to_own = float(np.nanmean(_differences(values, curves, declared)[series, blocks]))
    first, last = day_range(layout, blocks[0], blocks[-1], days)
    return Span(
        series=layout.series[series],
        first=first,
        last=last,
        difference=to_own,
        inside=bool(known.any() and 2 * (inside & known).sum() >= known.sum()),
        nearer=bool(abs(to_other) < abs(to_own)),
    )


def day_range(layout: Layout, first: int, last: int, days: WindowDays) -> tuple[date, date]:
    """First and last day, included, of blocks of 25 days.

    :param first: number of the first block.
    :param last: number of the last block.
    """
    (begin, _), (_, end) = (
        days(block_periods(layout, first)[0]),
        days(block_periods(layout, last)[-1]),
    )
    return begin, end - timedelta(days=1)


def _mean(values: NDArray[np.float32]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean(dtype=np.float64)) if len(known) else float("nan")
